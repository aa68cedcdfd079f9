#include <cmath>

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

// `change` of every element.
template <class Change>
Tensor changed(const Tensor& constant, Change change) {
  Tensor result(constant.dtype(), constant.shape());
  for (int64_t i = 0; i < result.size(); ++i) result.set_real(i, change(constant.real_at(i)));
  return result;
}

// A difference or quotient by a constant, as a sum or product.
std::optional<Value> as_sum_or_product(Draft& graph, const Made& made) {
  if (made.op() != "sub" && made.op() != "div") return {};
  const auto* constant = graph.constant_of(made.in[1]);
  if (made.call.out[0].dtype != DType::f32 || !constant || graph.constant_of(made.in[0])) return {};
  if (made.op() == "sub")
    return graph.call(
        "add", {made.in[0], graph.constant(changed(*constant, [](double c) { return -c; }))});
  auto inverse = changed(*constant, [](double c) { return 1 / c; });
  for (const auto factor : inverse.as<float>())
    if (!std::isnormal(factor)) return {};
  return graph.call("mul", {made.in[0], graph.constant(std::move(inverse))});
}

}  // namespace

// x - c -> x + -c
// x / c -> x * (1 / c), where that is a normal number
// (x + a) + b -> x + (a + b), (x * a) * b -> x * (a * b)
// (x + a) * b -> x * b + a * b, when x is a convolution or its scaled result: so that scale and
// shift reach the weights
// All where the inner call is read here alone: it would be computed twice else.
std::optional<Value> merge_constants(Draft& graph, Value value, const Made& made) {
  const auto keeps_shape = [&](Value x) { return graph.shape(x) == graph.shape(value); };
  if (const auto same = as_sum_or_product(graph, made)) return same;
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
