// For tests: random small graphs of several operators, as exporters of models write them:
// convolutions with scales and biases, elementwise chains, layers wrapped in transposes between
// [batch, row, column, channel] and [batch, channel, row, column], channel shuffles, gates.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ops/ops.h"

namespace turnstone::testing_support {

// Draws one graph; every value that it makes is f32 of rank 4.
class GraphDraw {
 public:
  explicit GraphDraw(std::mt19937& rng) : rng_(rng), graph_(core_ops()) {}

  Result<Graph> run() {
    const Shape shape = {pick(1, 2), pick(1, 5), pick(1, 5), 2 * pick(1, 3)};
    values_.push_back(graph_.input("x", {DType::f32, shape}));
    if (pick(0, 1)) values_.push_back(graph_.input("y", {DType::f32, shape}));
    for (auto n = pick(2, 12); n > 0; --n) {
      const auto value = step(some_value());
      TRY(graph_.status());
      if (count(graph_.shape(value)) <= 2000) values_.push_back(value);
    }
    graph_.output("last", pick(0, 1) ? values_.back() : to_channels_first(values_.back()));
    graph_.output("other", some_value());
    TRY(verify(graph_));
    return std::move(graph_);
  }

 private:
  using Ints = std::vector<int64_t>;

  int64_t pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(rng_);
  }

  Value some_value() {
    if (pick(0, 2) > 0) return values_.back();
    return values_[static_cast<size_t>(pick(0, static_cast<int64_t>(values_.size()) - 1))];
  }

  Value numbers(const Shape& shape, double size) {
    std::uniform_real_distribution<double> real(-size, size);
    Tensor tensor(DType::f32, shape);
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_real(i, real(rng_));
    return graph_.constant(std::move(tensor));
  }

  Value to_channels_first(Value x) {
    return graph_.call("transpose", {x}, {{"axes", Ints{0, 3, 1, 2}}});
  }
  Value to_channels_last(Value x) {
    return graph_.call("transpose", {x}, {{"axes", Ints{0, 2, 3, 1}}});
  }

  Value step(Value x) {
    switch (pick(0, 17)) {
      case 16:
      case 17:
        return pick(0, 5) ? integers()
                          : graph_.call("conv", {x, byte_weights({4, 1, 1, graph_.shape(x)[3]})});
      case 15:
        return spread(x);
      case 13:
        return picked(x);
      case 14:
        return gathered(x);
      case 10:
        return to_one_number(x);
      case 11:
        return multiplied(x);
      case 12:
        return read_twice(x);
      case 0:
      case 1:
        return elementwise(x);
      case 2:
      case 3:
        return scaled_conv(x);
      case 4:
        return to_channels_last(plain(elementwise(plain(to_channels_first(x)))));
      case 5:
        return shuffled(x);
      case 6:
        return gated(x);
      case 7:
        return joined(x);
      case 8:
        return to_channels_last(plain(to_channels_first(plain(x))));
      default:
        return plain(x);
    }
  }

  // One that keeps the shape.
  Value elementwise(Value x) {
    const auto& shape = graph_.shape(x);
    switch (pick(0, 9)) {
      case 0:
        return pick(0, 1) ? clamped(x) : clamped(clamped(x));
      case 1:
        return graph_.call(
            "affine", {x},
            {{"scale", 0.25 * double(pick(-4, 5))}, {"shift", 0.5 * double(pick(-1, 1))}});
      case 2:
        return graph_.call(pick(0, 1) ? "add" : "sub", {x, numbers(operand_shape(shape), 1)});
      case 3:
        return graph_.call("mul", {numbers(operand_shape(shape), 1.4), x});
      case 4:
        return graph_.call("mul", {x, graph_.call("sigmoid", {x})});
      case 5:
        return graph_.call("add", {x, graph_.constant(Tensor::filled(DType::f32, {}, 0))});
      case 6:
        return graph_.call("max", {x, same_shape(x)});
      case 7:
        return graph_.call("add", {same_shape(x), x});
      case 8:
        return graph_.call("sigmoid",
                           {graph_.call("div", {x, graph_.constant(Tensor::filled(
                                                       DType::f32, {}, pick(0, 1) ? 1.5 : -7))})});
      default:
        return graph_.call(pick(0, 1) ? "tanh" : "neg", {x});
    }
  }

  Value clamped(Value x) {
    return graph_.call("clamp", {x}, {{"low", double(pick(-3, 0))}, {"high", double(pick(0, 3))}});
  }

