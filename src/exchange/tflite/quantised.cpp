#include "exchange/tflite/quantised.h"

#include <algorithm>
#include <cmath>

#include "ops/fixed_point.h"

namespace turnstone::tflite {

Result<Scale> scale_of(const TensorInfo& info) {
  const auto type = TRY(dtype_of(info.type));
  const bool stored =
      type == DType::i8 || type == DType::u8 || type == DType::i16 || type == DType::i32;
  if (!stored)
    return fail(Code::invalid, "the tensor is {}, wanted: i8, u8, i16 or i32", print(type));
  if (info.scales.empty()) return fail(Code::invalid, "the tensor has no scale");
  if (info.scales.size() > 1)
    return fail(Code::unsupported, "the tensor has {} scales, supported: 1", info.scales.size());
  const Scale scale{info.scales[0], info.zeros.empty() ? 0 : info.zeros[0]};
  if (!std::isfinite(scale.scale) || scale.scale <= 0)
    return fail(Code::invalid, "scale {} is not a positive number", scale.scale);
  const auto limits = limits_of(type);
  if (scale.zero < limits.low || scale.zero > limits.high)
    return fail(Code::invalid, "zero point {} is outside [{}, {}]", scale.zero, limits.low,
                limits.high);
  return scale;
}

Multiplier multiplier_of(double factor) {
  constexpr double most = 1 << 30;
  if (factor == 0 || std::isnan(factor)) return {};
  factor = std::clamp(factor, -most, most);
  int shift = 0;
  auto fraction = static_cast<int64_t>(std::round(std::frexp(factor, &shift) * 2147483648.0));
  if (fraction == int64_t{1} << 31) {
    fraction /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<int32_t>(fraction), shift};
}

int32_t multiply(int32_t x, Multiplier factor) { return scaled(x, factor.fraction, factor.shift); }

Limits limits_of(DType type) {
  const auto bits = size_of(type) * 8;
  if (!is_signed(type)) return {0, (int64_t{1} << bits) - 1};
  const auto half = int64_t{1} << (bits - 1);
  return {-half, half - 1};
}

Result<Limits> limits_of(DType type, const Scale& scale, fbs::ActivationFunctionType activation) {
  auto limits = limits_of(type);
  const auto stored = [&](float real) {
    const double steps = std::clamp<double>(std::round(real / scale.scale), -1e9, 1e9);
    return scale.zero + static_cast<int64_t>(steps);
  };
  switch (activation) {
    case fbs::ActivationFunctionType_NONE:
      break;
    case fbs::ActivationFunctionType_RELU:
      limits.low = std::max(limits.low, stored(0));
      break;
    case fbs::ActivationFunctionType_RELU6:
      limits.low = std::max(limits.low, stored(0));
      limits.high = std::min(limits.high, stored(6));
      break;
    case fbs::ActivationFunctionType_RELU_N1_TO_1:
      limits.low = std::max(limits.low, stored(-1));
      limits.high = std::min(limits.high, stored(1));
      break;
    default:
      return fail(Code::unsupported, "activation {} of integers is not supported",
                  static_cast<int>(activation));
  }
  return limits;
}

Value requantized(Fold& g, Value x, const std::vector<double>& factors, int64_t zero,
                  const Limits& limits, DType to, std::string_view rounding) {
  std::vector<int32_t> fractions;
  std::vector<int32_t> shifts;
  for (const auto factor : factors) {
    const auto multiplier = multiplier_of(factor);
    fractions.push_back(multiplier.fraction);
    shifts.push_back(multiplier.shift);
  }
  const auto size = static_cast<int64_t>(factors.size());
  return g.call("requantize",
                {x, g.constant(Tensor::of<int32_t>({size}, fractions)),
                 g.constant(Tensor::of<int32_t>({size}, shifts))},
                {{"zero", zero},
                 {"low", limits.low},
                 {"high", limits.high},
                 {"rounding", std::string(rounding)},
                 {"to", std::string(print(to))}});
}

Value centred(Fold& g, Value x, int64_t zero) {
  const auto wide = g.cast(x, DType::i32);
  if (zero == 0) return wide;
  return g.call("sub",
                {wide, g.constant(Tensor::filled(DType::i32, {}, static_cast<double>(zero)))});
}

Value tabulated(Fold& g, Value x, DType to, const std::function<int64_t(int64_t)>& body) {
  const auto from = limits_of(g.type(x).dtype);
  const auto limits = limits_of(to);
  Tensor table(to, {256});
  for (int64_t i = 0; i < 256; ++i)
    table.set_integer(i, std::clamp(body(from.low + i), limits.low, limits.high));
  return g.call("lookup", {x, g.constant(std::move(table))});
}

Value tabulated_real(Fold& g, Value x, const Scale& from, const Scale& scale,
                     const std::function<float(float)>& body) {
  const float inverse = 1 / scale.scale;
  return tabulated(g, x, g.type(x).dtype, [&](int64_t stored) {
    const float real = from.scale * static_cast<float>(stored - from.zero);
    const float steps = std::round(body(real) * inverse);
    if (std::isnan(steps)) return scale.zero;
    return static_cast<int64_t>(std::clamp(steps, -1e6F, 1e6F)) + scale.zero;
  });
}

}  // namespace turnstone::tflite
