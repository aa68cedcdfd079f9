#include "passes/pass.h"

namespace turnstone {
namespace {

struct Split {
  Value x;
  Value constant;
};

// A call of `op` on one constant and one value of f32, or of i32 for additions.
std::optional<Split> split(const Graph& graph, const Made& made, std::string_view op) {
  if (made.op() != op) return {};
  const auto type = made.call.out[0].dtype;
  if (type != DType::f32 && !(type == DType::i32 && op == "add")) return {};
  for (size_t i = 0; i < 2; ++i)
    if (graph.constant_of(made.in[i]) && !graph.constant_of(made.in[1 - i]))
      return Split{made.in[1 - i], made.in[i]};
  return {};
}

std::optional<Split> split(const Graph& graph, Value value, std::string_view op) {
  const auto* made = graph.made_by(value);
  return made ? split(graph, *made, op) : std::nullopt;
}

}  // namespace

// x - c -> x + -c
// (x + a) + b -> x + (a + b), (x * a) * b -> x * (a * b)
// (x + a) * b -> x * b + a * b, when x is a convolution or its scaled result: so that scale and
// shift reach the weights
// All where the inner call is read here alone: it would be computed twice else.
std::optional<Value> merge_constants(Draft& graph, Value value, const Made& made) {
  const auto keeps_shape = [&](Value x) { return graph.shape(x) == graph.shape(value); };
  if (made.op() == "sub" && made.call.out[0].dtype == DType::f32 && graph.constant_of(made.in[1]) &&
      !graph.constant_of(made.in[0])) {
    const auto& taken = *graph.constant_of(made.in[1]);
    Tensor opposite(taken.dtype(), taken.shape());
    for (int64_t i = 0; i < opposite.size(); ++i) opposite.set_real(i, -taken.real_at(i));
    return graph.call("add", {made.in[0], graph.constant(std::move(opposite))});
  }
  for (const auto op : {"add", "mul"}) {
    const auto outer = split(graph, made, op);
    if (!outer || !graph.is_read_once(outer->x)) continue;
    const auto inner = split(graph, outer->x, op);
    if (inner && keeps_shape(inner->x) && keeps_shape(outer->x))
      return graph.call(op, {inner->x, fold_call(graph, op, inner->constant, outer->constant)});
  }
  const auto scaled = split(graph, made, "mul");
  if (!scaled || !graph.is_read_once(scaled->x)) return {};
  const auto shifted = split(graph, scaled->x, "add");
  if (!shifted || !keeps_shape(shifted->x) || !keeps_shape(scaled->x)) return {};
  if (!graph.is_read_once(shifted->x)) return {};
  if (!graph.made_by(shifted->x, "conv") && !split(graph, shifted->x, "mul")) return {};
  const auto shift = fold_call(graph, "mul", shifted->constant, scaled->constant);
  return graph.call("add", {graph.call("mul", {shifted->x, scaled->constant}), shift});
}

}  // namespace turnstone
