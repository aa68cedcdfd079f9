#include "passes/gathers.h"

namespace turnstone {

// gather(x) of a few runs of neighbours in rising order -> the slices side by side
std::optional<Value> cut_gathers(Draft& graph, Value value, const Made&) {
  constexpr size_t most_runs = 4;
  const auto known = known_gather(graph, value);
  if (!known || known->indices.empty()) return {};
  std::vector<std::pair<int64_t, int64_t>> runs;  // first, length
  for (const auto index : known->indices) {
    if (!runs.empty() && index < runs.back().first + runs.back().second) return {};
    if (!runs.empty() && index == runs.back().first + runs.back().second)
      ++runs.back().second;
    else
      runs.emplace_back(index, 1);
  }
  if (runs.size() > most_runs) return {};
  const auto shape = graph.shape(known->x);
  std::vector<Value> parts;
  for (const auto& [first, length] : runs) {
    std::vector<int64_t> starts(shape.size(), 0);
    auto extents = shape;
    starts[static_cast<size_t>(known->axis)] = first;
    extents[static_cast<size_t>(known->axis)] = length;
    parts.push_back(graph.call("slice", {known->x},
                               {{"starts", starts},
                                {"extents", extents},
                                {"steps", std::vector<int64_t>(shape.size(), 1)}}));
  }
  if (parts.size() == 1) return parts[0];
  return graph.call("concat", parts, {{"axis", known->axis}});
}

}  // namespace turnstone
