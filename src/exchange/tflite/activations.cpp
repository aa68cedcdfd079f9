#include <algorithm>
#include <cmath>
#include <limits>

#include "exchange/name.h"
#include "exchange/tflite/families.h"
#include "exchange/tflite/hard_swish.h"
#include "exchange/wiring.h"

namespace turnstone::tflite {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Result<> want_bytes(const Node& n) {
  const auto type = TRY(n.result_type());
  if (n.dtype(0) == DType::i16 || type != n.dtype(0))
    return fail(Code::unsupported, "x is {} and the result {}, supported: i8 or u8 for both",
                print(n.dtype(0)), print(type));
  return {};
}

// x f32: a core operator; integers: a table of `body`.
Result<Values> smooth(Node& n, Fold& g, std::string_view op, float (*body)(float)) {
  TRY(n.arity(1, 1));
  if (!n.is_quantised()) return g.call(op, {n.in(0)});
  TRY(want_bytes(n));
  return tabulated_real(g, n.in(0), TRY(n.scale(0)), TRY(n.result_scale()), body);
}

Result<Values> logistic(Node& n, Fold& g) {
  return smooth(n, g, "sigmoid", [](float x) { return 1 / (1 + std::exp(-x)); });
}

Result<Values> tanh(Node& n, Fold& g) {
  return smooth(n, g, "tanh", [](float x) { return std::tanh(x); });
}

Result<Values> exp(Node& n, Fold& g) {
  return smooth(n, g, "exp", [](float x) { return std::exp(x); });
}

// x on the result's scale, limited by what the activation allows.
Result<Value> limited_integers(const Node& n, Fold& g, fbs::ActivationFunctionType activation) {
  TRY(want_bytes(n));
  const auto from = TRY(n.scale(0));
  const auto to = TRY(n.result_scale());
  const auto limits = TRY(limits_of(n.dtype(0), to, activation));
  const auto factor = multiplier_of(from.scale / to.scale);
  return tabulated(g, n.in(0), n.dtype(0), [&](int64_t stored) {
    const auto out = multiply(static_cast<int32_t>(stored - from.zero), factor) + to.zero;
    return std::min(std::max(out, limits.low), limits.high);
  });
}

template <fbs::ActivationFunctionType activation>
Result<Values> limited(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  if (n.is_quantised()) return TRY(limited_integers(n, g, activation));
  return TRY(activated(g, n.in(0), activation));
}

Result<Values> relu_0_to_1(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  TRY(want_real(n));
  return g.clamp(n.in(0), 0, 1);
}

Result<Values> hard_swish(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto x = n.in(0);
  if (!n.is_quantised()) return turnstone::hard_swish(g, x);
  TRY(want_bytes(n));
  const auto body = TRY(HardSwish::of(TRY(n.scale(0)), TRY(n.result_scale())));
  return tabulated(g, x, n.dtype(0), [&](int64_t stored) { return body(stored); });
}

Result<Values> leaky_relu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const float alpha = TRY(n.options<fbs::LeakyReluOptions>())->alpha();
  if (!n.is_quantised()) return g.call("prelu", {n.in(0), g.real(alpha)});
  TRY(want_bytes(n));
  const auto from = TRY(n.scale(0));
  const auto to = TRY(n.result_scale());
  const auto above = multiplier_of(from.scale / to.scale);
  const auto below = multiplier_of(from.scale * alpha / to.scale);
  return tabulated(g, n.in(0), n.dtype(0), [&](int64_t stored) {
    const auto x = static_cast<int32_t>(stored - from.zero);
    return multiply(x, x >= 0 ? above : below) + to.zero;
  });
}

// x where x >= 0, else slope * x; of integers each on its own scale.
Result<Values> prelu(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  if (!n.is_quantised()) return g.call("prelu", {n.in(0), n.in(1)});
  TRY(want_bytes(n));
  const auto from = TRY(n.scale(0));
  const auto slope = TRY(n.scale(1));
  const auto to = TRY(n.result_scale());
  const auto type = n.dtype(0);
  const auto x = centred(g, n.in(0), from.zero);
  const auto product = g.call("mul", {x, centred(g, n.in(1), slope.zero)});
  const auto limits = limits_of(type);
  const auto above = requantized(g, x, {from.scale / to.scale}, to.zero, limits, type);
  const auto below =
      requantized(g, product, {from.scale * slope.scale / to.scale}, to.zero, limits, type);
  const auto negative = g.call("less", {x, g.constant(Tensor::filled(DType::i32, {}, 0))});
  return g.call("select", {negative, below, above});
}

Result<Values> elu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  if (n.is_quantised()) return smooth(n, g, "", [](float x) { return x < 0 ? std::expm1(x) : x; });
  return turnstone::elu(g, n.in(0));
}

Result<Values> gelu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  TRY(want_real(n));
  return turnstone::gelu(g, n.in(0), TRY(n.options<fbs::GeluOptions>())->approximate());
}

