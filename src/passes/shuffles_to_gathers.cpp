#include "passes/gathers.h"

namespace turnstone {

// reshape(transpose(reshape(x))) that cuts one dimension into two, exchanges them and joins them ->
// gather(x): what was dealt into groups is dealt out in turns
std::optional<Value> shuffles_to_gathers(Draft& graph, Value value, const Made& made) {
  if (made.op() != "reshape") return {};
  const auto* turned = graph.made_by(made.in[0], "transpose");
  const auto* cut = turned ? graph.made_by(turned->in[0], "reshape") : nullptr;
  if (!cut) return {};
  const auto& shape = graph.shape(value);
  const auto& pieces = cut->call.out[0].shape;
  if (graph.shape(cut->in[0]) != shape || pieces.size() != shape.size() + 1) return {};
  size_t axis = 0;
  while (axis < shape.size() && pieces[axis] == shape[axis]) ++axis;
  if (axis == shape.size()) return {};
  for (size_t d = axis + 1; d < shape.size(); ++d)
    if (pieces[d + 1] != shape[d]) return {};
  const auto& axes = turned->ints("axes");
  for (size_t d = 0; d < axes.size(); ++d) {
    const auto wanted = d == axis ? axis + 1 : d == axis + 1 ? axis : d;
    if (axes[d] != static_cast<int64_t>(wanted)) return {};
  }
  const auto groups = pieces[axis];
  const auto each = pieces[axis + 1];
  std::vector<int64_t> indices;
  for (int64_t k = 0; k < each; ++k)
    for (int64_t group = 0; group < groups; ++group) indices.push_back(group * each + k);
  return gather(graph, cut->in[0], static_cast<int64_t>(axis), indices);
}

}  // namespace turnstone
