#include <algorithm>

#include "passes/pass.h"

namespace turnstone {

// clamp(clamp(x, a, b), c, d) -> clamp(x, max(a, c), min(b, d)), when the ranges meet.
std::optional<Value> merge_clamps(Draft& graph, Value, const Made& outer) {
  if (outer.op() != "clamp") return {};
  const auto* inner = graph.made_by(outer.in[0], "clamp");
  if (!inner) return {};
  const auto low = std::max(inner->real("low"), outer.real("low"));
  const auto high = std::min(inner->real("high"), outer.real("high"));
  if (low > high) return {};
  return graph.call("clamp", {inner->in[0]}, {{"low", low}, {"high", high}});
}

}  // namespace turnstone
