// The calls of a graph that can compute in integers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace turnstone::int8 {

// A convolution, or a product with a matrix, whose weights are known, and the bias behind it.
struct Layer {
  std::string name;            // "conv 3x3, 32 to 64, [1,112,112,64]", behind its number from 1
  const Made* made = nullptr;  // of the graph
  const Made* bias = nullptr;  // the call of `add` that alone reads the result
  Value weights;               // constant f32
  size_t axis = 0;             // dimension of the weights that counts the result's channels
  int64_t channels = 0;

  Value input() const { return made->in[0]; }
  Value linear() const { return bias->out[0]; }  // before an activation
  Value bias_operand() const { return bias->in[0] == made->out[0] ? bias->in[1] : bias->in[0]; }
};

// The graph with an `add` of a constant f32 [channel] behind each call that can be a layer: its own
// bias where it has one, else zeros.
Graph with_biases(const Graph& graph);

// The layers of what with_biases returned, in order. They refer to the graph.
std::vector<Layer> find_layers(const Graph& graph);

// Which layers compute in integers; as many as there are layers.
using Chosen = std::vector<char>;

// The values that are held in integers: what chosen layers read, and, behind calls that integers
// can pass through (sums, poolings, moves), what those read.
std::set<Value> stored_values(const Graph& graph, const std::vector<Layer>& layers,
                              const Chosen& chosen);

// Of each of the values, one that stands for all that have to share its scale: calls that move
// elements only do not change them.
std::map<Value, Value> shared_scales(const Graph& graph, const std::set<Value>& values);

}  // namespace turnstone::int8
