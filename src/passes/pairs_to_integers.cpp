#include "passes/stored.h"

namespace turnstone {

// quantize(clamp(add(dequantize(a), dequantize(b)))) -> rescaled_add(a, b), and the same for mul;
// clamp where it is
std::optional<Value> pairs_to_integers(Draft& graph, Value, const Made& made) {
  auto storing = storing_of(graph, made);
  if (!storing) return {};
  const auto* pair = graph.made_by(storing->reals);
  if (!pair || (pair->op() != "add" && pair->op() != "mul")) return {};
  const auto a = stored_of(graph, pair->in[0]);
  if (!a) return {};
  const auto b = stored_of(graph, pair->in[1]);
  if (!b) return {};
  auto attrs = storing->attributes();
  attrs["a_scale"] = double{a->scale};
  attrs["a_zero"] = a->zero;
  attrs["b_scale"] = double{b->scale};
  attrs["b_zero"] = b->zero;
  attrs["scale"] = double{storing->scale};
  return graph.call(pair->op() == "add" ? "rescaled_add" : "rescaled_mul", {a->value, b->value},
                    attrs);
}

}  // namespace turnstone
