#include "passes/stored.h"

namespace turnstone {
namespace {

// The integers of a product as the reals that they stand for: each step is a step of x times one of
// w.
Value reals_of(Graph& graph, Value sums, float x_scale, const Tensor& w_scale) {
  Tensor scale(DType::f32, {w_scale.size()});
  for (int64_t i = 0; i < scale.size(); ++i)
    scale.mutable_as<float>()[static_cast<size_t>(i)] =
        x_scale * w_scale.as<float>()[static_cast<size_t>(i)];
  const auto zeros = graph.constant(Tensor(DType::i32, {scale.size()}));
  return graph.call("dequantize", {sums, graph.constant(std::move(scale)), zeros},
                    {{"axis", int64_t{-1}}});
}

// Whether sums of so many products, and a bias as large, stay in 32 bits.
bool fits(const Graph& graph, const StoredWeights& w, int64_t depth) {
  const int64_t most = graph.type(w.value).dtype == DType::i8 && w.zero == 0 ? 128 : 255;
  return depth <= (int64_t{1} << 30) / (255 * most);
}

std::optional<Value> convolution(Draft& graph, const Made& made) {
  const auto w = stored_weights_of(graph, made.in[1]);
  if (!w || (w->scale.size() > 1 && w->axis != 0)) return {};
  const auto& shape = made.call.in[1].shape;
  if (!fits(graph, *w, shape[1] * shape[2] * shape[3])) return {};
  const auto x = stored_of(graph, made.in[0]);
  if (!x) return {};
  auto attrs = made.call.attrs;
  attrs["x_zero"] = x->zero;
  attrs["w_zero"] = w->zero;
  return reals_of(graph, graph.call("conv", {x->value, w->value}, attrs), x->scale, w->scale);
}

// A product with a constant matrix is a convolution of one tap.
std::optional<Value> product(Draft& graph, const Made& made) {
  const auto& a = made.call.in[0].shape;
  const auto b = made.call.in[1].shape;
  if (b.size() != 2 || count(a) == 0 || count(b) == 0) return {};
  const auto w = stored_weights_of(graph, made.in[1]);
  if (!w || (w->scale.size() > 1 && w->axis != 1) || !fits(graph, *w, b[0])) return {};
  const auto x = stored_of(graph, made.in[0]);
  if (!x) return {};
  const auto shape = made.call.out[0].shape;
  const auto reshape = [&](Value value, Shape to) {
    return graph.call("reshape", {value}, {{"shape", std::move(to)}});
  };
  const auto pixels = reshape(x->value, {1, 1, count(shape) / b[1], b[0]});
  const auto turned = graph.call("transpose", {w->value}, {{"axes", std::vector<int64_t>{1, 0}}});
  const auto sums = graph.call("conv", {pixels, reshape(turned, {b[1], 1, 1, b[0]})},
                               {{"x_zero", x->zero}, {"w_zero", w->zero}});
  return reals_of(graph, reshape(sums, shape), x->scale, w->scale);
}

}  // namespace

// conv(dequantize(x), dequantize(w)) -> dequantize(conv(x, w)), and the same for matmul; w
// constant, with one scale, or one for each out channel
std::optional<Value> products_to_integers(Draft& graph, Value value, const Made& made) {
  if (graph.type(value).dtype != DType::f32) return {};
  if (made.op() == "conv") return convolution(graph, made);
  if (made.op() == "matmul") return product(graph, made);
  return {};
}

}  // namespace turnstone
