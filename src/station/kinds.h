// The kinds of sources and sinks that there are: one file each, listed in sources.def and
// sinks.def.
#pragma once

#include <span>

#include "station/kind.h"
#include "station/sink.h"
#include "station/source.h"

namespace turnstone {

// NAME_source and NAME_sink, the row of each kind.
#define SOURCE(kind) extern const Kind<Source> kind##_source;
#include "station/sources.def"
#undef SOURCE
#define SINK(kind) extern const Kind<Sink> kind##_sink;
#include "station/sinks.def"
#undef SINK

// In the order of the lists.
std::span<const Kind<Source>* const> source_kinds();
std::span<const Kind<Sink>* const> sink_kinds();

}  // namespace turnstone
