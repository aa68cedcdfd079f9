#include <algorithm>
#include <cmath>

#include "exchange/name.h"
#include "exchange/tflite/families.h"

namespace turnstone::tflite {
namespace {

// Both operands, which must have one type.
Result<> same_types(const Node& n) {
  TRY(n.arity(2, 2));
  if (n.dtype(0) != n.dtype(1))
    return fail(Code::invalid, "operands have different types: {} and {}", print(n.dtype(0)),
                print(n.dtype(1)));
  return {};
}

// The result's type is that of the operands; 16-bit numbers are not computed with.
Result<DType> byte_result(const Node& n) {
  const auto type = TRY(n.result_type());
  if (n.dtype(0) == DType::i16 || type != n.dtype(0))
    return fail(Code::unsupported, "x is {} and the result {}, supported: i8 or u8 for both",
                print(n.dtype(0)), print(type));
  return type;
}

// Factors of sums must be below 1.
Result<Multiplier> fraction_of(double factor, std::string_view what) {
  if (!(factor > 0 && factor < 1))
    return fail(Code::invalid, "the factor {} of {} is outside (0, 1)", factor, what);
  return multiplier_of(factor);
}

// a + b, or a - b, of stored numbers: both on twice the larger scale with 20 more bits.
Result<Value> quantised_sum(const Node& n, Fold& g, fbs::ActivationFunctionType activation,
                            bool minus) {
  constexpr int64_t more_bits = 20;
  const auto type = TRY(byte_result(n));
  const auto a = TRY(n.scale(0));
  const auto b = TRY(n.scale(1));
  const auto out = TRY(n.result_scale());
  const auto limits = TRY(limits_of(type, out, activation));
  const double larger = 2 * std::max(a.scale, b.scale);
  const double shifted = static_cast<float>(1 << more_bits) * out.scale;
  const auto of_a = TRY(fraction_of(a.scale / larger, "a"));
  const auto of_b = TRY(fraction_of(b.scale / larger, "b"));
  const auto of_sum = TRY(fraction_of(larger / shifted, "the sum"));
  return g.call("quantized_add", {n.in(0), n.in(1)},
                {{"a_zero", a.zero},
                 {"b_zero", b.zero},
                 {"a_multiplier", int64_t{of_a.fraction}},
                 {"a_shift", int64_t{of_a.shift}},
                 {"b_multiplier", minus ? -int64_t{of_b.fraction} : int64_t{of_b.fraction}},
                 {"b_shift", int64_t{of_b.shift}},
                 {"left_shift", more_bits},
                 {"multiplier", int64_t{of_sum.fraction}},
                 {"shift", int64_t{of_sum.shift}},
                 {"zero", out.zero},
                 {"low", limits.low},
                 {"high", limits.high}});
}

Result<Value> quantised_product(const Node& n, Fold& g, fbs::ActivationFunctionType activation) {
  const auto type = TRY(byte_result(n));
  const auto a = TRY(n.scale(0));
  const auto b = TRY(n.scale(1));
  const auto out = TRY(n.result_scale());
  const auto limits = TRY(limits_of(type, out, activation));
  const float factor = a.scale * b.scale / out.scale;
  if (!(factor < 1 << 30))
    return fail(Code::invalid, "the scales {}, {} and {} do not fit", a.scale, b.scale, out.scale);
  const auto product = g.call("mul", {centred(g, n.in(0), a.zero), centred(g, n.in(1), b.zero)});
  return requantized(g, product, {factor}, out.zero, limits, type);
}

Result<Values> add(Node& n, Fold& g) {
  TRY(same_types(n));
  const auto activation = TRY(n.options<fbs::AddOptions>())->fused_activation_function();
  if (n.is_quantised()) return TRY(quantised_sum(n, g, activation, false));
  return TRY(activated(g, g.call("add", {n.in(0), n.in(1)}), activation));
}

Result<Values> sub(Node& n, Fold& g) {
  TRY(same_types(n));
  const auto activation = TRY(n.options<fbs::SubOptions>())->fused_activation_function();
  if (n.is_quantised()) return TRY(quantised_sum(n, g, activation, true));
  return TRY(activated(g, g.call("sub", {n.in(0), n.in(1)}), activation));
}

Result<Values> mul(Node& n, Fold& g) {
  TRY(same_types(n));
  const auto activation = TRY(n.options<fbs::MulOptions>())->fused_activation_function();
  if (n.is_quantised()) return TRY(quantised_product(n, g, activation));
  return TRY(activated(g, g.call("mul", {n.in(0), n.in(1)}), activation));
}

Result<Values> div(Node& n, Fold& g) {
  TRY(same_types(n));
  TRY(want_real(n));
  const auto activation = TRY(n.options<fbs::DivOptions>())->fused_activation_function();
  return TRY(activated(g, g.call("div", {n.in(0), n.in(1)}), activation));
}

Result<> all_scales_equal(const Node& n) {
  if (!n.is_quantised()) return {};
  const auto out = TRY(n.result_scale());
  for (size_t i = 0; i < n.size(); ++i)
    if (TRY(n.scale(i)) != out)
      return fail(Code::unsupported, "operands and result have different scales");
  return {};
}

// The larger or smaller; stored numbers are compared as they are.
template <Name op>
Result<Values> extreme(Node& n, Fold& g) {
  TRY(same_types(n));
  TRY(all_scales_equal(n));
  return g.call(op.value, {n.in(0), n.in(1)});
}

template <Name op>
Result<Values> real_pair(Node& n, Fold& g) {
  TRY(same_types(n));
  TRY(want_real(n));
  return g.call(op.value, {n.in(0), n.in(1)});
}

Result<Values> floor_div(Node& n, Fold& g) {
  TRY(same_types(n));
  TRY(want_real(n));
  if (n.dtype(0) == DType::f32) return g.call("floor", {g.call("div", {n.in(0), n.in(1)})});
  return g.call("floor_div", {n.in(0), n.in(1)});
}

// a - floor(a / b) * b
Result<Values> floor_mod(Node& n, Fold& g) {
  const auto quotient = TRY(floor_div(n, g)).list[0];
  return g.call("sub", {n.in(0), g.call("mul", {quotient, n.in(1)})});
}

Result<Values> squared_difference(Node& n, Fold& g) {
  TRY(same_types(n));
  TRY(want_real(n));
  const auto difference = g.call("sub", {n.in(0), n.in(1)});
  return g.call("mul", {difference, difference});
}

Result<Values> add_n(Node& n, Fold& g) {
  TRY(n.arity(std::max<size_t>(n.size(), 1), 1024));
  TRY(want_real(n));
  auto sum = n.in(0);
  for (size_t i = 1; i < n.size(); ++i) sum = g.call("add", {sum, n.in(i)});
  return sum;
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_ADD, add},
    {fbs::BuiltinOperator_ADD_N, add_n},
    {fbs::BuiltinOperator_DIV, div},
    {fbs::BuiltinOperator_FLOOR_DIV, floor_div},
    {fbs::BuiltinOperator_FLOOR_MOD, floor_mod},
    {fbs::BuiltinOperator_MAXIMUM, extreme<"max">},
    {fbs::BuiltinOperator_MINIMUM, extreme<"min">},
    {fbs::BuiltinOperator_MUL, mul},
    {fbs::BuiltinOperator_POW, real_pair<"pow">},
    {fbs::BuiltinOperator_SQUARED_DIFFERENCE, squared_difference},
    {fbs::BuiltinOperator_SUB, sub},
};

}  // namespace

std::span<const Row> arithmetic() { return rows; }

}  // namespace turnstone::tflite
