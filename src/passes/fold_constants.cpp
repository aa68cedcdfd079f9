#include <algorithm>

#include "passes/pass.h"

namespace turnstone {

// A call on constants alone -> its result, unless that is much larger than what it is made from.
// Not of integers that stand for reals: integer arithmetic may be made with them.
std::optional<Value> fold_constants(Draft& graph, Value value, const Made& made) {
  if (made.op() == "dequantize") return {};
  constexpr int64_t always = 1 << 20;
  int64_t bytes = 0;
  std::vector<Tensor> in;
  for (const auto operand : made.in) {
    const auto* constant = graph.constant_of(operand);
    if (!constant) return {};
    in.push_back(*constant);
    bytes += constant->size_bytes();
  }
  const auto& type = graph.type(value);
  if (size_bytes(type) > std::max(always, 4 * bytes)) return {};
  std::vector<Tensor> out = {Tensor(type.dtype, type.shape)};
  made.call.op->eval(made.call, in, out);
  return graph.constant(std::move(out[0]));
}

}  // namespace turnstone
