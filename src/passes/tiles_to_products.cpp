#include "passes/pass.h"

namespace turnstone {

// conv_transpose(x, w) whose windows lie side by side -> one product that makes all elements of a
// window, which are then put where they belong
std::optional<Value> tiles_to_products(Draft& graph, Value, const Made& made) {
  if (made.op() != "conv_transpose" || !graph.constant_of(made.in[1]) || made.i("groups") != 1)
    return {};
  const auto& x = made.call.in[0].shape;
  const auto& w = made.call.in[1].shape;
  if (made.ints("strides") != std::vector<int64_t>{w[1], w[2]} || !all_are(made.ints("pads"), 0) ||
      !all_are(made.ints("dilations"), 1) || !all_are(made.ints("output_pads"), 0))
    return {};
  const auto ordered =
      graph.call("transpose", {made.in[1]}, {{"axes", std::vector<int64_t>{1, 2, 0, 3}}});
  const auto weights = graph.call(
      "reshape", {ordered}, {{"shape", std::vector<int64_t>{w[0] * w[1] * w[2], 1, 1, w[3]}}});
  const auto product = graph.call("conv", {made.in[0], weights});
  const auto windows = graph.call(
      "reshape", {product}, {{"shape", std::vector<int64_t>{x[0], x[1], x[2], w[1], w[2], w[0]}}});
  const auto rows =
      graph.call("transpose", {windows}, {{"axes", std::vector<int64_t>{0, 1, 3, 2, 4, 5}}});
  return graph.call("reshape", {rows},
                    {{"shape", std::vector<int64_t>{x[0], x[1] * w[1], x[2] * w[2], w[0]}}});
}

}  // namespace turnstone