  // One number, one for each place along one dimension, or all.
  Shape operand_shape(const Shape& shape) {
    const auto kind = pick(0, 5);
    if (kind == 0) return {};
    if (kind == 1) return shape;
    if (kind == 2) return {shape.back()};
    Shape one(shape.size(), 1);
    const auto axis = static_cast<size_t>(pick(0, static_cast<int64_t>(shape.size()) - 1));
    one[axis] = shape[axis];
    return one;
  }

  // Another value of the same shape, or the same.
  Value same_shape(Value x) {
    for (const auto value : values_)
      if (value != x && graph_.shape(value) == graph_.shape(x) && pick(0, 1)) return value;
    return pick(0, 1) ? graph_.call("neg", {x}) : x;
  }

  // Anything without weights that takes any four dimensions.
  Value plain(Value x) {
    const auto shape = graph_.shape(x);
    const Ints none(shape.size(), 0);
    switch (pick(0, 6)) {
      case 0: {
        Ints low, high;
        for (size_t i = 0; i < shape.size(); ++i)
          low.push_back(pick(0, 1)), high.push_back(pick(0, 1));
        return graph_.call("pad", {x},
                           {{"low", pick(0, 3) ? low : none},
                            {"high", pick(0, 3) ? high : none},
                            {"value", double(pick(0, 1))}});
      }
      case 1: {
        Ints starts, extents;
        for (const auto extent : shape) {
          starts.push_back(pick(0, extent > 1));
          extents.push_back(extent - starts.back());
        }
        return graph_.call(
            "slice", {x},
            {{"starts", starts}, {"extents", extents}, {"steps", Ints(shape.size(), 1)}});
      }
      case 2:
        return graph_.call("softmax", {x}, {{"axis", pick(-4, 3)}});
      case 3:
        return graph_.call(pick(0, 1) ? "reduce_mean" : "reduce_max", {x},
                           {{"axes", Ints{pick(0, 3)}}});
      case 4:
        return there_and_back(x);
      case 5:
        return graph_.call("concat", {x, same_shape(x)}, {{"axis", pick(-4, 3)}});
      default:
        return elementwise(x);
    }
  }

  // conv, then a scale and a shift for each channel, and mostly an activation.
  Value scaled_conv(Value x) {
    const auto shape = graph_.shape(x);
    if (pick(0, 2) == 0)
      x = graph_.call("pad", {x},
                      {{"low", Ints{0, 1, 0, 0}},
                       {"high", Ints{0, 1, 1, 0}},
                       {"value", pick(0, 3) ? 0.0 : 0.5}});
    const bool depthwise = pick(0, 3) == 0;
    const auto channels = depthwise ? shape[3] : 2 * pick(1, 3);
    const auto window = pick(0, 1) ? int64_t{1} : int64_t{3};
    const auto inner = depthwise ? int64_t{1} : shape[3];
    const Shape weights = {channels, window, window, inner};
    const auto edge = window / 2;
    auto v = graph_.call(
        "conv", {x, numbers(weights, 1.5 / std::sqrt(double(window * window * inner)))},
        {{"pads", Ints{edge, edge, edge, edge}}, {"groups", depthwise ? shape[3] : int64_t{1}}});
    if (pick(0, 1)) v = graph_.call("mul", {v, numbers({channels}, 1.4)});
    if (pick(0, 2)) v = graph_.call("add", {v, numbers({channels}, 1)});
    if (pick(0, 2) == 0) v = graph_.call("affine", {v}, {{"scale", 0.5}, {"shift", 0.25}});
    return pick(0, 1) ? graph_.call("clamp", {v}, {{"low", 0.0}}) : v;
  }

  // Everything below has scales that are powers of two: all numbers are exact, and no pass may
  // change any.
  Value stored(Value x, double scale) {
    const bool bytes = pick(0, 1);
    return graph_.call("quantize", {x},
                       {{"scale", scale},
                        {"zero", bytes ? pick(100, 140) : pick(-10, 10)},
                        {"to", std::string(bytes ? "u8" : "i8")},
                        {"rounding", std::string(pick(0, 5) ? "even" : "away")}});
  }

  // The reals that a quantize stores.
  Value restored(Value q) {
    const auto& made = *graph_.made_by(q);
    const auto scale = graph_.constant(Tensor::filled(DType::f32, {1}, made.real("scale")));
    const auto zero = static_cast<double>(made.i("zero"));
    return graph_.call("dequantize",
                       {q, scale, graph_.constant(Tensor::filled(DType::i32, {1}, zero))});
  }

  Value through(Value x, double scale) { return restored(stored(x, scale)); }

