// Integers that stand for real numbers, real = scale * (stored - zero), in f32: the meaning of
// kernels/rescale, one number at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ir/op.h"

namespace turnstone {

// The least and the largest integer of a type of up to 32 bits.
struct IntegerRange {
  int64_t low = 0, high = 0;
  bool contains(int64_t value) const { return low <= value && value <= high; }
};
inline IntegerRange range_of(DType type) {
  const auto bits = size_of(type) * 8 - (is_signed(type) ? 1 : 0);
  const auto high = (int64_t{1} << bits) - 1;
  return {is_signed(type) ? -high - 1 : 0, high};
}

// `steps` rounded to nearest, halves to even, + zero, limited to `limits`. A NaN becomes the least.
inline int64_t stored_steps(float steps, int64_t zero, IntegerRange limits) {
  const auto least = static_cast<float>(limits.low - zero);
  const auto most = static_cast<float>(limits.high - zero);
  const float kept = steps > least ? std::min(steps, most) : least;
  return static_cast<int64_t>(std::nearbyint(kept)) + zero;
}

// The real number that an integer of up to 16 bits stands for.
inline float real_of(int64_t stored, int64_t zero, float scale) {
  return static_cast<float>(stored - zero) * scale;
}

// The type that the attribute `to` names. Errors: invalid unless it is of i8, u8, i16.
Result<DType> rescaled_type(const Call& call);

// Errors: invalid unless [low, high] is a range of `type` and zero one of its integers.
Result<> check_limits(const Call& call, DType type);

// Errors: invalid unless the attribute is a positive f32.
Result<> check_scale(const Call& call, std::string_view name);

// C text of arguments: ", zero, low, high" of a call.
std::string c_limits(const Call& call);

}  // namespace turnstone
