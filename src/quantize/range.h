// Which real numbers the integers of a value are to stand for.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "quantize/histogram.h"
#include "tensor/quantisation.h"

namespace turnstone::int8 {

// Real numbers from `low` to `high`; holds 0.
struct Range {
  double low = 0;
  double high = 0;
  bool operator==(const Range&) const = default;
};

// How a range is chosen: all that occurred; without the farthest elements, one in 100,000 at either
// end; or so that the mean squared error of what is cut off and what is rounded is least.
enum class RangeMethod { minmax, percentile, mse };

// "minmax", "percentile", "mse". Errors: invalid, with the legal words.
Result<RangeMethod> parse_range_method(std::string_view text);
std::string_view word_of(RangeMethod method);

// The range of what was counted; {0, 0} when that is nothing, or only zeros.
Range choose_range(const Histogram& histogram, RangeMethod method);

// The least range that holds both.
Range both(const Range& a, const Range& b);

// Scale and zero of u8 for a range. The scale is a positive f32, of an empty range too.
Quantisation quantisation_of(const Range& range);

}  // namespace turnstone::int8
