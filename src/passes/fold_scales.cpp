#include "passes/pass.h"

namespace turnstone {
namespace {

// Weights [out channel, ...] with each out channel multiplied by its factor.
Tensor scaled(const Tensor& weights, const Tensor& factors) {
  Tensor result(DType::f32, weights.shape());
  const auto inner = weights.size() / factors.size();
  for (int64_t i = 0; i < weights.size(); ++i)
    result.set_real(i, weights.real_at(i) * factors.real_at(i / inner));
  return result;
}

}  // namespace

// mul(conv(x, w), s) -> conv(x, w * s), s one number for each out channel, conv read here alone
std::optional<Value> fold_scales(Draft& graph, Value value, const Made& made) {
  if (made.op() != "mul" || graph.type(value).dtype != DType::f32) return {};
  for (size_t i = 0; i < 2; ++i) {
    const auto* conv = graph.made_by(made.in[i], "conv");
    if (!conv || graph.shape(made.in[i]) != graph.shape(value)) continue;
    if (!graph.is_read_once(made.in[i])) continue;
    const auto* weights = graph.constant_of(conv->in[1]);
    const auto factors = channel_constant(graph, made.in[1 - i], graph.shape(value));
    if (!weights || !factors) continue;
    const auto attrs = conv->call.attrs;
    const auto x = conv->in[0];
    return graph.call("conv", {x, graph.constant(scaled(*weights, *factors))}, attrs);
  }
  return {};
}

}  // namespace turnstone
