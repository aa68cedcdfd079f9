#include "quantize/layer_errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "passes/rebuild.h"
#include "quantize/integer_graph.h"

namespace turnstone::int8 {
namespace {

constexpr size_t outputs_each = 3;  // shift, noise, signal

double decibels(double signal, double noise) {
  if (!(noise > 0)) return most_snr;
  if (!(signal > 0)) return -most_snr;
  return std::clamp(10 * std::log10(signal / noise), -most_snr, most_snr);
}

// Dimensions 0 to `rank`, less `without` at the end.
std::vector<int64_t> leading(int64_t rank, int64_t without) {
  std::vector<int64_t> axes(static_cast<size_t>(rank - without));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

using Outputs = std::array<Value, outputs_each>;

Outputs outputs_of(Graph& g, Value error, Value result) {
  const auto rank = g.type(error).rank();
  const auto mean = [&](Value value, int64_t without) {
    return g.call("reduce_mean", {value}, {{"axes", leading(rank, without)}});
  };
  return {mean(error, 1), mean(g.call("mul", {error, error}), 0),
          mean(g.call("mul", {result, result}), 0)};
}

}  // namespace

double LayerError::snr_db() const { return decibels(signal, noise); }

double LayerError::corrected_snr_db() const {
  double squares = 0;
  for (const auto mean : shift) squares += mean * mean;
  return decibels(signal, noise - squares / static_cast<double>(shift.size()));
}

Graph with_errors(const Graph& graph, const std::vector<Layer>& layers, const Scheme& scheme) {
  std::map<const Made*, size_t> number;
  for (size_t i = 0; i < layers.size(); ++i) number[layers[i].bias] = i;
  std::map<Value, Value> inputs;  // what each layer reads, in the new graph
  std::vector<Outputs> outputs(layers.size());
  auto all = rebuild<Graph>(graph, [&](Graph& g, const Made& made, std::vector<Value> in) {
    for (size_t i = 0; i < in.size(); ++i) inputs[made.in[i]] = in[i];
    auto out = g.call_all(made.op(), in, made.call.attrs);
    const auto found = number.find(&made);
    if (found == number.end()) return out;
    const auto i = found->second;
    const auto& layer = layers[i];
    const auto x =
        held(g, inputs.at(layer.input()), scheme.values.at(layer.input()), Form::simulated);
    const auto product = g.call(layer.made->op(), {x, g.constant(scheme.layers[i].weights.reals)},
                                layer.made->call.attrs);
    const auto bias = g.constant(integer_bias(scheme, layer, i).reals);
    outputs[i] = outputs_of(g, g.call("sub", {g.call("add", {product, bias}), out[0]}), out[0]);
    return out;
  });
  for (size_t i = 0; i < layers.size(); ++i)
    for (const auto value : outputs[i])
      all.output(fmt::format("error {} of layers", all.outputs().size()), value);
  return all;
}

LayerErrors::LayerErrors(const std::vector<Layer>& layers) {
  for (const auto& layer : layers) {
    LayerError sum;
    sum.shift.assign(static_cast<size_t>(layer.channels), 0);
    sums_.push_back(std::move(sum));
  }
}

void LayerErrors::add(std::span<const Tensor> results, size_t own) {
  CHECK(results.size() == own + outputs_each * sums_.size());
  results = results.subspan(own);
  for (size_t i = 0; i < sums_.size(); ++i) {
    const auto shift = results[outputs_each * i].as<float>();
    for (size_t c = 0; c < shift.size(); ++c) sums_[i].shift[c] += shift[c];
    sums_[i].noise += results[outputs_each * i + 1].real_at(0);
    sums_[i].signal += results[outputs_each * i + 2].real_at(0);
  }
  ++runs_;
}

std::vector<LayerError> LayerErrors::means() const {
  auto means = sums_;
  const auto runs = static_cast<double>(std::max<int64_t>(runs_, 1));
  for (auto& mean : means) {
    for (auto& shift : mean.shift) shift /= runs;
    mean.noise /= runs;
    mean.signal /= runs;
  }
  return means;
}

void correct_biases(Scheme& scheme, const std::vector<LayerError>& errors) {
  for (size_t i = 0; i < scheme.layers.size(); ++i) {
    auto& bias = scheme.layers[i].bias;
    Tensor corrected(DType::f32, bias.shape());
    for (int64_t c = 0; c < bias.size(); ++c)
      corrected.set_real(c, bias.real_at(c) - errors[i].shift[static_cast<size_t>(c)]);
    bias = corrected;
  }
}

}  // namespace turnstone::int8
