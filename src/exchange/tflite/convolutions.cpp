#include "exchange/tflite/families.h"
#include "exchange/tflite/window.h"

namespace turnstone::tflite {
namespace {

// Everything after the products: where they go and how.
struct End {
  fbs::ActivationFunctionType activation;
  bool wide_factors;  // the scale's factor is computed in f64 throughout, as for each channel
  std::string_view rounding = "twice";  // of requantize
};

// Factors from the sums of products to the stored numbers of the result, for each channel of w.
Result<std::vector<double>> factors_of(const Node& n, const Scale& x, const Scale& out,
                                       int64_t channels, bool wide) {
  const auto& w = n.operand(1);
  if (w.scales.size() != 1 && static_cast<int64_t>(w.scales.size()) != channels)
    return fail(Code::invalid, "the weights have {} scales for {} channels", w.scales.size(),
                channels);
  std::vector<double> factors;
  for (const auto scale : w.scales) {
    const double product = wide ? double{x.scale} * double{scale} : double{x.scale * scale};
    const double factor = product / double{out.scale};
    if (!(factor >= 0 && factor < 1 << 30))
      return fail(Code::invalid, "the scales {} (x), {} (weights), {} (result) do not fit", x.scale,
                  scale, out.scale);
    factors.push_back(factor);
  }
  return factors;
}

// The stored zero of the weights; with a scale for each channel there is none.
Result<int64_t> weight_zero(const Node& n) {
  const auto& w = n.operand(1);
  if (w.scales.size() == 1) return TRY(n.scale(1)).zero;
  for (const auto zero : w.zeros)
    if (zero != 0)
      return fail(Code::unsupported,
                  "the weights have zero point {} beside a scale for each channel", zero);
  return 0;
}

// The bias as operand of add, or none.
Result<Value> bias_of(const Node& n, Fold& g, size_t place, DType type, int64_t channels) {
  if (!n.has(place)) return Value{};
  const auto given = g.type(n.in(place));
  if (given.dtype != type || count(given.shape) != channels)
    return fail(Code::invalid, "the bias is {}, wanted: {}[{}]", print(given), print(type),
                channels);
  return g.reshape(n.in(place), {channels});
}

Value with_bias(Fold& g, Value x, Value bias) { return bias ? g.call("add", {x, bias}) : x; }

// conv of integers, bias, and the way back to the result's type.
Result<Value> convolved_integers(const Node& n, Fold& g, Value x, Value w, Attributes attrs,
                                 const End& end) {
  const auto channels = g.shape(w)[0];
  const auto from = TRY(n.scale(0));
  const auto to = TRY(n.result_scale());
  const auto type = TRY(n.result_type());
  if (type != g.type(x).dtype)
    return fail(Code::unsupported, "x is {} and the result {}, supported: the same",
                print(g.type(x).dtype), print(type));
  attrs["x_zero"] = from.zero;
  attrs["w_zero"] = TRY(weight_zero(n));
  const auto factors = TRY(factors_of(n, from, to, channels, end.wide_factors));
  const auto limits = TRY(limits_of(type, to, end.activation));
  const auto bias = TRY(bias_of(n, g, 2, DType::i32, channels));
  const auto sums = with_bias(g, g.call("conv", {x, w}, std::move(attrs)), bias);
  return requantized(g, sums, factors, to.zero, limits, type, end.rounding);
}

// Weights of integers beside real x, as real numbers.
Result<Value> real_weights(Node& n, Fold& g, Value w) {
  const auto& info = n.operand(1);
  const auto size = static_cast<int64_t>(info.scales.size());
  if (size == 0) return fail(Code::invalid, "the weights have no scale");
  std::vector<int32_t> zeros(info.scales.size(), 0);
  for (size_t i = 0; i < info.zeros.size(); ++i) {
    const auto limits = limits_of(g.type(w).dtype);
    if (info.zeros[i] < limits.low || info.zeros[i] > limits.high)
      return fail(Code::invalid, "zero point {} of the weights is outside [{}, {}]", info.zeros[i],
                  limits.low, limits.high);
    zeros[i] = static_cast<int32_t>(info.zeros[i]);
  }
  n.note("weights are integers beside real numbers: they are computed with as real numbers");
  return g.call("dequantize",
                {w, g.constant(Tensor::of<float>({size}, info.scales)),
                 g.constant(Tensor::of<int32_t>({size}, zeros))},
                {{"axis", info.axis}});
}

// Weights as they are used: constants of integers beside real x become real.
Result<Value> weights(Node& n, Fold& g) {
  const auto type = n.dtype(1);
  if (n.dtype(0) != DType::f32 || (type != DType::i8 && type != DType::u8)) return n.in(1);
  return real_weights(n, g, n.in(1));
}

// w: [out channel, row, column, in channel] on x: pictures; integers or f32.
Result<Value> convolved(const Node& n, Fold& g, Value x, Value w, Attributes attrs,
                        const End& end) {
  if (g.type(x).dtype == DType::i8 || g.type(x).dtype == DType::u8)
    return convolved_integers(n, g, x, w, std::move(attrs), end);
  TRY(want_real(n));
  const auto bias = TRY(bias_of(n, g, 2, DType::f32, g.shape(w)[0]));
  return activated(g, with_bias(g, g.call("conv", {x, w}, std::move(attrs)), bias), end.activation);
}

Result<> check_weights(Fold& g, Value w, size_t rank) {
  if (g.shape(w).size() != rank || count(g.shape(w)) == 0)
    return fail(Code::invalid, "the weights are {}, wanted: rank {} and not empty",
                print(g.type(w)), rank);
  return {};
}

// Each channel has factors of its own where the weights are signed; u8 has one for all.
bool has_wide_factors(const Node& n) { return n.dtype(0) == DType::i8; }

Result<Values> conv_2d(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  const auto& o = *TRY(n.options<fbs::Conv2DOptions>());
  const auto w = TRY(weights(n, g));
  TRY(check_weights(g, w, 4));
  const auto shape = g.shape(w);
  const auto window = TRY(window_of(n.shape(0), {shape[1], shape[2]}, {o.stride_h(), o.stride_w()},
                                    {o.dilation_hfactor(), o.dilation_wfactor()}, o.padding()));
  auto attrs = window.attributes();
  if (n.shape(0)[3] % shape[3] != 0)
    return fail(Code::invalid, "the weights {} do not divide the channels of x: {}", print(shape),
                print(n.shape(0)));
  attrs["groups"] = std::max<int64_t>(n.shape(0)[3] / shape[3], 1);
  return TRY(convolved(n, g, n.in(0), w, std::move(attrs),
                       {o.fused_activation_function(), has_wide_factors(n)}));
}

// Weights are [1, row, column, channel * multiplier].
Result<Values> depthwise_conv_2d(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  const auto& o = *TRY(n.options<fbs::DepthwiseConv2DOptions>());
  auto w = TRY(weights(n, g));
  TRY(check_weights(g, w, 4));
  const auto shape = g.shape(w);
  const auto window = TRY(window_of(n.shape(0), {shape[1], shape[2]}, {o.stride_h(), o.stride_w()},
                                    {o.dilation_hfactor(), o.dilation_wfactor()}, o.padding()));
  const auto channels = n.shape(0)[3];
  if (shape[0] != 1 || channels == 0 || shape[3] % channels != 0)
    return fail(Code::invalid, "the weights are {}, wanted: [1, row, column, multiple of {}]",
                print(shape), channels);
  w = g.transpose(w, {3, 1, 2, 0});
  auto attrs = window.attributes();
  attrs["groups"] = channels;
  return TRY(convolved(n, g, n.in(0), w, std::move(attrs),
                       {o.fused_activation_function(), has_wide_factors(n)}));
}

// A 1x1 convolution over rows of x, which are its columns here.
Result<Values> fully_connected(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  const auto& o = *TRY(n.options<fbs::FullyConnectedOptions>());
  if (o.weights_format() != 0)
    return fail(Code::unsupported, "weights format {} is not supported", int{o.weights_format()});
  auto w = TRY(weights(n, g));
  TRY(check_weights(g, w, 2));
  const auto outputs = g.shape(w)[0];
  const auto depth = g.shape(w)[1];
  const auto size = count(n.shape(0));
  if (size == 0 || size % depth != 0)
    return fail(Code::invalid, "x: {} does not divide into rows of {}", print(n.shape(0)), depth);
  const auto rows = size / depth;
  w = g.reshape(w, {outputs, 1, 1, depth});
  const auto x = g.reshape(n.in(0), {1, 1, rows, depth});
  const End end = {o.fused_activation_function(), n.operand(1).scales.size() > 1, "once"};
  const auto y = TRY(convolved(n, g, x, w, {}, end));
  Shape shape = {rows, outputs};
  if (o.keep_num_dims()) {
    shape = n.shape(0);
    if (shape.empty() || shape.back() != depth)
      return fail(Code::invalid, "x: {} does not end with {}", print(n.shape(0)), depth);
    shape.back() = outputs;
  }
  return g.reshape(y, shape);
}

// Operands: the result's shape, weights [out channel, row, column, in channel], x, bias.
Result<Values> transpose_conv(Node& n, Fold& g) {
  TRY(n.arity(3, 4));
  TRY(want_real(n));
  const auto& o = *TRY(n.options<fbs::TransposeConvOptions>());
  const auto out = TRY(n.known_integers(0, "the result's shape"));
  TRY(checked_count(out), "the result");
  TRY(check_weights(g, n.in(1), 4));
  const auto w = n.shape(1);
  const auto x = n.shape(2);
  const auto window =
      TRY(window_of(out, {w[1], w[2]}, {o.stride_h(), o.stride_w()}, {1, 1}, o.padding()));
  if (x.size() != 4 || out.size() != 4 || out[0] != x[0] || out[3] != w[0])
    return fail(Code::invalid, "x: {}, weights {} and result {} do not belong together", print(x),
                print(w), print(out));
  std::vector<int64_t> pads = {window.pads[0], window.pads[1], 0, 0};
  std::vector<int64_t> more = {0, 0};
  for (size_t d = 0; d < 2; ++d) {
    const auto full = (x[d + 1] - 1) * window.strides[d] + window.kernel[d];
    const auto left = full - pads[d] - out[d + 1];
    (left >= 0 ? pads[d + 2] : more[d]) = std::abs(left);
  }
  const auto y = g.call("conv_transpose", {n.in(2), n.in(1)},
                        {{"strides", window.strides}, {"pads", pads}, {"output_pads", more}});
  const auto bias = TRY(bias_of(n, g, 3, DType::f32, w[0]));
  return TRY(activated(g, with_bias(g, y, bias), o.fused_activation_function()));
}

// a times b, of which either may be turned; leading dimensions repeat.
Result<Values> batch_matmul(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  TRY(want_real(n));
  const auto& o = *TRY(n.options<fbs::BatchMatMulOptions>());
  const auto turned = [&](Value x, bool turn) {
    const auto rank = g.rank(x);
    if (!turn || rank < 2) return x;
    std::vector<int64_t> axes;
    for (int64_t i = 0; i < rank; ++i) axes.push_back(i);
    std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
    return g.transpose(x, axes);
  };
  return g.call("matmul", {turned(n.in(0), o.adj_x()), turned(n.in(1), o.adj_y())});
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_CONV_2D, conv_2d},
    {fbs::BuiltinOperator_DEPTHWISE_CONV_2D, depthwise_conv_2d},
    {fbs::BuiltinOperator_FULLY_CONNECTED, fully_connected},
    {fbs::BuiltinOperator_TRANSPOSE_CONV, transpose_conv},
    {fbs::BuiltinOperator_BATCH_MATMUL, batch_matmul},
};

}  // namespace

std::span<const Row> convolutions() { return rows; }

}  // namespace turnstone::tflite
