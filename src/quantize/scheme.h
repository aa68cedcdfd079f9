// How a graph is quantised: what the calibration found, and what was chosen from it.
#pragma once

#include <map>
#include <vector>

#include "quantize/layer.h"
#include "quantize/range.h"
#include "quantize/rounded.h"

namespace turnstone::int8 {

// The constants of a layer that computes in integers.
struct LayerConstants {
  Rounded weights;
  Tensor bias;  // f32 [channel], corrected where that was wanted
};

struct Scheme {
  std::map<Value, Quantisation> values;  // u8, of every value that may be held in integers
  std::vector<LayerConstants> layers;    // one for each layer
};

// A scheme with the given ranges, which are those of stored_values of all layers. Biases are those
// of the graph.
Scheme make_scheme(const Graph& graph, const std::vector<Layer>& layers,
                   const std::map<Value, Range>& ranges, bool small_pairs);

// The bias of layer `i` as integers: its scales are those of the products that it is added to.
Rounded integer_bias(const Scheme& scheme, const Layer& layer, size_t i);

}  // namespace turnstone::int8
