#include "quantize/scheme.h"

#include <algorithm>
#include <cmath>

namespace turnstone::int8 {
namespace {

constexpr double most_bias = 1 << 29;  // of the integers of a bias, so that sums do not overflow
constexpr double least_scale = 1e-30;  // of weights that are all zero, and of products

}  // namespace

Scheme make_scheme(const Graph& graph, const std::vector<Layer>& layers,
                   const std::map<Value, Range>& ranges, bool small_pairs) {
  Scheme scheme;
  for (const auto& [value, range] : ranges) scheme.values[value] = quantisation_of(range);
  for (const auto& layer : layers) {
    const auto& bias = *graph.constant_of(layer.bias_operand());
    const auto input = scheme.values.at(layer.input()).scale;
    std::vector<double> least;
    for (int64_t c = 0; c < bias.size(); ++c)
      least.push_back(std::max(
          {least_scale, least_scale / input, std::fabs(bias.real_at(c)) / (input * most_bias)}));
    scheme.layers.push_back(
        {round_weights(*graph.constant_of(layer.weights), layer.axis, small_pairs, least), bias});
  }
  return scheme;
}

Rounded integer_bias(const Scheme& scheme, const Layer& layer, size_t i) {
  const auto& constants = scheme.layers[i];
  const auto input = static_cast<float>(scheme.values.at(layer.input()).scale);
  Tensor scales(DType::f32, {layer.channels});
  for (int64_t c = 0; c < layer.channels; ++c)
    scales.set_real(c, input * static_cast<float>(constants.weights.scales.real_at(c)));
  return round_bias(constants.bias, scales);
}

}  // namespace turnstone::int8
