// What values of a graph are when it runs.
#pragma once

#include <set>

#include "passes/product_inputs.h"
#include "quantize/run.h"

namespace turnstone::int8 {

// Runs `graph`, which has one input, on each of `inputs` and keeps what its values of f32 are.
// Those that were infinite or no number in some run are left out. Errors: as make_run and its run.
Result<Observed> observe(const Graph& graph, const std::set<Value>& values,
                         std::span<const Tensor> inputs, const MakeRun& make_run);

}  // namespace turnstone::int8
