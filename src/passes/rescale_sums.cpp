#include <cmath>

#include "passes/stored.h"

namespace turnstone {
namespace {

// Sums of integers behind a dequantize with a scale for each channel, or one.
struct Sums {
  Value value;
  Tensor scale;
};

std::optional<Sums> sums_of(const Draft& graph, Value reals) {
  const auto* made = graph.made_by(reals, "dequantize");
  if (!made || made->call.in[0].dtype != DType::i32 || !graph.is_read_once(reals)) return {};
  const auto* scale = graph.constant_of(made->in[1]);
  const auto* zero = graph.constant_of(made->in[2]);
  if (!scale || !zero) return {};
  const auto rank = made->call.in[0].rank();
  if (scale->size() > 1 && *normal_axis(made->i("axis"), rank) != rank - 1) return {};
  for (int64_t i = 0; i < scale->size(); ++i)
    if (!(scale->real_at(i) > 0) || zero->integer_at(i) != 0) return {};
  return Sums{made->in[0], *scale};
}

// The numbers of a constant, also where a dequantize hides them.
std::optional<Tensor> constant_reals(const Draft& graph, Value value) {
  if (const auto* constant = graph.constant_of(value)) return *constant;
  const auto* made = graph.made_by(value, "dequantize");
  if (!made) return {};
  std::vector<Tensor> in;
  for (const auto operand : made->in) {
    const auto* constant = graph.constant_of(operand);
    if (!constant) return {};
    in.push_back(*constant);
  }
  std::vector<Tensor> out = {Tensor(DType::f32, made->call.out[0].shape)};
  made->call.op->eval(made->call, in, out);
  return out[0];
}

// `bias` in steps of the sums. Nothing when it is not one number for each channel, leaves 32 bits,
// or rounding it would be felt in the result, whose steps are `step`.
std::optional<Tensor> bias_in_steps(const Tensor& bias, const Sums& sums, const Shape& shape,
                                    float step) {
  const auto channels = shape.empty() ? 1 : shape.back();
  const bool one = bias.size() == 1;
  if (!one && (bias.size() != channels || bias.shape().back() != channels)) return {};
  if (bias.shape().size() > shape.size()) return {};
  Tensor steps(DType::i32, {channels});
  for (int64_t i = 0; i < channels; ++i) {
    const auto scale = sums.scale.real_at(sums.scale.size() == 1 ? 0 : i);
    const auto exact = bias.real_at(one ? 0 : i) / scale;
    if (!(std::fabs(exact) < 1 << 30)) return {};
    const auto whole = std::nearbyint(exact);
    const bool is_whole = std::fabs(exact - whole) < 1e-3 + std::fabs(whole) * 0x1p-20;
    if (!is_whole && scale * 32 > step) return {};
    steps.set_integer(i, static_cast<int64_t>(whole));
  }
  return steps;
}

struct Biased {
  Sums sums;
  std::optional<Tensor> bias;
};

// add(dequantize(sums), bias), or without a bias.
std::optional<Biased> biased_sums(const Draft& graph, Value reals, float step) {
  if (const auto sums = sums_of(graph, reals)) return Biased{*sums, {}};
  const auto* add = graph.made_by(reals, "add");
  if (!add || !graph.is_read_once(reals)) return {};
  for (size_t i = 0; i < 2; ++i) {
    const auto sums = sums_of(graph, add->in[i]);
    const auto bias = constant_reals(graph, add->in[1 - i]);
    if (!sums || !bias || graph.shape(add->in[i]) != graph.shape(reals)) continue;
    if (auto steps = bias_in_steps(*bias, *sums, graph.shape(reals), step))
      return Biased{*sums, std::move(steps)};
  }
  return {};
}

Tensor over(const Tensor& scale, float step) {
  Tensor factor(DType::f32, {scale.size()});
  for (size_t i = 0; i < static_cast<size_t>(scale.size()); ++i)
    factor.mutable_as<float>()[i] = scale.as<float>()[i] / step;
  return factor;
}

// What a reshape reads, when it leaves the channels alone.
const Made* reshape_of_pixels(const Graph& graph, Value value) {
  const auto* made = graph.made_by(value, "reshape");
  if (!made) return nullptr;
  const auto& from = made->call.in[0].shape;
  const auto& to = made->call.out[0].shape;
  return !from.empty() && !to.empty() && from.back() == to.back() ? made : nullptr;
}

}  // namespace

// quantize(clamp(add(dequantize(sums), bias))) -> rescale(add(sums, bias)), clamp and bias where
// they are
std::optional<Value> rescale_sums(Draft& graph, Value value, const Made& made) {
  const auto storing = storing_of(graph, made);
  if (!storing) return {};
  const auto found = biased_sums(graph, storing->reals, storing->scale);
  if (!found) return {};
  auto sums = found->sums.value;
  // Sums are made pixel by pixel: what finishes them stays with them.
  const auto shape = graph.shape(value);
  if (const auto* inner = reshape_of_pixels(graph, sums)) sums = inner->in[0];
  const bool moved = graph.shape(sums) != shape;
  if (found->bias) sums = graph.call("add", {sums, graph.constant(*found->bias)});
  const auto factor = graph.constant(over(found->sums.scale, storing->scale));
  const auto y = graph.call("rescale", {sums, factor}, storing->attributes());
  return moved ? graph.call("reshape", {y}, {{"shape", shape}}) : y;
}

}  // namespace turnstone
