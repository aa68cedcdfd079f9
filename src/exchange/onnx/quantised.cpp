// Operators on integers that stand for real numbers, real = scale * (stored - zero): wired as what
// they mean, an operator on reals between dequantize and quantize. Passes make integer arithmetic
// of it.
#include "exchange/name.h"
#include "exchange/onnx/families.h"
#include "ops/rescale.h"

namespace turnstone {
namespace {

// Operands that say what integers stand for: a number each, or one for each index of `axis`.
struct Scale {
  Value scale;
  Value zero;  // may be left out
  int64_t axis = 0;
  int64_t size = 1;
};

// Operands `at` and `at + 1` of a node, for a tensor of that shape. Errors: unsupported when there
// is one for each block, invalid when they fit nothing.
Result<Scale> scale_of(const Node& n, const Fold& g, size_t at, const Shape& shape, int64_t axis) {
  Scale s{n.in(at), n.has(at + 1) ? n.in(at + 1) : Value{}};
  const auto& type = g.type(s.scale);
  if (type.dtype != DType::f32) return fail(Code::invalid, "scale is {}, wanted: f32", print(type));
  s.size = count(type.shape);
  if (s.zero && count(g.shape(s.zero)) != s.size)
    return fail(Code::invalid, "scale {} and zero point {} differ in size", print(type),
                print(g.type(s.zero)));
  if (s.size == 1) return s;
  if (type.rank() != 1)
    return fail(Code::unsupported,
                "scale is {}: blocks are not supported, supported: one number, or one for each "
                "index of an axis",
                print(type));
  s.axis = TRY(normal_axis(axis, static_cast<int64_t>(shape.size())));
  if (shape[static_cast<size_t>(s.axis)] != s.size)
    return fail(Code::invalid, "{} scales for the {} elements of axis {} of x: {}", s.size,
                shape[static_cast<size_t>(s.axis)], s.axis, print(shape));
  return s;
}

bool is_known(const Fold& g, const Scale& s) {
  return g.known(s.scale) && (!s.zero || g.known(s.zero));
}

// A list of the scale's as f32 that stands beside a tensor of `rank`.
Value beside(Fold& g, const Scale& s, Value list, size_t rank) {
  Shape shape = {};
  if (s.size > 1) shape.assign(rank - static_cast<size_t>(s.axis), 1), shape[0] = s.size;
  return g.reshape(g.cast(list, DType::f32), shape);
}

Result<Value> reals(Fold& g, Value x, const Scale& s) {
  const auto type = g.type(x);
  if (is_float(type.dtype) || type.dtype == DType::boolean || size_of(type.dtype) > 4 ||
      type.dtype == DType::u32)
    return fail(Code::unsupported, "x is {}, wanted: i8, u8, i16, u16 or i32", print(type));
  if (!is_known(g, s)) {
    auto steps = g.cast(x, DType::f32);
    if (s.zero) steps = g.call("sub", {steps, beside(g, s, s.zero, type.shape.size())});
    return g.call("mul", {steps, beside(g, s, s.scale, type.shape.size())});
  }
  const auto zero = s.zero ? g.reshape(g.cast(s.zero, DType::i32), {s.size})
                           : g.constant(Tensor(DType::i32, {s.size}));
  const std::vector<Value> operands = {x, g.reshape(s.scale, {s.size}), zero};
  const Attributes along = {{"axis", s.axis}};
  return g.known(x) && count(type.shape) > 1 ? g.later("dequantize", operands, along)
                                             : g.call("dequantize", operands, along);
}

// x f32 or i32 in integers of the type `to`.
Result<Value> stored(Fold& g, Value x, const Scale& s, DType to) {
  if (to != DType::i8 && to != DType::u8 && to != DType::i16 && to != DType::u16)
    return fail(Code::unsupported, "the result is {}, supported: i8, u8, i16, u16", print(to));
  if (g.type(x).dtype == DType::i32) x = g.cast(x, DType::f32);
  Attributes attrs = {{"to", std::string(print(to))}, {"rounding", std::string("even")}};
  if (is_known(g, s) && s.size == 1) {
    attrs["scale"] = double{g.known(s.scale)->as<float>()[0]};
    attrs["zero"] = s.zero ? g.known(s.zero)->integer_at(0) : 0;
    return g.call("quantize", {x}, attrs);
  }
  const auto rank = g.shape(x).size();
  auto steps = g.call("round", {g.call("div", {x, beside(g, s, s.scale, rank)})});
  if (s.zero) steps = g.call("add", {steps, beside(g, s, s.zero, rank)});
  return g.call("quantize", {steps}, attrs);
}

// Operand `i` as reals, scale and zero behind it.
Result<Value> reals_in(const Node& n, Fold& g, size_t i, int64_t axis = 0) {
  return reals(g, n.in(i), TRY(scale_of(n, g, i + 1, n.shape(i), axis)));
}

// y in integers by scale and zero that are operands `at` and `at + 1`.
Result<Values> stored_by(const Node& n, Fold& g, Value y, size_t at) {
  const auto scale = TRY(scale_of(n, g, at, g.shape(y), 1));
  return TRY(stored(g, y, scale, scale.zero ? g.type(scale.zero).dtype : DType::u8));
}

// What one of ONNX's own operators makes of other operands.
Result<Value> applied(Node& n, Fold& g, std::string_view op, std::vector<Value> in) {
  const auto* row = find_import("", op, newest);
  CHECK(row != nullptr);
  auto own = n.replace(std::move(in));
  const auto results = row->wire(n, g);
  n.replace(std::move(own));
  if (!results) return std::unexpected(results.error());
  return results->list.front();
}

Result<> want_whole_blocks(Node& n) {
  n.ignore({"saturate"});  // is about 8-bit floats
  if (TRY(n.integer("block_size", 0)) != 0)
    return fail(Code::unsupported, "block_size is not supported, supported: 0");
  return {};
}

// The type that the attribute output_dtype numbers, as ONNX does.
Result<DType> type_of_number(int64_t number) {
  switch (number) {
    case 0:
    case 2:
      return DType::u8;
    case 3:
      return DType::i8;
    case 4:
      return DType::u16;
    case 5:
      return DType::i16;
    default:
      return fail(Code::unsupported,
                  "output_dtype is {}, supported: 2 (u8), 3 (i8), 4 (u16), 5 (i16)", number);
  }
}

Result<Values> quantize_linear(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  TRY(want_whole_blocks(n));
  const auto scale = TRY(scale_of(n, g, 1, n.shape(0), TRY(n.integer("axis", 1))));
  const auto to = TRY(type_of_number(TRY(n.integer("output_dtype", 0))));
  return TRY(stored(g, n.in(0), scale, scale.zero ? g.type(scale.zero).dtype : to));
}

Result<Values> dequantize_linear(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  TRY(want_whole_blocks(n));
  return TRY(reals_in(n, g, 0, TRY(n.integer("axis", 1))));
}

// Scale and zero from the least and the largest of x, both no further than zero.
Result<Values> dynamic_quantize_linear(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  std::vector<int64_t> axes;
  for (int64_t d = 0; d < n.rank(0); ++d) axes.push_back(d);
  const auto end = [&](std::string_view reduce, double low, double high) {
    return g.clamp(g.reshape(g.call(reduce, {n.in(0)}, {{"axes", axes}}), {}), low, high);
  };
  const auto least = end("reduce_min", -HUGE_VAL, 0);
  const auto most = end("reduce_max", 0, HUGE_VAL);
  const auto step = g.call("div", {g.call("sub", {most, least}), g.real(255)});
  const auto scale = g.call("select", {g.call("equal", {step, g.real(0)}), g.real(1), step});
  const auto zero =
      g.cast(g.clamp(g.call("round", {g.call("div", {g.call("neg", {least}), scale})}), 0, 255),
             DType::u8);
  return std::vector<Value>{TRY(stored(g, n.in(0), {scale, zero}, DType::u8)), scale, zero};
}

// A bias in steps of the product of two scales.
Result<Value> real_bias(Fold& g, Value bias, Value x_scale, Value w_scale) {
  const auto scale = g.call("mul", {x_scale, w_scale});
  return reals(g, bias, {scale, {}, 0, count(g.shape(scale))});
}

Result<Values> qlinear_conv(Node& n, Fold& g) {
  TRY(n.arity(8, 9));
  std::vector<Value> in = {TRY(reals_in(n, g, 0)), TRY(reals_in(n, g, 3, 0))};
  if (n.has(8)) in.push_back(TRY(real_bias(g, n.in(8), n.in(1), n.in(4))));
  return stored_by(n, g, TRY(applied(n, g, "Conv", std::move(in))), 6);
}

Result<Values> qlinear_matmul(Node& n, Fold& g) {
  TRY(n.arity(8, 8));
  const auto a = TRY(reals_in(n, g, 0, -2));
  const auto b = TRY(reals_in(n, g, 3, -1));
  return stored_by(n, g, TRY(applied(n, g, "MatMul", {a, b})), 6);
}

// alpha * a * b + c; without a scale of the result it stays real.
Result<Values> qgemm(Node& n, Fold& g) {
  TRY(n.arity(6, 9));
  const bool turned = TRY(n.flag("transB", false));
  std::vector<Value> in = {TRY(reals_in(n, g, 0)), TRY(reals_in(n, g, 3, turned ? 0 : 1))};
  if (n.has(6)) {
    const auto alpha = TRY(n.real("alpha", 1));
    const auto scale = g.call("mul", {g.affine(n.in(1), alpha, 0), n.in(4)});
    const auto size = count(g.shape(scale));
    in.push_back(TRY(reals(g, n.in(6), {scale, {}, g.rank(n.in(6)) - 1, size})));
  }
  const auto y = TRY(applied(n, g, "Gemm", std::move(in)));
  return n.has(7) ? stored_by(n, g, y, 7) : Values(y);
}

template <Name op>
Result<Values> qlinear_pair(Node& n, Fold& g) {
  TRY(n.arity(7, 8));
  const auto a = TRY(reals_in(n, g, 0));
  const auto b = TRY(reals_in(n, g, 3));
  return stored_by(n, g, TRY(applied(n, g, op.value, {a, b})), 6);
}

template <Name op>
Result<Values> qlinear_one(Node& n, Fold& g) {
  TRY(n.arity(4, 5));
  if (TRY(n.integer("channels_last", 0)) != 0)
    return fail(Code::unsupported, "channels_last=1 is not supported, supported: 0");
  n.ignore({"opset"});  // of Softmax: since 13 one axis counts
  if (n.has_attribute("opset") && TRY(n.integer("opset", newest)) < 13)
    return fail(Code::unsupported, "opset is below 13");
  return stored_by(n, g, TRY(applied(n, g, op.value, {TRY(reals_in(n, g, 0))})), 3);
}

// Scale and zero of the result, then x, scale and zero of each part.
Result<Values> qlinear_concat(Node& n, Fold& g) {
  if (n.size() < 5 || n.size() % 3 != 2)
    return fail(Code::invalid, "{} operands are given, wanted: 2, and 3 for each part", n.size());
  TRY(n.arity(n.size(), n.size()));
  std::vector<Value> parts;
  for (size_t i = 2; i < n.size(); i += 3) parts.push_back(TRY(reals_in(n, g, i)));
  return stored_by(n, g, TRY(applied(n, g, "Concat", std::move(parts))), 0);
}

constexpr OnnxImport rows[] = {
    {"DequantizeLinear", 10, newest, dequantize_linear},
    {"DynamicQuantizeLinear", 11, newest, dynamic_quantize_linear},
    {"QLinearConv", 10, newest, qlinear_conv},
    {"QLinearMatMul", 10, newest, qlinear_matmul},
    {"QuantizeLinear", 10, newest, quantize_linear},
    {"DequantizeLinear", 1, newest, dequantize_linear, microsoft},
    {"QGemm", 1, newest, qgemm, microsoft},
    {"QLinearAdd", 1, newest, qlinear_pair<"Add">, microsoft},
    {"QLinearAveragePool", 1, newest, qlinear_one<"AveragePool">, microsoft},
    {"QLinearConcat", 1, newest, qlinear_concat, microsoft},
    {"QLinearGlobalAveragePool", 1, newest, qlinear_one<"GlobalAveragePool">, microsoft},
    {"QLinearLeakyRelu", 1, newest, qlinear_one<"LeakyRelu">, microsoft},
    {"QLinearMul", 1, newest, qlinear_pair<"Mul">, microsoft},
    {"QLinearSigmoid", 1, newest, qlinear_one<"Sigmoid">, microsoft},
    {"QLinearSoftmax", 1, newest, qlinear_one<"Softmax">, microsoft},
    {"QuantizeLinear", 1, newest, quantize_linear, microsoft},
};

}  // namespace

std::span<const OnnxImport> quantised() { return rows; }

}  // namespace turnstone
