#include "quantize/equalise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "passes/rebuild.h"

namespace turnstone::int8 {
namespace {

constexpr int rounds = 10;           // over all pairs, since neighbours share layers
constexpr double most_factor = 1e4;  // of a channel; and its reciprocal

// The constants of a layer while they are changed.
struct Constants {
  Tensor weights, bias;
};

Tensor copy_of(const Tensor& tensor) {
  return Tensor::of<float>(tensor.shape(), tensor.as<float>());
}

// Calls body(weight) for all weights of a convolution that make `channel`.
template <class Body>
void each_that_makes(Tensor& weights, int64_t channel, Body body) {
  const auto inner = weights.size() / weights.shape()[0];
  for (auto& weight : weights.mutable_as<float>().subspan(static_cast<size_t>(channel * inner),
                                                          static_cast<size_t>(inner)))
    body(weight);
}

// The same for all that read `channel`.
template <class Body>
void each_that_reads(Tensor& weights, int64_t groups, int64_t channel, Body body) {
  const auto& shape = weights.shape();
  const auto depth = shape[3];
  const auto outputs = shape[0] / groups;
  const auto taps = shape[1] * shape[2];
  const auto to = weights.mutable_as<float>();
  const auto first = channel / depth * outputs;
  for (int64_t at = first * taps; at < (first + outputs) * taps; ++at)
    body(to[static_cast<size_t>(at * depth + channel % depth)]);
}

void equalise_pair(Constants& first, Constants& second, int64_t groups) {
  for (int64_t channel = 0; channel < first.bias.size(); ++channel) {
    float made = 0, read = 0;
    each_that_makes(first.weights, channel, [&](float& w) { made = std::max(made, std::fabs(w)); });
    each_that_reads(second.weights, groups, channel,
                    [&](float& w) { read = std::max(read, std::fabs(w)); });
    const auto ratio = std::sqrt(double{made} / double{read});
    if (!(made > 0) || !(read > 0) || !std::isfinite(ratio)) continue;
    const auto factor = static_cast<float>(std::clamp(ratio, 1 / most_factor, most_factor));
    each_that_makes(first.weights, channel, [&](float& w) { w /= factor; });
    first.bias.mutable_as<float>()[static_cast<size_t>(channel)] /= factor;
    each_that_reads(second.weights, groups, channel, [&](float& w) { w *= factor; });
  }
}

bool is_relu(const Made& made) {
  return made.op() == "clamp" && made.real("low") == 0 &&
         made.real("high") == std::numeric_limits<double>::infinity();
}

// The only call that reads a value, or null.
const Made* only_reader(const Graph& graph, Value value, const std::vector<int>& uses) {
  if (uses[static_cast<size_t>(value.id)] != 1) return nullptr;
  for (const auto* made : graph.live_calls())
    if (std::ranges::find(made->in, value) != made->in.end()) return made;
  return nullptr;
}

}  // namespace

std::vector<LayerPair> find_pairs(const Graph& graph, const std::vector<Layer>& layers) {
  const auto uses = uses_of(graph);
  std::map<const Made*, size_t> number;
  for (size_t i = 0; i < layers.size(); ++i)
    if (layers[i].made->op() == "conv") number[layers[i].made] = i;
  std::vector<LayerPair> pairs;
  for (const auto& [made, i] : number) {
    const auto* reader = only_reader(graph, layers[i].linear(), uses);
    if (reader && is_relu(*reader)) reader = only_reader(graph, reader->out[0], uses);
    if (reader && number.contains(reader)) pairs.push_back({i, number.at(reader)});
  }
  std::ranges::sort(pairs, {}, &LayerPair::first);
  return pairs;
}

Graph equalise(const Graph& graph, const std::vector<Layer>& layers) {
  std::vector<Constants> constants;
  std::map<const Made*, size_t> number;
  for (const auto& layer : layers) {
    number[layer.made] = number[layer.bias] = constants.size();
    constants.push_back({copy_of(*graph.constant_of(layer.weights)),
                         copy_of(*graph.constant_of(layer.bias_operand()))});
  }
  const auto pairs = find_pairs(graph, layers);
  for (int round = 0; round < rounds; ++round)
    for (const auto& [first, second] : pairs)
      equalise_pair(constants[first], constants[second], layers[second].made->i("groups"));
  return rebuild<Graph>(graph, [&](Graph& g, const Made& made, std::vector<Value> in) {
    if (const auto found = number.find(&made); found != number.end()) {
      const auto& layer = layers[found->second];
      const bool is_bias = &made == layer.bias;
      const auto operand = is_bias ? layer.bias_operand() : layer.weights;
      const auto& changed = constants[found->second];
      in[made.in[0] == operand ? 0 : 1] = g.constant(is_bias ? changed.bias : changed.weights);
    }
    return g.call_all(made.op(), std::move(in), made.call.attrs);
  });
}

}  // namespace turnstone::int8
