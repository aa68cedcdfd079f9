// How graphs are run here: as whoever asks makes them run, since compiling is not this folder's.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "ir/graph.h"

namespace turnstone::int8 {

// Runs one graph on its inputs and gives its outputs, again and again. One thread at a time.
using Run = std::function<Result<std::vector<Tensor>>(std::span<const Tensor> inputs)>;

// Makes a verified graph ready to run; the Run does not need the graph any more. Errors: as its
// maker has them.
using MakeRun = std::function<Result<Run>(const Graph& graph)>;

// The interpreter: exact and slow.
Result<Run> make_interpreted_run(const Graph& graph);

}  // namespace turnstone::int8
