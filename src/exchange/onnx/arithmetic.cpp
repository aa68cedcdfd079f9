#include <algorithm>
#include <cmath>

#include "exchange/name.h"
#include "exchange/onnx/families.h"

namespace turnstone {
namespace {

// The core operator of the same meaning, named as the template argument.
template <Name op>
Result<Values> unary(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call(op.value, {n.in(0)});
}

template <Name op>
Result<Values> binary(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return g.call(op.value, {n.in(0), n.in(1)});
}

template <Name op>
Result<Values> flipped(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return g.call(op.value, {n.in(1), n.in(0)});
}

template <Name op>
Result<Values> chained(Node& n, Fold& g) {
  TRY(n.arity(std::max<size_t>(n.size(), 1), 1 << 16));
  auto all = n.in(0);
  for (size_t i = 1; i < n.size(); ++i) all = g.call(op.value, {all, n.in(i)});
  return all;
}

Result<Values> mean(Node& n, Fold& g) {
  auto sum = TRY(chained<"add">(n, g));
  return g.affine(sum.list.front(), 1.0 / static_cast<double>(n.size()), 0);
}

Result<Values> identity(Node& n, Fold&) {
  TRY(n.arity(1, 1));
  return n.in(0);
}

// In inference a dropout gives its operand; the mask is true everywhere.
Result<Values> dropout(Node& n, Fold& g) {
  TRY(n.arity(1, 3));
  n.ignore({"ratio", "seed", "is_test"});
  if (n.has(2)) {
    const auto training = TRY(n.known_integers(2, "training_mode"));
    if (training.size() != 1 || training[0] != 0)
      return fail(Code::unsupported, "training_mode is set, only inference is supported");
  }
  if (n.results() < 2) return n.in(0);
  const auto all = g.call("equal", {n.in(0), n.in(0)});
  return std::vector<Value>{n.in(0), g.call("or", {all, g.call("not", {all})})};
}

Result<Values> reciprocal(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call("div", {g.real(1), n.in(0)});
}

Result<Values> tangent(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call("div", {g.call("sin", {n.in(0)}), g.call("cos", {n.in(0)})});
}

constexpr int exponent_bits = 6;

bool are_small_and_whole(const Tensor& exponents) {
  for (int64_t i = 0; i < exponents.size(); ++i) {
    const double exponent = exponents.real_at(i);
    if (!(exponent >= 0 && exponent < 1 << exponent_bits)) return false;
    if (exponent != std::trunc(exponent)) return false;
  }
  return true;
}

// Powers of integers, exact: squared, and multiplied where a bit of the exponent is set. Errors:
// unsupported unless all exponents are known, and whole numbers of 0 to 63.
Result<Value> whole_power(Fold& g, Value x, Value exponent) {
  const auto* known = g.known(exponent);
  if (!known || !are_small_and_whole(*known))
    return fail(Code::unsupported,
                "x is {} and the exponent {}, wanted: f32, or exponents that are whole numbers of "
                "0 to 63 and known while importing",
                print(g.type(x)), print(g.type(exponent)));
  auto all = g.constant(Tensor::filled(g.type(x).dtype, {}, 1));
  for (int bit = 0; bit < exponent_bits; ++bit) {
    Tensor is_set(DType::boolean, known->shape());
    for (int64_t i = 0; i < known->size(); ++i)
      is_set.set_integer(i, static_cast<int64_t>(known->real_at(i)) >> bit & 1);
    all = g.call("select", {g.constant(std::move(is_set)), g.call("mul", {all, x}), all});
    x = g.call("mul", {x, x});
  }
  return all;
}

// x ** 2 and x ** 0.5 are exact on every x where pow is not.
Result<Values> power(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto x = n.in(0);
  const auto* known = g.known(n.in(1));
  const auto exponent =
      known && known->size() == 1 && g.rank(n.in(1)) <= n.rank(0) ? known->real_at(0) : 0;
  if (exponent == 1) return x;
  if (exponent == 2) return g.call("mul", {x, x});
  if (exponent == 3) return g.call("mul", {g.call("mul", {x, x}), x});
  if (!is_float(g.type(x).dtype)) return TRY(whole_power(g, x, n.in(1)));
  if (exponent == 0.5) return g.call("sqrt", {x});
  return g.call("pow", {x, g.cast(n.in(1), DType::f32)});
}

// The rest with the sign of the divisor; with fmod=1 that of the dividend.
Result<Values> modulo(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto a = n.in(0);
  const auto b = n.in(1);
  if (TRY(n.flag("fmod", false))) return g.call("mod", {a, b});
  return g.call("sub", {a, g.call("mul", {g.call("floor_div", {a, b}), b})});
}

Result<Values> greater_equal(Node& n, Fold& g) { return flipped<"less_equal">(n, g); }

Result<Values> where(Node& n, Fold& g) {
  TRY(n.arity(3, 3));
  return g.call("select", {n.in(0), n.in(1), n.in(2)});
}

constexpr OnnxImport rows[] = {
    {"Abs", oldest, newest, unary<"abs">},
    {"Add", oldest, newest, binary<"add">},
    {"And", oldest, newest, binary<"and">},
    {"Ceil", oldest, newest, unary<"ceil">},
    {"Cos", oldest, newest, unary<"cos">},
    {"Div", oldest, newest, binary<"div">},
    {"Dropout", oldest, newest, dropout},
    {"Equal", oldest, newest, binary<"equal">},
    {"Erf", 9, newest, unary<"erf">},
    {"Exp", oldest, newest, unary<"exp">},
    {"Floor", oldest, newest, unary<"floor">},
    {"Greater", oldest, newest, flipped<"less">},
    {"GreaterOrEqual", 12, newest, greater_equal},
    {"Identity", oldest, newest, identity},
    {"Less", oldest, newest, binary<"less">},
    {"LessOrEqual", 12, newest, binary<"less_equal">},
    {"Log", oldest, newest, unary<"log">},
    {"Max", oldest, newest, chained<"max">},
    {"Mean", oldest, newest, mean},
    {"Min", oldest, newest, chained<"min">},
    {"Mod", 10, newest, modulo},
    {"Mul", oldest, newest, binary<"mul">},
    {"Neg", oldest, newest, unary<"neg">},
    {"Not", oldest, newest, unary<"not">},
    {"Or", oldest, newest, binary<"or">},
    {"Pow", oldest, newest, power},
    {"Reciprocal", oldest, newest, reciprocal},
    {"Round", 11, newest, unary<"round">},
    {"Sigmoid", oldest, newest, unary<"sigmoid">},
    {"Sign", 9, newest, unary<"sign">},
    {"Sin", oldest, newest, unary<"sin">},
    {"Sqrt", oldest, newest, unary<"sqrt">},
    {"Sub", oldest, newest, binary<"sub">},
    {"Sum", oldest, newest, chained<"add">},
    {"Tan", oldest, newest, tangent},
    {"Tanh", oldest, newest, unary<"tanh">},
    {"Where", 9, newest, where},
    {"Xor", oldest, newest, binary<"xor">},
};

}  // namespace

std::span<const OnnxImport> arithmetic() { return rows; }

}  // namespace turnstone
