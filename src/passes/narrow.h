// Graphs of fewer bits, by choice: the rewritten graph says what is rounded, and where. Both take
// graphs that were optimised; what they make must not be, since passes fold constants back.
#pragma once

#include "ir/graph.h"

namespace turnstone {

// The graph whose constant weights of convolutions and matrix products, and constant tables that
// gathers read rows of, are stored as `type`, f16 or bf16: weights as round_weights has it, tables
// rounded to the nearest, halves to even. Depthwise convolutions keep f32: theirs are few, and
// rounding them costs most, since nine inputs that are alike average no errors out. All arithmetic
// stays f32, all other values stay as they are. Errors: invalid, when a weight is not a finite
// number of the type.
Result<Graph> with_narrow_weights(const Graph& graph, DType type);

// The graph whose convolutions and matrix products of reals multiply bf16, weights (by
// round_weights) and inputs rounded to it, and sum in f32; and whose values between layers are
// bf16: what a convolution, a product or an elementwise call makes, where a product reads it, where
// it is moved, or where several calls read it that are not all elementwise. Whatever else computes,
// depthwise convolutions too, does it in f32, from what bf16 holds.
// Inputs and outputs keep their types, and outputs are not rounded. Errors: invalid, when a weight
// is not a finite number of bf16.
Result<Graph> with_narrow_math(const Graph& graph);

}  // namespace turnstone
