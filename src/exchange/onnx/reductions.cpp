#include <algorithm>

#include "exchange/onnx/families.h"
#include "exchange/wiring.h"

namespace turnstone {
namespace {

// What is done to x before and after a core reduction.
using Reduce = Value (*)(Fold&, Value x, const Attributes& over);

Value sum(Fold& g, Value x, const Attributes& over) { return g.call("reduce_sum", {x}, over); }
Value mean(Fold& g, Value x, const Attributes& over) { return g.call("reduce_mean", {x}, over); }
Value product(Fold& g, Value x, const Attributes& over) { return g.call("reduce_prod", {x}, over); }
Value largest(Fold& g, Value x, const Attributes& over) { return g.call("reduce_max", {x}, over); }
Value smallest(Fold& g, Value x, const Attributes& over) { return g.call("reduce_min", {x}, over); }

Value size_sum(Fold& g, Value x, const Attributes& over) {
  return sum(g, g.call("abs", {x}), over);
}
Value square_sum(Fold& g, Value x, const Attributes& over) {
  return sum(g, g.call("mul", {x, x}), over);
}
Value length(Fold& g, Value x, const Attributes& over) {
  return g.call("sqrt", {square_sum(g, x, over)});
}
Value log_sum(Fold& g, Value x, const Attributes& over) { return g.call("log", {sum(g, x, over)}); }

// log(sum(exp(x))), with the largest x taken out so that nothing overflows
Value log_sum_exp(Fold& g, Value x, const Attributes& over) {
  const auto top = largest(g, x, over);
  const auto low = g.call("exp", {g.call("sub", {x, top})});
  return g.call("add", {log_sum(g, low, over), top});
}

// Without dimensions of extent 1 that were reduced.
Value without(Fold& g, Value x, const std::vector<int64_t>& axes) {
  Shape shape;
  for (int64_t d = 0; d < g.rank(x); ++d)
    if (std::ranges::find(axes, d) == axes.end())
      shape.push_back(g.shape(x)[static_cast<size_t>(d)]);
  return g.reshape(x, shape);
}

Result<Values> reduced(Node& n, Fold& g, std::vector<int64_t> axes, Reduce reduce) {
  if (axes.empty())
    for (int64_t d = 0; d < n.rank(0); ++d) axes.push_back(d);
  for (auto& axis : axes) axis = TRY(normal_axis(axis, n.rank(0)));
  const bool keep = TRY(n.flag("keepdims", true));
  const auto y = reduce(g, n.in(0), {{"axes", axes}});
  return keep || !y ? y : without(g, y, axes);
}

template <Reduce reduce>
Result<Values> by_attribute(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return reduced(n, g, TRY(n.integers("axes", {})), reduce);
}

template <Reduce reduce>
Result<Values> by_operand(Node& n, Fold& g) {
  TRY(n.arity(1, 2));
  const bool nothing = TRY(n.flag("noop_with_empty_axes", false));
  std::vector<int64_t> axes;
  if (n.has(1)) axes = TRY(n.known_integers(1, "axes"));
  if (axes.empty() && nothing) {
    n.ignore({"keepdims"});
    return n.in(0);
  }
  return reduced(n, g, std::move(axes), reduce);
}

template <bool smallest>
Result<Values> arg_extreme(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto axis = TRY(normal_axis(TRY(n.integer("axis", 0)), n.rank(0)));
  const bool keep = TRY(n.flag("keepdims", true));
  const auto x = smallest ? reversed(g, n.in(0)) : n.in(0);
  const auto y =
      g.call("argmax", {x}, {{"axis", axis}, {"last", TRY(n.integer("select_last_index", 0))}});
  return keep || !y ? y : without(g, y, {axis});
}

constexpr OnnxImport rows[] = {
    {"ArgMax", oldest, newest, arg_extreme<false>},
    {"ArgMin", oldest, newest, arg_extreme<true>},
    {"ReduceL1", oldest, 17, by_attribute<size_sum>},
    {"ReduceL1", 18, newest, by_operand<size_sum>},
    {"ReduceL2", oldest, 17, by_attribute<length>},
    {"ReduceL2", 18, newest, by_operand<length>},
    {"ReduceLogSum", oldest, 17, by_attribute<log_sum>},
    {"ReduceLogSum", 18, newest, by_operand<log_sum>},
    {"ReduceLogSumExp", oldest, 17, by_attribute<log_sum_exp>},
    {"ReduceLogSumExp", 18, newest, by_operand<log_sum_exp>},
    {"ReduceMax", oldest, 17, by_attribute<largest>},
    {"ReduceMax", 18, newest, by_operand<largest>},
    {"ReduceMean", oldest, 17, by_attribute<mean>},
    {"ReduceMean", 18, newest, by_operand<mean>},
    {"ReduceMin", oldest, 17, by_attribute<smallest>},
    {"ReduceMin", 18, newest, by_operand<smallest>},
    {"ReduceProd", oldest, 17, by_attribute<product>},
    {"ReduceProd", 18, newest, by_operand<product>},
    {"ReduceSum", oldest, 12, by_attribute<sum>},
    {"ReduceSum", 13, newest, by_operand<sum>},
    {"ReduceSumSquare", oldest, 17, by_attribute<square_sum>},
    {"ReduceSumSquare", 18, newest, by_operand<square_sum>},
};

}  // namespace

std::span<const OnnxImport> reductions() { return rows; }

}  // namespace turnstone
