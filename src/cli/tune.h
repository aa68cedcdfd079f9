// Measures the layers of a model on this machine.
#pragma once

#include <chrono>

#include "codegen/tuning.h"
#include "ir/graph.h"

namespace turnstone {

struct Target;

struct TuneOptions {
  std::chrono::seconds budget{60};
  bool quiet = false;
};

// Times the candidates of each layer of the graph, those first that take most of the time, until
// the budget is used up; what `tuning` knows already is left alone. Errors: unsupported when this
// machine cannot run the target; cancelled.
Result<> tune(const Graph& graph, const Target& target, const TuneOptions& options, Tuning& tuning);

}  // namespace turnstone
