#include "passes/stored.h"

namespace turnstone {
namespace {

// Windows of so few elements are summed by a convolution.
constexpr int64_t most_taps = 49;

// The sum of (x - zero) over windows of each channel: a convolution whose weights are 1.
Value window_sums(Graph& graph, const Stored& x, const std::vector<int64_t>& window,
                  const std::vector<int64_t>& strides) {
  const auto channels = graph.shape(x.value)[3];
  const auto ones =
      graph.constant(Tensor::filled(DType::i8, {channels, window[0], window[1], 1}, 1));
  return graph.call("conv", {x.value, ones},
                    {{"strides", strides}, {"groups", channels}, {"x_zero", x.zero}});
}

// The same over whole dimensions.
Value sums_along(Graph& graph, const Stored& x, const std::vector<int64_t>& axes, int64_t n) {
  const auto wide = graph.call("cast", {x.value}, {{"to", std::string("i32")}});
  const auto sum = graph.call("reduce_sum", {wide}, {{"axes", axes}});
  const auto zeros = Tensor::filled(DType::i32, {}, static_cast<double>(n * x.zero));
  return graph.call("sub", {sum, graph.constant(zeros)});
}

bool is_of_pixels(std::vector<int64_t> axes, int64_t rank) {
  for (auto& axis : axes) axis = *normal_axis(axis, rank);
  std::ranges::sort(axes);
  return rank == 4 && axes == std::vector<int64_t>{1, 2};
}

struct Mean {
  Value sums;
  int64_t n = 1;
};

std::optional<Mean> mean_of(Draft& graph, const Made& made) {
  const auto shape = made.call.in[0].shape;
  if (made.op() == "average_pool") {
    const auto& window = made.ints("window");
    const auto& strides = made.ints("strides");
    if (!all_are(made.ints("pads"), 0) || window[0] * window[1] > most_taps) return {};
    const auto x = stored_of(graph, made.in[0]);
    if (!x) return {};
    return Mean{window_sums(graph, *x, window, strides), window[0] * window[1]};
  }
  if (made.op() != "reduce_mean" || count(shape) == 0) return {};
  const auto& axes = made.ints("axes");
  const auto n = count(shape) / count(made.call.out[0].shape);
  // Sums of bytes that stay in 32 bits.
  if (n > 1 << 22) return {};
  const auto x = stored_of(graph, made.in[0]);
  if (!x) return {};
  if (is_of_pixels(axes, made.call.in[0].rank()) && n <= most_taps)
    return Mean{window_sums(graph, *x, {shape[1], shape[2]}, {1, 1}), n};
  return Mean{sums_along(graph, *x, axes, n), n};
}

}  // namespace

// quantize(clamp(mean(dequantize(x)))) -> rescale(sums of x), mean over whole dimensions or of
// windows that lie on x, clamp where it is
std::optional<Value> means_to_integers(Draft& graph, Value, const Made& made) {
  const auto storing = storing_of(graph, made);
  if (!storing) return {};
  const auto* mean = graph.made_by(storing->reals);
  if (!mean) return {};
  const auto operand = mean->in[0];
  const auto found = mean_of(graph, *mean);
  if (!found) return {};
  const auto scale = stored_of(graph, operand)->scale;
  const auto factor = scale / static_cast<float>(found->n) / storing->scale;
  return graph.call("rescale",
                    {found->sums, graph.constant(Tensor::filled(DType::f32, {1}, factor))},
                    storing->attributes());
}

}  // namespace turnstone
