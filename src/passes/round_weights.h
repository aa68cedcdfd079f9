// Weights in fewer bits, so that what they compute changes least.
#pragma once

#include "tensor/tensor.h"

namespace turnstone {

// Whether the elements of weights that make one output are rows, as a convolution has them
// ([outputs, rows, columns, channels]), or columns, as a matrix product has ([..., inputs,
// outputs]).
enum class WeightOrder { rows, columns };

// f32 weights as `type`, f16 or bf16, each as one of its two neighbours there. Most are rounded to
// the nearest; some the other way, where errors of one output would add up: inputs of a layer are
// seldom around 0, and those of one channel within a window are alike, so that errors of one sign
// shift whole outputs. What is made least is the error expected of inputs whose mean is their
// deviation (after Guo et al., SQuant: On-the-Fly Data-Free Quantization, ICLR 2022). Numbers that
// the type holds stay as they are. Elements must be finite and within the range of the type; `wide`
// has 2 extents or more, 4 in rows.
Tensor round_weights(const Tensor& wide, DType type, WeightOrder order);

}  // namespace turnstone
