#include <algorithm>
#include <set>

#include "exchange/name.h"
#include "exchange/tflite/families.h"
#include "exchange/wiring.h"

namespace turnstone::tflite {
namespace {

// Operand 1 as axes from the front, sorted, each once.
Result<std::vector<int64_t>> axes_of(const Node& n) {
  std::set<int64_t> axes;
  for (const auto axis : TRY(n.known_integers(1, "the axes")))
    axes.insert(TRY(normal_axis(axis, n.rank(0))));
  return std::vector(axes.begin(), axes.end());
}

// Without the dimensions that became 1, unless they are kept.
Value dropped(Fold& g, Value y, const std::vector<int64_t>& axes, bool keep) {
  if (keep || !y) return y;
  Shape shape;
  for (int64_t d = 0; d < g.rank(y); ++d)
    if (!std::ranges::binary_search(axes, d)) shape.push_back(g.shape(y)[static_cast<size_t>(d)]);
  return g.reshape(y, shape);
}

Result<Values> reduced(Node& n, Fold& g, std::string_view op) {
  const auto axes = TRY(axes_of(n));
  const bool keep = TRY(n.options<fbs::ReducerOptions>())->keep_dims();
  if (axes.empty()) return n.in(0);
  return dropped(g, g.call(op, {n.in(0)}, {{"axes", axes}}), axes, keep);
}

template <Name op>
Result<Values> real_reduction(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  TRY(want_real(n));
  return reduced(n, g, op.value);
}

// The largest or smallest of stored numbers is that of the real ones.
template <Name op>
Result<Values> extreme(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  if (n.is_quantised() && TRY(n.scale(0)) != TRY(n.result_scale()))
    return fail(Code::unsupported, "x and the result have different scales");
  return reduced(n, g, op.value);
}

Result<Values> mean(Node& n, Fold& g) {
  if (!n.is_quantised()) return real_reduction<"reduce_mean">(n, g);
  TRY(n.arity(2, 2));
  const auto axes = TRY(axes_of(n));
  const auto from = TRY(n.scale(0));
  const auto to = TRY(n.result_scale());
  const bool keep = TRY(n.options<fbs::ReducerOptions>())->keep_dims();
  const auto factor = multiplier_of(double{from.scale} / double{to.scale});
  return dropped(g,
                 g.call("quantized_mean", {n.in(0)},
                        {{"axes", axes},
                         {"x_zero", from.zero},
                         {"zero", to.zero},
                         {"multiplier", int64_t{factor.fraction}},
                         {"shift", int64_t{factor.shift}}}),
                 axes, keep);
}

// Indices of the largest along one axis, which goes.
Result<Values> index_of(Node& n, Fold& g, bool smallest) {
  TRY(n.arity(2, 2));
  const auto axis = TRY(normal_axis(TRY(n.known_integer(1, "the axis")), n.rank(0)));
  auto x = n.dtype(0) == DType::boolean ? g.cast(n.in(0), DType::i32) : n.in(0);
  if (smallest) x = reversed(g, x);
  const auto at = g.call("argmax", {x}, {{"axis", axis}});
  return g.cast(dropped(g, at, {axis}, false), TRY(n.result_type()));
}

Result<Values> arg_max(Node& n, Fold& g) { return index_of(n, g, false); }

Result<Values> arg_min(Node& n, Fold& g) { return index_of(n, g, true); }

constexpr Row rows[] = {
    {fbs::BuiltinOperator_ARG_MAX, arg_max},
    {fbs::BuiltinOperator_ARG_MIN, arg_min},
    {fbs::BuiltinOperator_MEAN, mean},
    {fbs::BuiltinOperator_REDUCE_MAX, extreme<"reduce_max">},
    {fbs::BuiltinOperator_REDUCE_MIN, extreme<"reduce_min">},
    {fbs::BuiltinOperator_REDUCE_PROD, real_reduction<"reduce_prod">},
    {fbs::BuiltinOperator_SUM, real_reduction<"reduce_sum">},
};

}  // namespace

std::span<const Row> reductions() { return rows; }

}  // namespace turnstone::tflite
