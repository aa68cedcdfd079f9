#include "station/kinds.h"

namespace turnstone {

std::span<const Kind<Source>* const> source_kinds() {
  static constexpr const Kind<Source>* kinds[] = {
#define SOURCE(kind) &kind##_source,
#include "station/sources.def"
#undef SOURCE
  };
  return kinds;
}

std::span<const Kind<Sink>* const> sink_kinds() {
  static constexpr const Kind<Sink>* kinds[] = {
#define SINK(kind) &kind##_sink,
#include "station/sinks.def"
#undef SINK
  };
  return kinds;
}

std::span<const Kind<Viewer>* const> viewer_kinds() {
  static constexpr const Kind<Viewer>* kinds[] = {
#define VIEWER(kind) &kind##_viewer,
#include "station/viewers.def"
#undef VIEWER
  };
  return kinds;
}

}  // namespace turnstone