// Differences to the largest of a row, in steps of 2^-26, decide the fixed-point softmax.
Result<Value> quantised_softmax(const Node& n, Fold& g, float beta) {
  constexpr int integer_bits = 5;
  TRY(want_bytes(n));
  const auto from = TRY(n.scale(0));
  const auto to = TRY(n.result_scale());
  const auto limits = limits_of(n.dtype(0));
  if (to.scale != 1.0F / 256 || to.zero != limits.low)
    return fail(Code::unsupported, "the result has scale {} and zero {}, supported: 1/256 and {}",
                to.scale, to.zero, limits.low);
  const double step = double{beta} * double{from.scale} * (1 << (31 - integer_bits));
  if (!(step > 1))
    return fail(Code::unsupported, "scale {} times {} is too small", from.scale, beta);
  const auto factor = multiplier_of(std::min(step, 2147483647.0));
  const double most = double{(1 << integer_bits) - 1} *
                      static_cast<double>(int64_t{1} << (31 - integer_bits)) /
                      static_cast<double>(int64_t{1} << factor.shift);
  return g.call("quantized_softmax", {n.in(0)},
                {{"multiplier", int64_t{factor.fraction}},
                 {"shift", int64_t{factor.shift}},
                 {"diff_min", -static_cast<int64_t>(std::floor(most))},
                 {"to", std::string(print(n.dtype(0)))}});
}

Result<Values> softmax(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const float beta = TRY(n.options<fbs::SoftmaxOptions>())->beta();
  if (n.is_quantised()) return TRY(quantised_softmax(n, g, beta));
  return g.call("softmax", {g.affine(n.in(0), beta, 0)}, {{"axis", int64_t{-1}}});
}

Result<Values> log_softmax(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  TRY(want_real(n));
  return turnstone::log_softmax(g, n.in(0), -1);
}

// x / sqrt(max(sum(x^2), 1e-6)) along the last dimension
Result<Values> l2_normalization(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  TRY(want_real(n));
  const auto x = n.in(0);
  const auto sum = g.call("reduce_sum", {g.call("mul", {x, x})},
                          {{"axes", std::vector<int64_t>{n.rank(0) - 1}}});
  const auto y = g.call("mul", {x, g.call("rsqrt", {g.clamp(sum, 1e-6, infinity)})});
  return TRY(activated(g, y, TRY(n.options<fbs::L2NormOptions>())->fused_activation_function()));
}

// A core operator on real numbers, and on plain integers where it has a meaning.
template <Name op>
Result<Values> plain(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  TRY(want_real(n));
  return g.call(op.value, {n.in(0)});
}

Result<Values> square(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  TRY(want_real(n));
  return g.call("mul", {n.in(0), n.in(0)});
}

Result<Values> abs(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  if (!n.is_quantised()) return g.call("abs", {n.in(0)});
  TRY(want_bytes(n));
  const auto from = TRY(n.scale(0));
  const auto to = TRY(n.result_scale());
  const auto factor = multiplier_of(from.scale / to.scale);
  return tabulated(g, n.in(0), n.dtype(0), [&](int64_t stored) {
    const auto x = static_cast<int32_t>(std::abs(stored - from.zero));
    return (from.scale == to.scale ? x : multiply(x, factor)) + to.zero;
  });
}

// The reference negates stored numbers as they are, which has a meaning where 0 stands for zero.
Result<Values> neg(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  if (n.is_quantised()) {
    const auto from = TRY(n.scale(0));
    if (n.dtype(0) != DType::i8 || from.zero != 0 || TRY(n.result_scale()) != from)
      return fail(Code::unsupported,
                  "x is {} with zero point {}, supported: i8 with 0 and a result of the same scale",
                  print(n.dtype(0)), from.zero);
  }
  return g.call("neg", {n.in(0)});
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_ABS, abs},
    {fbs::BuiltinOperator_CEIL, plain<"ceil">},
    {fbs::BuiltinOperator_COS, plain<"cos">},
    {fbs::BuiltinOperator_ELU, elu},
    {fbs::BuiltinOperator_EXP, exp},
    {fbs::BuiltinOperator_FLOOR, plain<"floor">},
    {fbs::BuiltinOperator_GELU, gelu},
    {fbs::BuiltinOperator_HARD_SWISH, hard_swish},
    {fbs::BuiltinOperator_L2_NORMALIZATION, l2_normalization},
    {fbs::BuiltinOperator_LEAKY_RELU, leaky_relu},
    {fbs::BuiltinOperator_LOG, plain<"log">},
    {fbs::BuiltinOperator_LOGISTIC, logistic},
    {fbs::BuiltinOperator_LOG_SOFTMAX, log_softmax},
    {fbs::BuiltinOperator_NEG, neg},
    {fbs::BuiltinOperator_PRELU, prelu},
    {fbs::BuiltinOperator_RELU, limited<fbs::ActivationFunctionType_RELU>},
    {fbs::BuiltinOperator_RELU6, limited<fbs::ActivationFunctionType_RELU6>},
    {fbs::BuiltinOperator_RELU_0_TO_1, relu_0_to_1},
    {fbs::BuiltinOperator_RELU_N1_TO_1, limited<fbs::ActivationFunctionType_RELU_N1_TO_1>},
    {fbs::BuiltinOperator_ROUND, plain<"round">},
    {fbs::BuiltinOperator_RSQRT, plain<"rsqrt">},
    {fbs::BuiltinOperator_SIGN, plain<"sign">},
    {fbs::BuiltinOperator_SIN, plain<"sin">},
    {fbs::BuiltinOperator_SOFTMAX, softmax},
    {fbs::BuiltinOperator_SQRT, plain<"sqrt">},
    {fbs::BuiltinOperator_SQUARE, square},
    {fbs::BuiltinOperator_TANH, tanh},
};

}  // namespace

std::span<const Row> activations() { return rows; }

}  // namespace turnstone::tflite
