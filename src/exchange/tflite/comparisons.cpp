#include "exchange/name.h"
#include "exchange/tflite/families.h"

namespace turnstone::tflite {
namespace {

// A stored number as the comparison sees it: with 8 more bits, times its scale.
Result<Value> scaled(Node& n, Fold& g, size_t i) {
  const auto scale = TRY(n.scale(i));
  if (n.dtype(i) == DType::i16)
    return fail(Code::unsupported, "the quantised form (i16) is not supported");
  if (!(scale.scale < 1))
    return fail(Code::unsupported, "operand {} has scale {}, supported: below 1", i, scale.scale);
  const auto factor = multiplier_of(scale.scale);
  return tabulated(g, n.in(i), DType::i32, [&](int64_t stored) {
    return int64_t{multiply(static_cast<int32_t>((stored - scale.zero) * 256), factor)};
  });
}

// op(a, b), or op(b, a).
template <Name op, bool turned>
Result<Value> compared(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  auto a = n.in(0);
  auto b = n.in(1);
  if (n.is_quantised() && n.dtype(0) == n.dtype(1)) {
    a = TRY(scaled(n, g, 0));
    b = TRY(scaled(n, g, 1));
  }
  return turned ? g.call(op.value, {b, a}) : g.call(op.value, {a, b});
}

template <Name op, bool turned>
Result<Values> compare(Node& n, Fold& g) {
  return TRY((compared<op, turned>(n, g)));
}

Result<Values> not_equal(Node& n, Fold& g) {
  return g.call("not", {TRY((compared<"equal", false>(n, g)))});
}

template <Name op>
Result<Values> logical(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return g.call(op.value, {n.in(0), n.in(1)});
}

Result<Values> logical_not(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call("not", {n.in(0)});
}

// A condition of one dimension chooses whole rows of the others.
Result<Values> select(Node& n, Fold& g) {
  TRY(n.arity(3, 3));
  auto condition = n.in(0);
  if (n.rank(0) == 1 && n.rank(1) > 1 && n.shape(0)[0] == n.shape(1)[0]) {
    Shape shape(static_cast<size_t>(n.rank(1)), 1);
    shape[0] = n.shape(0)[0];
    condition = g.reshape(condition, shape);
  }
  return g.call("select", {condition, n.in(1), n.in(2)});
}

Result<Values> select_v2(Node& n, Fold& g) {
  TRY(n.arity(3, 3));
  return g.call("select", {n.in(0), n.in(1), n.in(2)});
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_EQUAL, compare<"equal", false>},
    {fbs::BuiltinOperator_GREATER, compare<"less", true>},
    {fbs::BuiltinOperator_GREATER_EQUAL, compare<"less_equal", true>},
    {fbs::BuiltinOperator_LESS, compare<"less", false>},
    {fbs::BuiltinOperator_LESS_EQUAL, compare<"less_equal", false>},
    {fbs::BuiltinOperator_LOGICAL_AND, logical<"and">},
    {fbs::BuiltinOperator_LOGICAL_NOT, logical_not},
    {fbs::BuiltinOperator_LOGICAL_OR, logical<"or">},
    {fbs::BuiltinOperator_NOT_EQUAL, not_equal},
    {fbs::BuiltinOperator_SELECT, select},
    {fbs::BuiltinOperator_SELECT_V2, select_v2},
};

}  // namespace

std::span<const Row> comparisons() { return rows; }

}  // namespace turnstone::tflite
