// Integers that stand for real numbers, real = scale * (stored - zero), in f32: the meaning of
// kernels/rescale, one number at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

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

// The result of a rescaled_add before it is rounded and limited, by two multiply-adds: of integers
// a and b, as f32, from which `taken_off` was taken before. Absent unless it becomes the same
// integer for all a and b.
struct JoinedSum {
  float a_factor = 0, b_factor = 0, added = 0;
  float of(float a, float b) const { return std::fma(a, a_factor, std::fma(b, b_factor, added)); }
};
std::optional<JoinedSum> joined_sum(const Call& call, std::array<int64_t, 2> taken_off);

// C text of it, which needs the template rescale, for vectors of f32.
std::string c_joined_sum(const JoinedSum& sum, std::string_view a, std::string_view b);

}  // namespace turnstone
