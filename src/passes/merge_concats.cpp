#include "passes/pass.h"

namespace turnstone {

// concat(concat(a, b), c) along one axis -> concat(a, b, c), when the inner one is read here alone
std::optional<Value> merge_concats(Draft& graph, Value, const Made& made) {
  if (made.op() != "concat") return {};
  const auto rank = made.call.out[0].rank();
  const auto axis = *normal_axis(made.i("axis"), rank);
  std::vector<Value> parts;
  bool any = false;
  for (const auto value : made.in) {
    const auto* inner = graph.made_by(value, "concat");
    if (inner && *normal_axis(inner->i("axis"), rank) == axis && graph.is_read_once(value)) {
      parts.insert(parts.end(), inner->in.begin(), inner->in.end());
      any = true;
    } else {
      parts.push_back(value);
    }
  }
  if (!any) return {};
  return graph.call("concat", parts, {{"axis", axis}});
}

}  // namespace turnstone
