// What convolutions and matrix products read, as rows that their weights are multiplied with.
#pragma once

#include <map>
#include <vector>

#include "ir/graph.h"

namespace turnstone {

// What values of a graph were in some runs: of each one, its tensors.
using Observed = std::map<Value, std::vector<Tensor>>;

// What the weights of one output of a product are multiplied with, over many positions.
struct ProductInputs {
  Tensor rows;               // f32 [positions, weights], some of the positions
  std::vector<double> mean;  // of each weight's input, over all positions
};

// Of each group of outputs of a call of conv, or of a matmul with one constant matrix, in the order
// of the weights of one output. `inputs`: f32 tensors that the call read. Rows are of positions
// that are spread evenly over all of them, at most `most` in all, but one of each. Nothing where
// there are no inputs, or several matrices.
std::vector<ProductInputs> product_inputs(const Made& made, const std::vector<Tensor>& inputs,
                                          int64_t most);

}  // namespace turnstone
