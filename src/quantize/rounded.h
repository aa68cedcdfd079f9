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

// Weights as i8 in [-127, 127]. Channels lie along `axis`; the scale of each is the least that
// holds its largest weight, and at least `least`. With `small_pairs` two weights of one sign that
// follow one another in a channel sum up to at most 128 as well: 128 * 255 fits 16 bits.
Rounded round_weights(const Tensor& weights, size_t axis, bool small_pairs,
                      std::span<const double> least);

// A bias as i32 of given scales, one for each element.
Rounded round_bias(const Tensor& bias, const Tensor& scales);

}  // namespace turnstone::int8
