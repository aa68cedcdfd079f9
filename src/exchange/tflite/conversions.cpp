#include <algorithm>
#include <cmath>

#include "exchange/tflite/families.h"

namespace turnstone::tflite {
namespace {

// Stored numbers of one scale as those of another.
Result<Value> rescaled(const Node& n, Fold& g, DType to) {
  const auto from = TRY(n.scale(0));
  const auto out = TRY(n.result_scale());
  const double factor = double{from.scale} / double{out.scale};
  if (!(factor < 1 << 30))
    return fail(Code::invalid, "the scales {} and {} do not fit", from.scale, out.scale);
  if (n.dtype(0) == DType::i16 || n.dtype(0) == DType::i32)
    return requantized(g, centred(g, n.in(0), from.zero), {factor}, out.zero, limits_of(to), to);
  const auto multiplier = multiplier_of(factor);
  return tabulated(g, n.in(0), to, [&](int64_t stored) {
    return multiply(static_cast<int32_t>(stored - from.zero), multiplier) + out.zero;
  });
}

Result<Values> quantize(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto to = TRY(n.result_type());
  if (to != DType::i8 && to != DType::u8)
    return fail(Code::unsupported, "the result is {}, supported: i8, u8", print(to));
  if (n.dtype(0) != DType::f32) return TRY(rescaled(n, g, to));
  const auto out = TRY(n.result_scale());
  return g.call("quantize", {n.in(0)},
                {{"scale", double{out.scale}}, {"zero", out.zero}, {"to", std::string(print(to))}});
}

// Halves become f32; integers are scaled, with one scale or one for each index of an axis.
Result<Values> dequantize(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  if (is_float(n.dtype(0))) return g.cast(n.in(0), DType::f32);
  const auto& info = n.operand(0);
  const auto size = static_cast<int64_t>(info.scales.size());
  if (size == 0) return fail(Code::invalid, "operand 0: the tensor has no scale");
  std::vector<int32_t> zeros;
  for (size_t i = 0; i < info.scales.size(); ++i)
    zeros.push_back(static_cast<int32_t>(
        info.zeros.empty() ? 0 : std::clamp<int64_t>(info.zeros[i], INT32_MIN, INT32_MAX)));
  return g.call("dequantize",
                {n.in(0), g.constant(Tensor::of<float>({size}, info.scales)),
                 g.constant(Tensor::of<int32_t>({size}, zeros))},
                {{"axis", size == 1 ? int64_t{-1} : info.axis}});
}

Result<Values> cast(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.cast(n.in(0), TRY(n.result_type()));
}

// Its operand is made dense when it is read.
Result<Values> densify(Node& n, Fold&) {
  TRY(n.arity(1, 1));
  return n.in(0);
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_CAST, cast},
    {fbs::BuiltinOperator_DENSIFY, densify},
    {fbs::BuiltinOperator_DEQUANTIZE, dequantize},
    {fbs::BuiltinOperator_QUANTIZE, quantize},
};

}  // namespace

std::span<const Row> conversions() { return rows; }

}  // namespace turnstone::tflite
