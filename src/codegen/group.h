// Groups: what is computed at once. A group is a call that does the main work (the anchor) and the
// elementwise calls behind it that are applied to each piece of the result before it is stored.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace turnstone {

struct Group {
  const Made* anchor = nullptr;       // the first call
  std::vector<const Made*> epilogue;  // in order; every one but the last is read only here
  std::vector<Value> inputs;          // values of other groups, inputs and constants; no repeats
  std::vector<Value> outputs;         // what others read; several only when there is no epilogue
  bool is_view = false;               // the output is the input's memory under another shape

  Value result() const { return outputs.front(); }
  // The anchor and the epilogue, in order.
  std::vector<const Made*> calls() const;
};

// What kind of kernel computes a call; every target has one for each kind. Only those and
// elementwise calls take an epilogue.
enum class Work {
  portable,   // the operator's own code
  elements,   // elementwise
  matrix,     // dense convolution or matrix product
  depthwise,  // depthwise convolution
};
Work work_of(const Graph& graph, const Made& made);

// The form of a call on vectors of f32, or of f32 and integers; null when it has none.
const Elementwise* vector_form_of(const Call& call);

// Whether all calls of a group have such a form.
bool has_vector_forms(const Group& group);

// Cuts the live calls of a graph into groups, in an order in which operands come first.
std::vector<Group> make_groups(const Graph& graph);

// The groups that read each value, by its number. An output of the graph is read by one that is not
// there, groups.size(), which wants all of it.
std::vector<std::vector<size_t>> readers_of(const Graph& graph, const std::vector<Group>& groups);

// How an operand of the epilogue lies beside the result [pixels, channels] of a group.
enum class Beside {
  whole,    // the same shape
  channel,  // one element for each channel
  pixel,    // one element for each pixel
  scalar,   // one element
  other,    // none of these
};
Beside beside(const Shape& operand, const Shape& result);

}  // namespace turnstone
