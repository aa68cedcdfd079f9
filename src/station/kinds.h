// The kinds of sources and sinks that there are: one file each, listed in sources.def, sinks.def
// and viewers.def.
#pragma once

#include <span>

#include "station/kind.h"
#include "station/sink.h"
#include "station/source.h"
#include "station/viewer.h"

namespace turnstone {

// NAME_source, NAME_sink and NAME_viewer, the row of each kind.
#define SOURCE(kind) extern const Kind<Source> kind##_source;
#include "station/sources.def"
#undef SOURCE
#define SINK(kind) extern const Kind<Sink> kind##_sink;
#include "station/sinks.def"
#undef SINK
#define VIEWER(kind) extern const Kind<Viewer> kind##_viewer;
#include "station/viewers.def"
#undef VIEWER

// In the order of the lists.
std::span<const Kind<Source>* const> source_kinds();
std::span<const Kind<Sink>* const> sink_kinds();
std::span<const Kind<Viewer>* const> viewer_kinds();

}  // namespace turnstone
