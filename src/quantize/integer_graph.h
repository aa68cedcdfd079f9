// Graphs whose chosen layers compute with what integers of 8 bits can hold.
#pragma once

#include "quantize/scheme.h"

namespace turnstone::int8 {

// How a graph says that a value is held in integers.
enum class Form {
  integers,   // calls of quantize and dequantize: what is written to a file
  simulated,  // the same numbers by divisions and rounding of reals, which run fast everywhere
};

// The graph with its inputs and outputs, which stay reals; chosen layers, and what they read, in
// integers. `layers` and `scheme` are those of the graph.
Graph make_integer_graph(const Graph& graph, const std::vector<Layer>& layers, const Scheme& scheme,
                         const Chosen& chosen, Form form);

// x as integers can hold it: a pair of calls in the form.
Value held(Graph& graph, Value x, const Quantisation& quantisation, Form form);

}  // namespace turnstone::int8