  // Weights of bytes, with a scale for each of the first dimension or for all.
  Value byte_weights(const Shape& shape) {
    Tensor tensor(pick(0, 3) ? DType::i8 : DType::u8, shape);
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.set_integer(i, pick(tensor.dtype() == DType::i8 ? -20 : 0, 20));
    const auto size = pick(0, 1) ? shape[0] : 1;
    Tensor scale(DType::f32, {size});
    for (int64_t i = 0; i < size; ++i)
      scale.set_real(i, std::ldexp(1, static_cast<int>(pick(-6, -4))));
    const auto zeros = Tensor::filled(DType::i32, {size}, tensor.dtype() == DType::i8 ? 0 : 10);
    return graph_.call("dequantize",
                       {graph_.constant(std::move(tensor)), graph_.constant(std::move(scale)),
                        graph_.constant(zeros)},
                       {{"axis", int64_t{0}}});
  }

  // What is computed with integers, from an input, between dequantize and quantize.
  Value integers() {
    auto x = through(values_.front(), 0.0625);
    for (auto n = pick(1, 3); n > 0; --n) {
      x = of_integers(x);
      if (pick(0, 2) == 0)
        x = graph_.call("clamp", {x}, {{"low", 0.0}, {"high", double(pick(1, 3))}});
      x = through(x, std::ldexp(1, static_cast<int>(pick(-4, -2))));
    }
    return x;
  }

  Value of_integers(Value x) {
    const auto shape = graph_.shape(x);
    switch (pick(0, 6)) {
      case 0:
        return graph_.call(pick(0, 1) ? "add" : "mul", {x, through(graph_.call("neg", {x}), 0.25)});
      case 1:
        return graph_.call("neg", {graph_.call("abs", {x})});
      case 2:
        return graph_.call("concat", {x, through(graph_.call("abs", {x}), 0.25)},
                           {{"axis", pick(0, 3)}});
      case 3:  // one or two of each: their means are exact
        if (shape[1] % 2 || shape[1] > 4) return x;
        return graph_.call("reduce_mean", {x}, {{"axes", Ints{1}}});
      case 4:
        return graph_.call("matmul", {x, graph_.call("transpose", {byte_weights({4, shape[3]})},
                                                     {{"axes", Ints{1, 0}}})});
      default: {
        const bool depthwise = pick(0, 2) == 0;
        const auto window = pick(0, 1) ? int64_t{1} : int64_t{3};
        const auto channels = depthwise ? shape[3] : 2 * pick(1, 3);
        auto v = graph_.call("conv",
                             {to_channels_last(to_channels_first(x)),
                              byte_weights({channels, window, window, depthwise ? 1 : shape[3]})},
                             {{"pads", Ints{window / 2, window / 2, window / 2, window / 2}},
                              {"groups", depthwise ? shape[3] : int64_t{1}}});
        if (pick(0, 1))
          v = graph_.call("add", {v, graph_.constant(Tensor::filled(DType::f32, {channels}, 0.5))});
        return v;
      }
    }
  }

  // conv_transpose, whose windows mostly lie side by side, on a small picture.
  Value spread(Value x) {
    const auto shape = graph_.shape(x);
    if (count(shape) > 500) return elementwise(x);
    const auto channels = pick(1, 3);
    const auto rows = pick(1, 2);
    const auto columns = pick(1, 3);
    const auto weights =
        numbers({channels, rows, columns, shape[3]}, 1 / std::sqrt(double(shape[3])));
    const auto strides = Ints{rows + (pick(0, 3) == 0), columns};
    return graph_.call("conv_transpose", {x, weights}, {{"strides", strides}});
  }

  // Channels split in two groups and dealt in turns, in [batch, channel, row, column].
  Value shuffled(Value x) {
    if (graph_.shape(x)[3] % 2) return elementwise(x);
    x = to_channels_first(x);
    const auto shape = graph_.shape(x);
    const Shape groups = {shape[0], 2, shape[1] / 2, shape[2], shape[3]};
    x = graph_.call("reshape", {x}, {{"shape", groups}});
    x = graph_.call("transpose", {x}, {{"axes", Ints{0, 2, 1, 3, 4}}});
    x = graph_.call("reshape", {x}, {{"shape", shape}});
    return pick(0, 1) ? to_channels_last(x) : to_channels_last(elementwise(x));
  }

  // Some channels in any order, in front of what takes them in any order.
  Value gathered(Value x) {
    const auto channels = graph_.shape(x)[3];
    std::vector<int64_t> indices;
    for (auto n = pick(1, channels); n > 0; --n) indices.push_back(pick(-channels, channels - 1));
    if (pick(0, 1)) std::sort(indices.begin(), indices.end());
    Tensor list(DType::i64, {static_cast<int64_t>(indices.size())});
    std::copy(indices.begin(), indices.end(), list.mutable_as<int64_t>().begin());
    x = graph_.call("gather", {x, graph_.constant(std::move(list))},
                    {{"axis", int64_t{pick(0, 1) ? 3 : -1}}});
    return pick(0, 1) ? x : scaled_conv(x);
  }

