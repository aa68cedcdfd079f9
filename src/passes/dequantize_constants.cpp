#include "passes/pass.h"

namespace turnstone {

// dequantize(constant) -> the reals, where no integer arithmetic could be made of them
std::optional<Value> dequantize_constants(Draft& graph, Value value, const Made& made) {
  if (made.op() != "dequantize") return {};
  std::vector<Tensor> in;
  for (const auto operand : made.in) {
    const auto* constant = graph.constant_of(operand);
    if (!constant) return {};
    in.push_back(*constant);
  }
  std::vector<Tensor> out = {Tensor(DType::f32, graph.shape(value))};
  made.call.op->eval(made.call, in, out);
  return graph.constant(std::move(out[0]));
}

}  // namespace turnstone
