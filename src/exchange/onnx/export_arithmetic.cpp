// Elementwise operators and reductions: they run in whichever form their operands are at hand.
#include <algorithm>
#include <cmath>

#include "exchange/name.h"
#include "exchange/onnx/exporter.h"

namespace turnstone {
namespace {

// With channels first only when that saves transposes, and every operand can follow.
bool is_channels_first(const Made& made, const Exporter& e) {
  bool wanted = false;
  for (const auto value : made.in) {
    const auto& graph = e.graph();
    if (graph.type(value).rank() != 4 && !graph.constant_of(value)) return false;
    if (graph.type(value).rank() > 4) return false;
    wanted |= e.prefers_channels_first(value);
  }
  return wanted && made.call.out[0].rank() == 4;
}

// Names of the operands, then the node, in the form that fits.
void elementwise(const Made& made, Exporter& e, std::string_view op,
                 OnnxAttributes attributes = {}) {
  const bool first = is_channels_first(made, e);
  std::vector<std::string> in;
  for (const auto value : made.in)
    in.push_back(first ? e.spread_channels_first(value) : e.plain(value));
  if (first)
    e.result_channels_first(made, op, std::move(in), std::move(attributes));
  else
    e.result(made, op, std::move(in), std::move(attributes));
}

// ONNX's operator of the same meaning, named as the template argument.
template <Name op>
Result<> same(const Made& made, Exporter& e) {
  elementwise(made, e, op.value);
  return {};
}

// A constant, or the real numbers that one stands for.
bool is_known(const Graph& graph, Value value) {
  const auto* real = graph.made_by(value, "dequantize");
  return graph.constant_of(real ? real->in[0] : value) != nullptr;
}

// The bias of a convolution becomes its third operand.
Result<> add(const Made& made, Exporter& e) {
  for (size_t i = 0; i < 2; ++i) {
    const auto& bias = made.call.in[i];
    const auto& x = made.call.in[1 - i];
    if (!is_known(e.graph(), made.in[i]) || x.rank() != 4) continue;
    if (bias != Type{DType::f32, {x.shape[3]}}) continue;
    for (const auto* op : {"Conv", "ConvTranspose"})
      if (e.absorb(made, made.in[1 - i], op, e.plain(made.in[i]))) return {};
  }
  elementwise(made, e, "Add");
  return {};
}

// One operand in the form that fits, and the last node's result in the same form.
struct Chain {
  const Made& made;
  Exporter& e;
  bool first = is_channels_first(made, e);
  std::string x = first ? e.channels_first(made.in[0]) : e.plain(made.in[0]);

