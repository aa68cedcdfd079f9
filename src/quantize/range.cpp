#include "quantize/range.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace turnstone::int8 {
namespace {

constexpr double most_steps = 255;     // between the ends of u8
constexpr double least_width = 1e-20;  // of a range, so that scales stay normal numbers
constexpr int64_t one_in = 100'000;    // percentile: elements that may be cut off at an end
constexpr int search_steps = 64;       // mse: places tried for an end
constexpr int search_rounds = 2;       // mse: rounds over both ends

// Bins that hold something: where they lie, and how much they weigh.
struct Weight {
  double at, count;
};

std::vector<Weight> weights_of(const Histogram& histogram) {
  std::vector<Weight> weights;
  const auto bins = histogram.bins();
  for (size_t i = 0; i < bins.size(); ++i)
    if (bins[i] > 0)
      weights.push_back({std::clamp(histogram.centre(i), histogram.low(), histogram.high()),
                         static_cast<double>(bins[i])});
  return weights;
}

// Squared error of all elements: those outside lie at an end, those inside are rounded evenly.
double error_of(const std::vector<Weight>& weights, const Range& range) {
  const auto step = (range.high - range.low) / most_steps;
  double error = 0;
  for (const auto& [at, count] : weights) {
    const auto beyond = std::max({at - range.high, range.low - at, 0.0});
    error += count * (beyond > 0 ? beyond * beyond : step * step / 12);
  }
  return error;
}

Range least_error(const std::vector<Weight>& weights, const Range& whole) {
  Range best = whole;
  auto least = error_of(weights, best);
  const auto consider = [&](const Range& range) {
    const auto error = error_of(weights, range);
    if (error >= least) return;
    least = error;
    best = range;
  };
  for (int round = 0; round < search_rounds; ++round) {
    for (int i = 1; i <= search_steps; ++i)
      consider({best.low, whole.high * static_cast<double>(i) / search_steps});
    for (int i = 1; whole.low < 0 && i <= search_steps; ++i)
      consider({whole.low * static_cast<double>(i) / search_steps, best.high});
  }
  return best;
}

// The ends without so many elements beyond each.
Range without_tails(const std::vector<Weight>& weights, double most, const Range& whole) {
  Range range = whole;
  double beyond = 0;
  for (const auto& [at, count] : weights) {
    beyond += count;
    if (beyond <= most) continue;
    range.low = std::min(at, 0.0);
    break;
  }
  beyond = 0;
  for (auto i = weights.size(); i-- > 0;) {
    beyond += weights[i].count;
    if (beyond <= most) continue;
    range.high = std::max(weights[i].at, 0.0);
    break;
  }
  return range;
}

}  // namespace

Result<RangeMethod> parse_range_method(std::string_view text) {
  for (const auto method : {RangeMethod::minmax, RangeMethod::percentile, RangeMethod::mse})
    if (text == word_of(method)) return method;
  return fail(Code::invalid, "'{}' is wrong, legal are minmax, percentile, mse", text);
}

std::string_view word_of(RangeMethod method) {
  static constexpr std::string_view names[] = {"minmax", "percentile", "mse"};
  return names[static_cast<size_t>(method)];
}

Range choose_range(const Histogram& histogram, RangeMethod method) {
  const Range whole = {std::min(histogram.low(), 0.0), std::max(histogram.high(), 0.0)};
  if (method == RangeMethod::minmax) return whole;
  const auto weights = weights_of(histogram);
  if (method == RangeMethod::mse) return least_error(weights, whole);
  const int64_t most = histogram.count() / one_in;
  return most > 0 ? without_tails(weights, static_cast<double>(most), whole) : whole;
}

Range both(const Range& a, const Range& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

Quantisation quantisation_of(const Range& range) {
  const auto low = std::min(range.low, 0.0);
  const auto high = std::max(range.high, low + least_width);
  const double scale = static_cast<float>((high - low) / most_steps);
  return {scale, static_cast<int64_t>(std::clamp(std::round(-low / scale), 0.0, most_steps))};
}

}  // namespace turnstone::int8
