#include <algorithm>

#include "passes/pass.h"

namespace turnstone {
namespace {

using Axes = std::vector<int64_t>;

Axes inverse(const Axes& axes) {
  Axes result(axes.size());
  for (size_t i = 0; i < axes.size(); ++i)
    result[static_cast<size_t>(axes[i])] = static_cast<int64_t>(i);
  return result;
}

// list[i] is for dimension i behind the transpose; the result is for those before it.
Axes before(const Axes& list, const Axes& axes) {
  Axes result(list.size());
  for (size_t i = 0; i < axes.size(); ++i) result[static_cast<size_t>(axes[i])] = list[i];
  return result;
}

// The first operand's transpose whose dimensions are those of the result.
const Made* transposed_operand(const Graph& graph, const Made& made) {
  for (const auto value : made.in) {
    const auto* inner = graph.made_by(value, "transpose");
    if (inner && graph.shape(value).size() == made.call.out[0].shape.size()) return inner;
  }
  return nullptr;
}

// `value` as it would stand before a transpose by `axes`, when that costs nothing. Without
// `may_turn` no transpose is made for it.
std::optional<Value> untransposed(Graph& graph, Value value, const Axes& axes, bool may_turn) {
  if (const auto* inner = graph.made_by(value, "transpose"); inner && inner->ints("axes") == axes)
    return inner->in[0];
  if (count(graph.shape(value)) == 1) {
    if (graph.shape(value).size() <= axes.size()) return value;
    return {};
  }
  auto shape = graph.shape(value);
  if (shape.size() > axes.size()) return {};
  const bool constant = graph.constant_of(value) != nullptr;
  if (shape.size() < axes.size()) {
    shape.insert(shape.begin(), axes.size() - shape.size(), 1);
    value = graph.call("reshape", {value}, {{"shape", shape}});
  }
  const auto back = inverse(axes);
  if (!constant && !(may_turn && keeps_order(shape, back))) return {};
  return graph.call("transpose", {value}, {{"axes", back}});
}

std::optional<std::vector<Value>> untransposed_operands(Graph& graph, const Made& made,
                                                        const Axes& axes) {
  // A transpose that costs nothing is not worth another one: they would change places for ever.
  const bool may_turn = !keeps_order(made.call.out[0].shape, inverse(axes));
  std::vector<Value> in;
  for (const auto value : std::vector<Value>(made.in)) {
    const auto plain = untransposed(graph, value, axes, may_turn);
    if (!plain) return {};
    in.push_back(*plain);
  }
  return in;
}

// Attributes of the call when it stands before the transpose, or nothing when it cannot.
std::optional<Attributes> moved_attributes(const Made& made, const Axes& axes) {
  auto attrs = made.call.attrs;
  const auto op = made.op();
  if (made.call.op->elementwise || op == "rescaled_add" || op == "rescaled_mul") return attrs;
  const auto move_axis = [&](std::string_view name) {
    auto& value = attrs.find(name)->second;
    const auto axis = *normal_axis(std::get<int64_t>(value), static_cast<int64_t>(axes.size()));
    value = axes[static_cast<size_t>(axis)];
  };
  const auto move_list = [&](std::string_view name) {
    auto& value = attrs.find(name)->second;
    value = before(std::get<Axes>(value), axes);
  };
  if (op == "concat" || op == "softmax" || op == "argmax") {
    move_axis("axis");
  } else if (op == "pad") {
    move_list("low"), move_list("high");
  } else if (op == "slice") {
    move_list("starts"), move_list("extents"), move_list("steps");
  } else if (op.starts_with("reduce_")) {
    Axes reduced;
    for (const auto axis : made.ints("axes"))
      reduced.push_back(
          axes[static_cast<size_t>(*normal_axis(axis, static_cast<int64_t>(axes.size())))]);
    std::sort(reduced.begin(), reduced.end());
    attrs.find("axes")->second = reduced;
  } else {
    return {};
  }
  return attrs;
}

// gather(transpose(x), list) -> transpose(gather(x, list))
std::optional<Value> sunk_past_gather(Graph& graph, const Made& made) {
  const auto* inner = graph.made_by(made.in[0], "transpose");
  if (!inner || graph.shape(made.in[1]).size() != 1) return {};
  const auto axes = inner->ints("axes");
  const auto axis = *normal_axis(made.i("axis"), static_cast<int64_t>(axes.size()));
  const auto indices = made.in[1];
  const auto y =
      graph.call("gather", {inner->in[0], indices}, {{"axis", axes[static_cast<size_t>(axis)]}});
  return graph.call("transpose", {y}, {{"axes", axes}});
}

// op(transpose(x), settings) -> transpose(op(x, settings)), settings for all of x or for each index
// of a dimension
std::optional<Value> sunk_past_settings(Graph& graph, const Made& made) {
  const auto* inner = graph.made_by(made.in[0], "transpose");
  if (!inner) return {};
  const auto axes = inner->ints("axes");
  const auto rank = static_cast<int64_t>(axes.size());
  auto attrs = made.call.attrs;
  const bool each = made.in.size() > 1 && count(graph.shape(made.in[1])) > 1;
  if (made.op() == "dequantize" && each)
    attrs["axis"] = axes[static_cast<size_t>(*normal_axis(made.i("axis"), rank))];
  if (made.op() == "rescale" && each && axes.back() != rank - 1) return {};
  auto in = made.in;
  in[0] = inner->in[0];
  const auto op = std::string(made.op());
  return graph.call("transpose", {graph.call(op, in, attrs)}, {{"axes", axes}});
}

bool has_settings(std::string_view op) {
  return op == "quantize" || op == "dequantize" || op == "rescale" || op == "lookup";
}

}  // namespace

// op(transpose(x), ...) -> transpose(op(x, ...)), for elementwise calls, concat, pad, slice,
// gather, reductions, softmax and what stores and restores integers, when the other operands can be
// had before the transpose for nothing
std::optional<Value> sink_transposes(Draft& graph, Value, const Made& made) {
  if (made.op() == "gather") return sunk_past_gather(graph, made);
  if (has_settings(made.op())) return sunk_past_settings(graph, made);
  const auto* inner = transposed_operand(graph, made);
  if (!inner) return {};
  const auto axes = inner->ints("axes");
  const auto attrs = moved_attributes(made, axes);
  if (!attrs) return {};
  const auto in = untransposed_operands(graph, made, axes);
  if (!in) return {};
  const auto op = std::string(made.op());
  return graph.call("transpose", {graph.call(op, *in, *attrs)}, {{"axes", axes}});
}

}  // namespace turnstone
