#include "passes/stored.h"

namespace turnstone {

// quantize(concat(dequantize(a), dequantize(b), ...)) -> concat(quantize(dequantize(a)), ...)
std::optional<Value> concats_to_integers(Draft& graph, Value, const Made& made) {
  if (made.op() != "quantize") return {};
  const auto* concat = graph.made_by(made.in[0], "concat");
  if (!concat) return {};
  for (const auto part : concat->in)
    if (!stored_of(graph, part)) return {};
  std::vector<Value> parts;
  for (const auto part : concat->in)
    parts.push_back(graph.call("quantize", {part}, made.call.attrs));
  return graph.call("concat", parts, concat->call.attrs);
}

}  // namespace turnstone