  // A concatenation, and then another.
  Value picked(Value x) {
    const auto axis = pick(0, 3);
    const auto inner = graph_.call("concat", {x, same_shape(x)}, {{"axis", axis}});
    return graph_.call("concat", {inner, elementwise(x)}, {{"axis", axis - 4 * pick(0, 1)}});
  }

  // Squeeze and excite: a mean over the picture that scales its channels.
  Value gated(Value x) {
    const auto channels = graph_.shape(x)[3];
    auto gate = graph_.call("reduce_mean", {x}, {{"axes", Ints{1, 2}}});
    gate = graph_.call("conv", {gate, numbers({channels, 1, 1, channels}, 0.5)});
    return graph_.call("mul", {x, graph_.call("sigmoid", {gate})});
  }

  // A number without dimensions, of all elements, added to each.
  Value to_one_number(Value x) {
    auto all =
        graph_.call("reduce_mean", {plain(to_channels_first(x))}, {{"axes", Ints{0, 1, 2, 3}}});
    all = graph_.call("reshape", {all}, {{"shape", Ints{}}});
    if (pick(0, 1)) all = graph_.call("affine", {graph_.call("add", {all, all})}, {{"scale", 0.5}});
    return graph_.call("add", {x, all});
  }

  // A matrix product with one constant matrix, one for each row of the picture, or a computed one.
  Value multiplied(Value x) {
    const auto shape = graph_.shape(x);
    const auto columns = 2 * pick(1, 3);
    const auto size = 1 / std::sqrt(double(shape[3]));
    switch (pick(0, 2)) {
      case 0:
        return graph_.call("matmul", {x, numbers({shape[3], columns}, size)});
      case 1:
        return graph_.call("matmul", {x, numbers({shape[1], shape[3], columns}, size)});
      default:
        return graph_.call("matmul",
                           {graph_.call("transpose", {x}, {{"axes", Ints{0, 1, 3, 2}}}), x});
    }
  }

  // A convolution, with or without its bias, that is scaled for one reader and read by another.
  Value read_twice(Value x) {
    const auto channels = graph_.shape(x)[3];
    auto v = graph_.call("conv", {x, numbers({channels, 1, 1, channels}, 0.5)});
    if (pick(0, 1)) v = graph_.call("add", {v, numbers({channels}, 1)});
    return graph_.call("add", {graph_.call("mul", {v, numbers({channels}, 1)}), v});
  }

  // Two ways that start from the same value, and may be the same.
  Value joined(Value x) {
    if (pick(0, 2) == 0)
      return graph_.call("mul", {graph_.call("tanh", {x}), graph_.call("tanh", {x})});
    const auto a = elementwise(x), b = elementwise(x);
    return pick(0, 1) ? graph_.call("add", {a, b})
                      : graph_.call("concat", {a, b}, {{"axis", pick(0, 3)}});
  }

  // Dimensions joined and cut again.
  Value there_and_back(Value x) {
    const auto shape = graph_.shape(x);
    const Shape joined = pick(0, 1) ? Shape{shape[0], shape[1] * shape[2], shape[3]}
                                    : Shape{shape[0] * shape[1], shape[2] * shape[3]};
    x = graph_.call("reshape", {x}, {{"shape", joined}});
    return graph_.call("reshape", {x}, {{"shape", shape}});
  }

  std::mt19937& rng_;
  Graph graph_;
  std::vector<Value> values_;
};

// A verified graph. Errors: a mistake of this file.
inline Result<Graph> random_graph(std::mt19937& rng) { return GraphDraw(rng).run(); }

// What random inputs are drawn from: reals in [-reals, reals], integers below `integers`, or of the
// whole type when that is 0.
struct InputRange {
  double reals = 2;
  uint32_t integers = 5;
};

// Operands of the graph's inputs.
inline std::vector<Tensor> random_inputs_of(const Graph& graph, unsigned seed,
                                            InputRange range = {}) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> real(-range.reals, range.reals);
  std::vector<Tensor> inputs;
  for (const auto& port : graph.inputs()) {
    const auto& type = graph.type(port.value);
    Tensor tensor(type.dtype, type.shape);
    for (int64_t i = 0; i < tensor.size(); ++i)
      if (is_float(type.dtype))
        tensor.set_real(i, real(rng));
      else
        tensor.set_integer(i,
                           static_cast<int64_t>(range.integers ? rng() % range.integers : rng()));
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

}  // namespace turnstone::testing_support
