// The fixed-point arithmetic of TFLite's quantised models, one number at a time: the meaning of
// kernels/requantize, which does it for vectors.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace turnstone {

// The upper half of 2 * a * b, rounded to nearest, halves up; -2^31 times itself gives 2^31 - 1.
inline int32_t high_product(int32_t a, int32_t b) {
  constexpr auto least = std::numeric_limits<int32_t>::min();
  if (a == least && b == least) return std::numeric_limits<int32_t>::max();
  return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 30)) >> 31);
}

// x / 2^right, rounded to nearest, halves away from zero. right is 0..31.
inline int32_t shift_rounding(int32_t x, int right) {
  const auto mask = static_cast<int32_t>((int64_t{1} << right) - 1);
  return (x >> right) + ((x & mask) > (mask >> 1) + (x < 0));
}

// x * multiplier * 2^(shift - 31), rounded twice. shift is -31..31; what a positive one pushes out
// of 32 bits is lost.
inline int32_t scaled(int32_t x, int32_t multiplier, int shift) {
  const auto left = static_cast<uint32_t>(x) << std::max(shift, 0);
  return shift_rounding(high_product(static_cast<int32_t>(left), multiplier), std::max(-shift, 0));
}

// x * multiplier * 2^(shift - 31), rounded once: to nearest, halves up. shift is -31..30; what does
// not fit 32 bits is lost.
inline int32_t scaled_once(int32_t x, int32_t multiplier, int shift) {
  const auto sum = int64_t{x} * multiplier + (int64_t{1} << (30 - shift));
  return static_cast<int32_t>(sum >> (31 - shift));
}

// The function of kernels/requantize for a way to round, "twice" or "once".
inline std::string_view requantize_function(std::string_view rounding) {
  return rounding == "once" ? "v_requantize_once" : "v_requantize";
}

// `scaled` as a C expression of type int32_t; `x` is an expression that is evaluated once, the
// multiplier is not -2^31.
inline std::string c_scaled(std::string_view x, int64_t multiplier, int64_t shift) {
  const auto left = std::max<int64_t>(shift, 0);
  const auto right = std::max<int64_t>(-shift, 0);
  auto high =
      fmt::format("(int32_t)(((int64_t)(int32_t)((uint32_t)({}) << {}) * {} + (1LL << 30)) >> 31)",
                  x, left, multiplier);
  if (right == 0) return high;
  const auto mask = (int64_t{1} << right) - 1;
  return fmt::format(
      "__extension__({{ const int32_t high = {0}; (high >> {1}) + ((high & {2}) > {3} + (high < "
      "0)); }})",
      high, right, mask, mask >> 1);
}

}  // namespace turnstone
