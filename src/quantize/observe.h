// What values of a graph are when it runs.
#pragma once

#include <optional>
#include <set>

#include "passes/product_inputs.h"
#include "quantize/run.h"

namespace turnstone::int8 {

// Values beyond this are no use as observations: sums of their squares leave what floats hold.
inline constexpr float most_observed = 1e9F;

// The first element of an f32 tensor that is no number or beyond most_observed, if there is one.
std::optional<int64_t> find_unobservable(const Tensor& tensor);

// Runs `graph`, which has one input, on each of `inputs` and keeps what its values of f32 are.
// Those that were no number or beyond most_observed in some run are left out, and those whose
// extents depend on data and were below their bound. Errors: as make_run and its run.
Result<Observed> observe(const Graph& graph, const std::set<Value>& values,
                         std::span<const Tensor> inputs, const MakeRun& make_run);

}  // namespace turnstone::int8
