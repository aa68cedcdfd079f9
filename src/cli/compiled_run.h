// Graphs as compiled code that runs in this process.
#pragma once

#include "quantize/run.h"

namespace turnstone {

// Compiles the graph for this machine and loads it; a run takes one thread. Errors: as compile and
// load_code.
Result<int8::Run> make_compiled_run(const Graph& graph);

}  // namespace turnstone
