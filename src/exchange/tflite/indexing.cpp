#include <algorithm>
#include <cmath>

#include "exchange/tflite/families.h"

namespace turnstone::tflite {
namespace {

// Operands of u8 with scales of their own are brought to the result's, in f32 as the reference.
Result<Value> on_result_scale(const Node& n, Fold& g, size_t i) {
  const auto from = TRY(n.scale(i));
  const auto to = TRY(n.result_scale());
  if (from == to) return n.in(i);
  if (n.dtype(i) != DType::u8)
    return fail(Code::unsupported, "operand {} and the result have different scales", i);
  const float inverse = 1 / to.scale;
  const float scale = from.scale * inverse;
  const float shift = -static_cast<float>(from.zero) * scale;
  return tabulated(g, n.in(i), DType::u8, [&](int64_t stored) {
    const float steps = std::round(static_cast<float>(stored) * scale + shift);
    return static_cast<int64_t>(std::clamp(steps, -1e6F, 1e6F)) + to.zero;
  });
}

Result<Values> concatenation(Node& n, Fold& g) {
  TRY(n.arity(1, 4096));
  const auto& o = *TRY(n.options<fbs::ConcatenationOptions>());
  std::vector<Value> parts;
  for (size_t i = 0; i < n.size(); ++i) {
    if (!n.has(i)) return fail(Code::invalid, "operand {} is left out", i);
    parts.push_back(n.is_quantised() && !n.operand(i).scales.empty() ? TRY(on_result_scale(n, g, i))
                                                                     : n.in(i));
  }
  const auto axis = TRY(normal_axis(o.axis(), n.rank(0)));
  if (n.is_quantised() && o.fused_activation_function() != fbs::ActivationFunctionType_NONE)
    return fail(Code::unsupported, "an activation of integers is not supported here");
  const auto all = parts.size() == 1 ? parts[0] : g.call("concat", parts, {{"axis", axis}});
  return TRY(activated(g, all, o.fused_activation_function()));
}

// Operands of one shape along a new dimension.
Result<Values> pack(Node& n, Fold& g) {
  TRY(n.arity(1, 4096));
  const auto axis = TRY(normal_axis(TRY(n.options<fbs::PackOptions>())->axis(), n.rank(0) + 1));
  std::vector<Value> parts;
  for (size_t i = 0; i < n.size(); ++i) {
    if (!n.has(i)) return fail(Code::invalid, "operand {} is left out", i);
    auto shape = n.shape(i);
    if (axis > n.rank(i))
      return fail(Code::invalid, "operands {} and {} differ", print(n.shape(0)), print(shape));
    shape.insert(shape.begin() + axis, 1);
    parts.push_back(g.reshape(n.in(i), shape));
  }
  if (parts.size() == 1) return parts[0];
  return g.call("concat", parts, {{"axis", axis}});
}

struct Pads {
  std::vector<int64_t> low;
  std::vector<int64_t> high;
};

// Operand 1: [dimension, 2].
Result<Pads> pads_of(const Node& n) {
  const auto list = TRY(n.known_integers(1, "the paddings"));
  if (list.size() != 2 * n.shape(0).size())
    return fail(Code::invalid, "{} paddings are given for x: {}", list.size(), print(n.shape(0)));
  Pads pads;
  for (size_t i = 0; i < list.size(); ++i) (i % 2 ? pads.high : pads.low).push_back(list[i]);
  return pads;
}

Value padded(Fold& g, Value x, const Pads& pads, std::string_view mode, double value) {
  return g.call(
      "pad", {x},
      {{"low", pads.low}, {"high", pads.high}, {"mode", std::string(mode)}, {"value", value}});
}

// Zeros: of stored numbers what stands for zero.
Result<Values> pad(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  double value = 0;
  if (n.is_quantised()) {
    const auto scale = TRY(n.scale(0));
    if (TRY(n.result_scale()) != scale)
      return fail(Code::unsupported, "x and the result have different scales");
    value = static_cast<double>(scale.zero);
  }
  return padded(g, n.in(0), TRY(pads_of(n)), "constant", value);
}

Result<Values> pad_v2(Node& n, Fold& g) {
  if (n.size() == 2 || !n.has(2)) return pad(n, g);
  TRY(n.arity(3, 3));
  const auto* known = g.known(n.in(2));
  if (!known || known->size() != 1)
    return fail(Code::unsupported, "the value is not a number known while importing");
  if (n.is_quantised() && TRY(n.scale(0)) != TRY(n.scale(2)))
    return fail(Code::unsupported, "x and the value have different scales");
  return padded(g, n.in(0), TRY(pads_of(n)), "constant", known->real_at(0));
}

// Mirrored at the ends: one dimension after the other as a choice of its elements.
Result<Value> symmetric(Fold& g, Value x, const Pads& pads) {
  for (size_t d = 0; d < pads.low.size(); ++d) {
    const auto extent = g.shape(x)[d];
    if (pads.low[d] == 0 && pads.high[d] == 0) continue;
    if (std::min(pads.low[d], pads.high[d]) < 0 || std::max(pads.low[d], pads.high[d]) > extent)
      return fail(Code::invalid, "paddings {} and {} are outside [0, {}] of x: {}", pads.low[d],
                  pads.high[d], extent, print(g.shape(x)));
    std::vector<int64_t> places;
    for (int64_t i = -pads.low[d]; i < extent + pads.high[d]; ++i)
      places.push_back(i < 0 ? -1 - i : i < extent ? i : 2 * extent - 1 - i);
    x = g.call("gather", {x, g.integers(std::move(places))}, {{"axis", static_cast<int64_t>(d)}});
  }
  return x;
}

Result<Values> mirror_pad(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto pads = TRY(pads_of(n));
  const auto mode = TRY(n.options<fbs::MirrorPadOptions>())->mode();
  if (mode == fbs::MirrorPadMode_SYMMETRIC) return TRY(symmetric(g, n.in(0), pads));
  return padded(g, n.in(0), pads, "reflect", 0);
}

Result<Values> gather(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto& o = *TRY(n.options<fbs::GatherOptions>());
  if (o.batch_dims() != 0)
    return fail(Code::unsupported, "batch_dims={} is not supported", o.batch_dims());
  return g.call("gather", {n.in(0), n.in(1)}, {{"axis", TRY(normal_axis(o.axis(), n.rank(0)))}});
}

Result<Values> gather_nd(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return g.call("gather_nd", {n.in(0), n.in(1)});
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_CONCATENATION, concatenation},
    {fbs::BuiltinOperator_GATHER, gather},
    {fbs::BuiltinOperator_GATHER_ND, gather_nd},
    {fbs::BuiltinOperator_MIRROR_PAD, mirror_pad},
    {fbs::BuiltinOperator_PACK, pack},
    {fbs::BuiltinOperator_PAD, pad},
    {fbs::BuiltinOperator_PADV2, pad_v2},
};

}  // namespace

std::span<const Row> indexing() { return rows; }

}  // namespace turnstone::tflite
