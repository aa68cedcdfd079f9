#include "passes/stored.h"

namespace turnstone {

// quantize(reshape(x)) -> reshape(quantize(x)), and quantize(concat(dequantize(a), dequantize(b),
// ...)) -> concat(quantize(dequantize(a)), ...)
std::optional<Value> store_before_moving(Draft& graph, Value, const Made& made) {
  if (made.op() != "quantize") return {};
  const auto* move = graph.made_by(made.in[0]);
  if (!move || (move->op() != "concat" && move->op() != "reshape")) return {};
  if (move->op() == "concat" && !std::ranges::all_of(move->in, [&](Value part) {
        return stored_of(graph, part).has_value();
      }))
    return {};
  std::vector<Value> parts;
  for (const auto part : move->in) parts.push_back(graph.call("quantize", {part}, made.call.attrs));
  return graph.call(move->op(), parts, move->call.attrs);
}

}  // namespace turnstone
