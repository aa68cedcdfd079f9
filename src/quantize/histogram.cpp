#include "quantize/histogram.h"

#include <algorithm>
#include <cmath>

namespace turnstone::int8 {
namespace {

constexpr int middle = 4096;  // bins on either side of zero
constexpr size_t bin_count = 2 * middle;

}  // namespace

bool Histogram::add(std::span<const float> elements) {
  if (elements.empty()) return true;
  float low = elements[0], high = elements[0];
  float sum = 0;  // of zeros, or no number
  for (const auto x : elements) {
    low = std::min(low, x);
    high = std::max(high, x);
    sum += x * 0.0f;
  }
  if (sum != 0) return false;
  low_ = count_ ? std::min<double>(low_, low) : low;
  high_ = count_ ? std::max<double>(high_, high) : high;
  count_ += static_cast<int64_t>(elements.size());
  reach(std::max(std::fabs(low), std::fabs(high)));
  const auto scale = static_cast<float>(middle / limit_);
  int64_t zeros = 0;
  for (const auto x : elements) {
    const auto at = static_cast<int>(std::floor(x * scale)) + middle;
    ++bins_[static_cast<size_t>(std::clamp(at, 0, 2 * middle - 1))];
    zeros += x == 0;
  }
  bins_[middle] -= zeros;
  zeros_ += zeros;
  return true;
}

double Histogram::width() const { return limit_ / middle; }

double Histogram::centre(size_t i) const {
  return (static_cast<double>(i) - middle + 0.5) * width();
}

// Two bins become one each time the covered range doubles.
void Histogram::reach(double size) {
  if (bins_.empty()) {
    bins_.assign(bin_count, 0);
    limit_ = std::max(std::exp2(std::ceil(std::log2(std::max(size, 1e-30)))), 1e-30);
  }
  for (; size > limit_; limit_ *= 2) {
    std::vector<int64_t> wider(bin_count, 0);
    for (size_t i = 0; i < bin_count; ++i) wider[middle / 2 + i / 2] += bins_[i];
    bins_ = std::move(wider);
  }
}

}  // namespace turnstone::int8