  void finish(std::string_view op, std::vector<std::string> in) {
    if (first)
      e.result_channels_first(made, op, std::move(in));
    else
      e.result(made, op, std::move(in));
  }
};

Result<> affine(const Made& made, Exporter& e) {
  Chain chain{made, e};
  const auto shift = made.real("shift");
  if (shift == 0) {
    chain.finish("Mul", {chain.x, e.real(made.real("scale"))});
    return {};
  }
  if (made.real("scale") != 1) chain.x = e.node("Mul", {chain.x, e.real(made.real("scale"))});
  chain.finish("Add", {chain.x, e.real(shift)});
  return {};
}

Result<> rsqrt(const Made& made, Exporter& e) {
  Chain chain{made, e};
  chain.finish("Reciprocal", {e.node("Sqrt", {chain.x})});
  return {};
}

Result<> silu(const Made& made, Exporter& e) {
  Chain chain{made, e};
  chain.finish("Mul", {chain.x, e.node("Sigmoid", {chain.x})});
  return {};
}

// Of integers the nearest number that the type has.
std::string limit(Exporter& e, DType type, double value) {
  if (!std::isfinite(value)) return {};
  if (!is_float(type)) {
    const double end = std::exp2(size_of(type) * 8 - is_signed(type));
    value = std::clamp(value, is_signed(type) ? -end : 0, end - 1);
  }
  return e.tensor(Tensor::filled(type, {}, value));
}

Result<> clamp(const Made& made, Exporter& e) {
  Chain chain{made, e};
  const auto type = made.call.in[0].dtype;
  const auto low = made.real("low");
  const auto high = made.real("high");
  if (low == 0 && high == std::numeric_limits<double>::infinity() && type == DType::f32)
    chain.finish("Relu", {chain.x});
  else
    chain.finish("Clip", {chain.x, limit(e, type, low), limit(e, type, high)});
  return {};
}

int64_t onnx_type(DType type) {
  static constexpr int64_t numbers[] = {1, 10, 16, 11, 3, 2, 5, 4, 6, 12, 7, 13, 9};
  return numbers[static_cast<size_t>(type)];
}

Result<> cast(const Made& made, Exporter& e) {
  elementwise(made, e, "Cast", {{"to", onnx_type(made.call.out[0].dtype)}});
  return {};
}

Result<> mod(const Made& made, Exporter& e) {
  elementwise(made, e, "Mod", {{"fmod", int64_t{1}}});
  return {};
}

// Dimensions counted from the front, in the form that is at hand.
std::vector<int64_t> axes_of(const Made& made, bool first) {
  std::vector<int64_t> axes;
  for (const auto axis : made.ints("axes")) {
    const auto normal = *normal_axis(axis, made.call.in[0].rank());
    axes.push_back(first ? axis_channels_first(normal) : normal);
  }
  std::ranges::sort(axes);
  return axes;
}

// ReduceSum takes its axes as an operand, the others as an attribute.
template <Name op>
Result<> reduce(const Made& made, Exporter& e) {
  const bool first = is_channels_first(made, e);
  const auto axes = axes_of(made, first);
  std::vector<std::string> in = {first ? e.channels_first(made.in[0]) : e.plain(made.in[0])};
  OnnxAttributes attributes = {{"keepdims", int64_t{1}}};
  if (axes.empty()) {
    e.result(made, "Identity", {e.plain(made.in[0])});
    return {};
  }
  if (std::string_view(op.value) == "ReduceSum")
    in.push_back(e.integers(axes));
  else
    attributes["axes"] = axes;
  if (first)
    e.result_channels_first(made, op.value, std::move(in), std::move(attributes));
  else
    e.result(made, op.value, std::move(in), std::move(attributes));
  return {};
}

Result<> argmax(const Made& made, Exporter& e) {
  e.result(
      made, "ArgMax", {e.plain(made.in[0])},
      {{"axis", made.i("axis")}, {"keepdims", int64_t{1}}, {"select_last_index", made.i("last")}});
  return {};
}

Result<> softmax(const Made& made, Exporter& e) {
  e.result(made, "Softmax", {e.plain(made.in[0])}, {{"axis", made.i("axis")}});
  return {};
}

constexpr OnnxExport rows[] = {
    {"abs", same<"Abs">},
    {"add", add},
    {"affine", affine},
    {"and", same<"And">},
    {"argmax", argmax},
    {"cast", cast},
    {"ceil", same<"Ceil">},
    {"clamp", clamp},
    {"cos", same<"Cos">},
    {"div", same<"Div">},
    {"equal", same<"Equal">},
    {"erf", same<"Erf">},
    {"exp", same<"Exp">},
    {"floor", same<"Floor">},
    {"less", same<"Less">},
    {"less_equal", same<"LessOrEqual">},
    {"log", same<"Log">},
    {"matmul", same<"MatMul">},
    {"max", same<"Max">},
    {"min", same<"Min">},
    {"mod", mod},
    {"mul", same<"Mul">},
    {"neg", same<"Neg">},
    {"not", same<"Not">},
    {"or", same<"Or">},
    {"pow", same<"Pow">},
    {"prelu", same<"PRelu">},
    {"reduce_max", reduce<"ReduceMax">},
    {"reduce_mean", reduce<"ReduceMean">},
    {"reduce_min", reduce<"ReduceMin">},
    {"reduce_prod", reduce<"ReduceProd">},
    {"reduce_sum", reduce<"ReduceSum">},
    {"round", same<"Round">},
    {"rsqrt", rsqrt},
    {"select", same<"Where">},
    {"sigmoid", same<"Sigmoid">},
    {"sign", same<"Sign">},
    {"silu", silu},
    {"sin", same<"Sin">},
    {"softmax", softmax},
    {"sqrt", same<"Sqrt">},
    {"sub", same<"Sub">},
    {"tanh", same<"Tanh">},
    {"xor", same<"Xor">},
};

}  // namespace

std::span<const OnnxExport> exported_arithmetic() { return rows; }

}  // namespace turnstone
