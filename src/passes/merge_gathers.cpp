#include <algorithm>

#include "passes/gathers.h"

namespace turnstone {
namespace {

// Indices that a slice takes along one axis, when it takes all of the others.
std::optional<std::vector<int64_t>> sliced_indices(const Made& slice, int64_t axis) {
  const auto& shape = slice.call.in[0].shape;
  std::vector<int64_t> indices;
  for (size_t d = 0; d < shape.size(); ++d) {
    const auto start = slice.ints("starts")[d];
    const auto extent = slice.ints("extents")[d];
    const auto step = slice.ints("steps")[d];
    if (static_cast<int64_t>(d) == axis)
      for (int64_t i = 0; i < extent; ++i) indices.push_back(start + i * step);
    else if (start != 0 || step != 1 || extent != shape[d])
      return {};
  }
  return indices;
}

std::vector<int64_t> chosen(const std::vector<int64_t>& from, const std::vector<int64_t>& places) {
  std::vector<int64_t> result;
  for (const auto place : places) result.push_back(from[static_cast<size_t>(place)]);
  return result;
}

}  // namespace

// gather(gather(x)) along one axis -> gather(x)
// slice(gather(x)) along its axis -> gather(x)
// gather of all pieces in their order -> x
std::optional<Value> merge_gathers(Draft& graph, Value value, const Made& made) {
  if (made.op() == "slice") {
    const auto inner = known_gather(graph, made.in[0]);
    const auto places = inner ? sliced_indices(made, inner->axis) : std::nullopt;
    if (!places || places->empty()) return {};
    return gather(graph, inner->x, inner->axis, chosen(inner->indices, *places));
  }
  const auto outer = known_gather(graph, value);
  if (!outer) return {};
  if (outer->is_sorted() && outer->is_permutation()) return outer->x;
  const auto inner = known_gather(graph, outer->x);
  if (!inner || inner->axis != outer->axis || outer->indices.empty()) return {};
  return gather(graph, inner->x, inner->axis, chosen(inner->indices, outer->indices));
}

}  // namespace turnstone
