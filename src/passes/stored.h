// Helpers for passes: real numbers that are stored as integers, real = scale * (stored - zero).
#pragma once

#include <optional>

#include "ops/rescale.h"
#include "passes/pass.h"

namespace turnstone {

// A value of reals as bytes, all with one scale.
struct Stored {
  Value value;  // i8 or u8, of the shape of the reals
  float scale = 1;
  int64_t zero = 0;
};

// The bytes behind `value`: what a dequantize reads, also where calls that only move elements stand
// between; those are then made of bytes.
std::optional<Stored> stored_of(Draft& graph, Value value);

// Constant weights of integers, with one scale, or one for each index of `axis`, and one zero.
struct StoredWeights {
  Value value;  // i8 or u8
  Tensor scale;
  int64_t axis = 0;
  int64_t zero = 0;
};
std::optional<StoredWeights> stored_weights_of(Draft& graph, Value value);

// How a quantize with halves to even stores reals of f32. Nothing for others, and for types that
// rescale does not make.
struct Storing {
  Value reals;  // what is stored, before the clamp that `limits` have taken in
  DType type = DType::i8;
  float scale = 1;
  int64_t zero = 0;
  IntegerRange limits = {};

  // The attributes zero, low, high and to, which rescale and its kin share.
  Attributes attributes() const;
};
std::optional<Storing> storing_of(const Draft& graph, const Made& made);

}  // namespace turnstone
