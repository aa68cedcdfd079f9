// Ways to requantize in fewer steps than the definition has, where they give the same integers.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "ir/op.h"

namespace turnstone {

// A result of requantize by one multiply-add of f32, before it is limited: the integer nearest to
// sum * factor + above, or + below where the sum is negative; halves to even.
struct JoinedProduct {
  float factor = 0, above = 0, below = 0;
  bool ignores_sign() const { return above == below; }
  int64_t of(int32_t sum) const {
    return static_cast<int64_t>(
        std::nearbyint(std::fma(static_cast<float>(sum), factor, sum < 0 ? below : above)));
  }
};

// For one channel's multiplier and shift. Absent unless, limited as the call says, it is the call's
// result for every sum of 32 bits. Ignores the sign where it can.
std::optional<JoinedProduct> joined_product(const Call& call, int32_t multiplier, int32_t shift);

// A result of requantize by one multiplication of 64 bits, before it is limited:
// (sum * multiplier + added) >> (32 + shift), with 2^31 less added where the sum is negative, if
// the call depends on that.
struct FoldedProduct {
  int32_t multiplier = 0;
  int64_t added = 0;
  int32_t shift = 0;
  // Whether negative sums reach results that the limits of the call do not cut off.
  static bool depends_on_sign(const Call& call);
  int64_t of(int32_t sum, bool by_sign) const {
    const auto less = by_sign && sum < 0 ? int64_t{1} << 31 : 0;
    return (int64_t{sum} * multiplier + added - less) >> (32 + shift);
  }
};

// For one channel's multiplier and shift, with `zero` added to the result. Absent where that does
// not fit.
std::optional<FoldedProduct> folded_product(const Call& call, int32_t multiplier, int32_t shift,
                                            int64_t zero);

}  // namespace turnstone
