#include "quantize/rounded.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace turnstone::int8 {
namespace {

// Elements from one index of the axis to the next.
int64_t inner_of(const Shape& shape, size_t axis) {
  int64_t inner = 1;
  for (size_t d = axis + 1; d < shape.size(); ++d) inner *= shape[d];
  return inner;
}

Tensor reals_of(const Tensor& integers, const Tensor& scales, int64_t inner) {
  Tensor reals(DType::f32, integers.shape());
  for (int64_t i = 0; i < integers.size(); ++i)
    reals.set_real(
        i, static_cast<double>(integers.integer_at(i)) * scales.real_at(i / inner % scales.size()));
  return reals;
}

}  // namespace

Rounded round_weights(const Tensor& weights, size_t axis, bool small_pairs,
                      std::span<const double> least) {
  constexpr double most = 127;
  const auto channels = weights.shape()[axis];
  const auto inner = inner_of(weights.shape(), axis);
  const auto from = weights.as<float>();
  const auto channel_of = [&](size_t i) {
    return static_cast<size_t>(static_cast<int64_t>(i) / inner % channels);
  };
  // Of each channel, what `most` has to hold; and its last weight so far.
  std::vector<double> largest(static_cast<size_t>(channels), 0);
  std::vector<double> last(static_cast<size_t>(channels), 0);
  for (size_t i = 0; i < from.size(); ++i) {
    const double weight = from[i];
    auto& before = last[channel_of(i)];
    const bool adds_up = small_pairs && (weight > 0) == (before > 0);
    auto& size = largest[channel_of(i)];
    size = std::max(size, std::fabs(weight) + (adds_up ? std::fabs(before) : 0));
    before = weight;
  }
  Rounded rounded{Tensor(DType::i8, weights.shape()), Tensor(DType::f32, {channels}), Tensor()};
  const auto scales = rounded.scales.mutable_as<float>();
  for (size_t c = 0; c < scales.size(); ++c)
    scales[c] = static_cast<float>(std::max(largest[c] / most, least[c]));
  const auto to = rounded.integers.mutable_as<int8_t>();
  for (size_t i = 0; i < from.size(); ++i)
    to[i] = static_cast<int8_t>(
        std::clamp(std::nearbyint(double{from[i]} / double{scales[channel_of(i)]}), -most, most));
  rounded.reals = reals_of(rounded.integers, rounded.scales, inner);
  return rounded;
}

Rounded round_bias(const Tensor& bias, const Tensor& scales) {
  constexpr double most = std::numeric_limits<int32_t>::max();
  Rounded rounded{Tensor(DType::i32, bias.shape()), scales, Tensor()};
  for (int64_t i = 0; i < bias.size(); ++i)
    rounded.integers.set_integer(
        i, static_cast<int64_t>(
               std::clamp(std::nearbyint(bias.real_at(i) / scales.real_at(i)), -most, most)));
  rounded.reals = reals_of(rounded.integers, scales, 1);
  return rounded;
}

}  // namespace turnstone::int8
