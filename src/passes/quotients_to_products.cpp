#include <cmath>

#include "passes/pass.h"

namespace turnstone {
namespace {

// Calls for which the last bit of an operand does not matter; whole numbers that come out of a
// division and are cut or compared behind it must stay what they are.
bool is_smooth(const Graph& graph, const Made& made) {
  for (const auto op : {"conv", "matmul", "erf", "sigmoid", "tanh"})
    if (made.op() == op) return true;
  return made.op() == "mul" && !graph.constant_of(made.in[0]) && !graph.constant_of(made.in[1]);
}

// 1 / c, when all are normal numbers.
std::optional<Tensor> inverse_of(const Tensor& c) {
  Tensor inverse(c.dtype(), c.shape());
  for (int64_t i = 0; i < c.size(); ++i) inverse.set_real(i, 1 / c.real_at(i));
  for (const auto factor : inverse.as<float>())
    if (!std::isnormal(factor)) return {};
  return inverse;
}

}  // namespace

// x / c -> x * (1 / c), c constant, where products, convolutions or bounded functions alone read it
std::optional<Value> quotients_to_products(Draft& graph, Value value, const Made& made) {
  if (!is_smooth(graph, made) || graph.type(value).dtype != DType::f32) return {};
  auto in = made.in;
  for (auto& operand : in) {
    const auto* quotient = graph.made_by(operand, "div");
    if (!quotient || !graph.is_read_once(operand) || graph.type(operand).dtype != DType::f32)
      continue;
    const auto* divisor = graph.constant_of(quotient->in[1]);
    if (!divisor) continue;
    if (auto inverse = inverse_of(*divisor))
      operand = graph.call("mul", {quotient->in[0], graph.constant(*std::move(inverse))});
  }
  if (in == made.in) return {};
  return graph.call(std::string(made.op()), in, made.call.attrs);
}

}  // namespace turnstone
