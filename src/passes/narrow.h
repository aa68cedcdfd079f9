// Graphs of fewer bits, by choice: the rewritten graph says what is rounded, and where. Both take
// graphs that were optimised; what they make must not be, since passes fold constants back.
#pragma once

#include <set>

#include "passes/product_inputs.h"

namespace turnstone {

// What products with constant weights read: values that are worth observing before weights are
// rounded.
std::set<Value> inputs_of_products(const Graph& graph);

// The graph whose constant weights of convolutions and matrix products, and constant tables that
// gathers read rows of, are stored as `type`, f16 or bf16: tables rounded to the nearest, halves to
// even, weights as round_weights has it; where their inputs were observed, by those, and what
// rounding changes in the mean is added behind. Depthwise convolutions keep f32: theirs are few,
// and rounding them costs most, since nine inputs that are alike average no errors out. All
// arithmetic stays f32, all other values stay as they are. Errors: invalid, when a weight is not a
// finite number of the type.
Result<Graph> with_narrow_weights(const Graph& graph, DType type, const Observed& observed = {});

// The graph whose convolutions and matrix products of reals multiply bf16, weights (as above) and
// inputs rounded to it, and sum in f32; and whose values between layers are bf16: what a
// convolution, a product or an elementwise call makes, where a product reads it, where it is moved,
// or where several calls read it that are not all elementwise. Whatever else computes, depthwise
// convolutions too, does it in f32, from what bf16 holds. Convolutions of windows of fewer than 16
// channels of a picture, with no layer before it, read f32 too: its levels do not fit into bf16.
// What one product of single positions alone reads is rounded as its difference from its mean where
// observations were mostly mean: the sums then get what the weights, before rounding, make of the
// mean.
// Inputs and outputs keep their types, and outputs are not rounded. Errors: invalid, when a weight
// is not a finite number of bf16.
Result<Graph> with_narrow_math(const Graph& graph, const Observed& observed = {});

}  // namespace turnstone
