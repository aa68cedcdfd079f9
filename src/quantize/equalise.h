// Cross-layer equalisation (Nagel et al. 2019): channels between two convolutions are scaled so
// that the weights that make them and those that read them are of like size. The graph computes the
// same.
#pragma once

#include "quantize/layer.h"

namespace turnstone::int8 {

// Two layers, by index: only the second reads what the first gives, with nothing between them or
// a limit at zero, which lets positive factors through.
struct LayerPair {
  size_t first, second;
};
std::vector<LayerPair> find_pairs(const Graph& graph, const std::vector<Layer>& layers);

// The graph with the channels of all pairs equalised. `layers` are those of the graph.
Graph equalise(const Graph& graph, const std::vector<Layer>& layers);

}  // namespace turnstone::int8
