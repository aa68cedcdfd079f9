#include "passes/pass.h"

namespace turnstone {
// transpose(transpose(x, a), b) -> transpose(x, a[b]); a transpose that moves nothing but
// dimensions of extent 1 -> reshape
std::optional<Value> merge_transposes(Draft& graph, Value value, const Made& outer) {
  if (outer.op() != "transpose") return {};
  if (keeps_order(outer.call.in[0].shape, outer.ints("axes")))
    return graph.call("reshape", {outer.in[0]}, {{"shape", graph.shape(value)}});
  const auto* inner = graph.made_by(outer.in[0], "transpose");
  if (!inner) return {};
  std::vector<int64_t> axes;
  for (const auto axis : outer.ints("axes"))
    axes.push_back(inner->ints("axes")[static_cast<size_t>(axis)]);
  return graph.call("transpose", {inner->in[0]}, {{"axes", axes}});
}

}  // namespace turnstone
