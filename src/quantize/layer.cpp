#include "quantize/layer.h"

#include <algorithm>
#include <cmath>

#include "passes/pass.h"
#include "passes/rebuild.h"

namespace turnstone::int8 {
namespace {

bool are_numbers(const Tensor& tensor) {
  return std::ranges::all_of(tensor.as<float>(), [](float x) { return std::isfinite(x); });
}

// The weights of a call that can be a layer, or nothing.
Value weights_of(const Graph& graph, const Made& made) {
  const bool is_product = made.op() == "matmul" && made.call.in[1].rank() == 2;
  if (made.op() != "conv" && !is_product) return {};
  const auto* weights = graph.constant_of(made.in[1]);
  if (!weights || weights->dtype() != DType::f32 || graph.constant_of(made.in[0])) return {};
  return are_numbers(*weights) ? made.in[1] : Value{};
}

size_t channel_axis(const Made& made) { return made.op() == "conv" ? 0 : 1; }

// The add that alone reads `value` and gives each channel its constant, or null.
const Made* bias_of(const Graph& graph, Value value, const std::vector<const Made*>& calls,
                    const std::vector<int>& uses) {
  if (uses[static_cast<size_t>(value.id)] != 1) return nullptr;
  for (const auto* made : calls) {
    const auto at = std::ranges::find(made->in, value);
    if (at == made->in.end()) continue;
    if (made->op() != "add" || graph.shape(made->out[0]) != graph.shape(value)) return nullptr;
    const auto other = made->in[at == made->in.begin() ? 1 : 0];
    const auto bias = channel_constant(graph, other, graph.shape(value));
    return bias && are_numbers(*bias) ? made : nullptr;
  }
  return nullptr;
}

std::string name_of(const Graph& graph, const Made& made, size_t number) {
  const auto& w = graph.shape(made.in[1]);
  const auto out = print(graph.shape(made.out[0]));
  if (made.op() == "matmul") return fmt::format("{} matmul, {} to {}, {}", number, w[0], w[1], out);
  const bool depthwise = made.i("groups") > 1 && w[3] == 1;
  return fmt::format("{} {} {}x{}, {} to {}, {}", number, depthwise ? "depthwise" : "conv", w[1],
                     w[2], graph.shape(made.in[0])[3], w[0], out);
}

enum class Carry {
  nothing,  // integers do not pass
  scaled,   // they pass, results have a scale of their own
  moved,    // they pass as they are
};

bool is_real(const Graph& graph, Value value) {
  return graph.type(value).dtype == DType::f32 && !graph.constant_of(value);
}

Carry carry_of(const Graph& graph, const Made& made) {
  static constexpr std::string_view movers[] = {"reshape", "transpose", "max_pool",
                                                "slice",   "concat",    "gather"};
  const auto op = made.op();
  if (!is_real(graph, made.out[0])) return Carry::nothing;
  if (op == "average_pool" || op == "reduce_mean") return Carry::scaled;
  if (op == "add")
    return made.call.in[0] == made.call.in[1] && is_real(graph, made.in[0]) &&
                   is_real(graph, made.in[1])
               ? Carry::scaled
               : Carry::nothing;
  if (op == "resize") return made.text("mode") == "nearest" ? Carry::moved : Carry::nothing;
  if (op == "pad")
    return made.text("mode") != "constant" || made.real("value") == 0 ? Carry::moved
                                                                      : Carry::nothing;
  if (op == "concat" && !std::ranges::all_of(made.in, [&](Value v) { return is_real(graph, v); }))
    return Carry::nothing;
  return std::ranges::find(movers, op) != std::end(movers) ? Carry::moved : Carry::nothing;
}

// The call that makes a value, below limits that belong to it; null where it is an input.
const Made* maker_of(const Graph& graph, Value value, const std::vector<int>& uses) {
  const auto* made = graph.made_by(value);
  while (made && made->op() == "clamp" && uses[static_cast<size_t>(made->in[0].id)] == 1)
    made = graph.made_by(made->in[0]);
  return made;
}

// The operands of a call whose elements its result is made of.
std::vector<Value> elements_of(const Made& made) {
  if (made.op() == "gather") return {made.in[0]};
  return made.in;
}

}  // namespace

Graph with_biases(const Graph& graph) {
  const auto calls = graph.live_calls();
  const auto uses = uses_of(graph);
  std::map<Value, Value> biases;  // the result of an add, and of what it is the bias
  for (const auto* made : calls)
    if (weights_of(graph, *made))
      if (const auto* bias = bias_of(graph, made->out[0], calls, uses))
        biases[bias->out[0]] = made->out[0];
  std::set<Value> biased;
  for (const auto& [add, value] : biases) biased.insert(value);
  return rebuild<Graph>(graph, [&](Graph& g, const Made& made, std::vector<Value> in) {
    if (const auto found = biases.find(made.out[0]); found != biases.end()) {
      const bool first = made.in[0] == found->second;
      const auto& shape = graph.shape(made.out[0]);
      auto& bias = in[first ? 1 : 0];
      bias = g.constant(*channel_constant(g, bias, shape));
      return g.call_all("add", {in[first ? 0 : 1], bias});
    }
    auto out = g.call_all(made.op(), in, made.call.attrs);
    if (!weights_of(graph, made) || biased.contains(made.out[0])) return out;
    const auto channels = graph.shape(made.in[1])[channel_axis(made)];
    return g.call_all("add", {out[0], g.constant(Tensor(DType::f32, {channels}))});
  });
}

std::vector<Layer> find_layers(const Graph& graph) {
  std::vector<Layer> layers;
  const auto calls = graph.live_calls();
  const auto uses = uses_of(graph);
  for (const auto* made : calls) {
    const auto weights = weights_of(graph, *made);
    const auto* bias = weights ? bias_of(graph, made->out[0], calls, uses) : nullptr;
    if (!bias) continue;
    Layer layer{.name = name_of(graph, *made, layers.size() + 1),
                .made = made,
                .bias = bias,
                .weights = weights,
                .axis = channel_axis(*made)};
    layer.channels = graph.shape(weights)[layer.axis];
    layers.push_back(std::move(layer));
  }
  return layers;
}

std::set<Value> stored_values(const Graph& graph, const std::vector<Layer>& layers,
                              const Chosen& chosen) {
  const auto uses = uses_of(graph);
  std::set<Value> stored;
  std::vector<Value> open;
  for (size_t i = 0; i < layers.size(); ++i)
    if (chosen[i]) open.push_back(layers[i].input());
  while (!open.empty()) {
    const auto value = open.back();
    open.pop_back();
    if (!stored.insert(value).second) continue;
    const auto* made = maker_of(graph, value, uses);
    if (!made || carry_of(graph, *made) == Carry::nothing) continue;
    for (const auto operand : elements_of(*made)) open.push_back(operand);
  }
  return stored;
}

std::map<Value, Value> shared_scales(const Graph& graph, const std::set<Value>& values) {
  const auto uses = uses_of(graph);
  std::map<Value, Value> leader;
  for (const auto value : values) leader[value] = value;
  const auto find = [&](Value value) {
    while (leader[value] != value) value = leader[value];
    return value;
  };
  for (const auto value : values) {
    const auto* made = maker_of(graph, value, uses);
    if (!made || carry_of(graph, *made) != Carry::moved) continue;
    for (const auto operand : elements_of(*made))
      if (values.contains(operand)) leader[find(operand)] = find(value);
  }
  for (const auto value : values) leader[value] = find(value);
  return leader;
}

}  // namespace turnstone::int8
