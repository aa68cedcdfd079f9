// Weights in fewer bits, so that what they compute changes least.
#pragma once

#include <span>

#include "passes/product_inputs.h"

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

// As above, for inputs that are known, those of each group of outputs: what is made least is the
// mean square of what outputs are off by on them, about its mean, which whoever rounds adds to the
// bias (mean_change). Weights are rounded one after the other, each to what is nearest to taking
// back the errors of those before it, but at most two steps from its own nearest (LDLQ; Chee et
// al., QuIP: 2-Bit Quantization of Large Language Models With Guarantees, NeurIPS 2023, section 3),
// runs of 512 inputs each on their own. Of columns, there is one matrix.
Tensor round_weights(const Tensor& wide, DType type, WeightOrder order,
                     std::span<const ProductInputs> inputs);

// What outputs of `wide` are above those of `narrow` in the mean of `inputs`, which are as above:
// f32 [outputs]. Where inputs are taken from their mean (`is_centred`), of `narrow` nothing is: the
// mean of their outputs is that of its inputs, 0.
Tensor mean_change(const Tensor& wide, const Tensor& narrow, WeightOrder order,
                   std::span<const ProductInputs> inputs, bool is_centred);

}  // namespace turnstone
