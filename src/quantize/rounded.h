// Constants as integers with a scale for each channel.
#pragma once

#include <span>

#include "tensor/tensor.h"

namespace turnstone::int8 {

// Integers, and the real numbers that they stand for: those times the scale of their channel.
struct Rounded {
  Tensor integers;
  Tensor scales;  // f32 [channel]
  Tensor reals;   // f32, of the shape of the integers
};

// Weights as i8 in [-most, most], `most` being 127 or, with `reduced`, 63. Channels lie along
// `axis`; the scale of each is the least that holds its largest weight, and at least `least`.
Rounded round_weights(const Tensor& weights, size_t axis, bool reduced,
                      std::span<const double> least);

// A bias as i32 of given scales, one for each element.
Rounded round_bias(const Tensor& bias, const Tensor& scales);

}  // namespace turnstone::int8
