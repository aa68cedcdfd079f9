#include <algorithm>

#include "passes/gathers.h"

namespace turnstone {
namespace {

// A gather of channels in another order than they have.
std::optional<KnownGather> mixed_channels(const Graph& graph, Value value) {
  auto known = known_gather(graph, value);
  const auto rank = static_cast<int64_t>(graph.shape(value).size());
  if (!known || known->axis != rank - 1 || known->is_sorted()) return {};
  return known;
}

// The same pieces in rising order; x itself when they are all.
Value sorted(Graph& graph, const KnownGather& known) {
  auto indices = known.indices;
  std::ranges::sort(indices);
  if (known.is_permutation()) return known.x;
  return gather(graph, known.x, known.axis, indices);
}

// Where each index of a permutation stands.
std::vector<int64_t> inverse(const std::vector<int64_t>& indices) { return order_of(indices); }

// A weighted sum over channels takes them in any order.
std::optional<Value> into_weights(Graph& graph, const Made& made) {
  const auto known = mixed_channels(graph, made.in[0]);
  const auto* weights = graph.constant_of(made.in[1]);
  if (!known || !weights) return {};
  const bool conv = made.op() == "conv";
  if (conv ? made.i("groups") != 1 : weights->shape().size() != 2) return {};
  const auto order = order_of(known->indices);
  auto moved = gathered(*weights, conv ? 3 : 0, order);
  return graph.call(std::string(made.op()),
                    {sorted(graph, *known), graph.constant(std::move(moved))}, made.call.attrs);
}

// What happens to each channel apart happens as well before they change places.
std::optional<Value> past_depthwise(Graph& graph, const Made& made) {
  const auto known = mixed_channels(graph, made.in[0]);
  const auto* weights = graph.constant_of(made.in[1]);
  if (!known || !weights || !known->is_permutation()) return {};
  const auto channels = graph.shape(made.in[0]).back();
  if (made.i("groups") != channels || weights->shape()[0] != channels) return {};
  auto moved = gathered(*weights, 0, inverse(known->indices));
  const auto y = graph.call("conv", {known->x, graph.constant(std::move(moved))}, made.call.attrs);
  return gather(graph, y, known->axis, known->indices);
}

// An operand of an elementwise call as it stands before the channels change places.
std::optional<Value> unmixed(Graph& graph, Value operand, const KnownGather& known) {
  const auto other = known_gather(graph, operand);
  if (other && other->indices == known.indices && other->n == known.n &&
      graph.shape(operand).size() == graph.shape(known.x).size() && other->axis == known.axis)
    return other->x;
  const auto& shape = graph.shape(operand);
  if (shape.empty() || shape.back() == 1) return operand;
  const auto* constant = graph.constant_of(operand);
  if (!constant || shape.size() > graph.shape(known.x).size()) return {};
  return graph.constant(
      gathered(*constant, static_cast<int64_t>(shape.size()) - 1, inverse(known.indices)));
}

std::optional<Value> past_elements(Graph& graph, const Made& made) {
  std::optional<KnownGather> known;
  for (const auto value : made.in)
    if (!known && graph.shape(value) == made.call.out[0].shape)
      known = mixed_channels(graph, value);
  if (!known || !known->is_permutation()) return {};
  std::vector<Value> in;
  for (const auto value : std::vector<Value>(made.in)) {
    const auto operand = unmixed(graph, value, *known);
    if (!operand) return {};
    in.push_back(*operand);
  }
  const auto y = graph.call(std::string(made.op()), in, made.call.attrs);
  return gather(graph, y, known->axis, known->indices);
}

// Parts in rising order, and then all of them in the order that was asked for.
std::optional<Value> past_concat(Graph& graph, const Made& made) {
  const auto rank = made.call.out[0].rank();
  if (*normal_axis(made.i("axis"), rank) != rank - 1) return {};
  std::vector<Value> parts;
  std::vector<int64_t> indices;
  bool any = false;
  int64_t at = 0;
  for (const auto value : std::vector<Value>(made.in)) {
    const auto channels = graph.shape(value).back();
    const auto known = mixed_channels(graph, value);
    any = any || known;
    parts.push_back(known ? sorted(graph, *known) : value);
    const auto places = known ? inverse(order_of(known->indices)) : std::vector<int64_t>();
    for (int64_t i = 0; i < channels; ++i)
      indices.push_back(at + (known ? places[static_cast<size_t>(i)] : i));
    at += channels;
  }
  if (!any) return {};
  const auto all = graph.call("concat", parts, made.call.attrs);
  return gather(graph, all, rank - 1, indices);
}

}  // namespace

// gather(x) of channels in another order -> rising order, the rest taken by the weights of what
// reads it: conv(gather(x), w) -> conv(gather'(x), w'), the same for matmul; and moved behind
// depthwise convolutions, elementwise calls and concatenations until such weights come
std::optional<Value> sort_gathers(Draft& graph, Value, const Made& made) {
  const auto op = made.op();
  if (op == "conv") {
    if (const auto moved = into_weights(graph, made)) return moved;
    return past_depthwise(graph, made);
  }
  if (op == "matmul") return into_weights(graph, made);
  if (op == "concat") return past_concat(graph, made);
  if (made.call.op->elementwise) return past_elements(graph, made);
  return {};
}

}  // namespace turnstone
