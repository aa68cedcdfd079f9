// Real numbers to integers and back, which ONNX writes as pairs of QuantizeLinear and
// DequantizeLinear around calls on reals.
#include <algorithm>

#include "exchange/onnx/exporter.h"

namespace turnstone {
namespace {

Result<> quantize(const Made& made, Exporter& e) {
  const auto type = made.call.out[0].dtype;
  if (!is_byte(type))
    return fail(Code::unsupported, "the result is {}, wanted: i8 or u8", print(made.call.out[0]));
  Tensor zero(type, {});
  zero.set_integer(0, made.i("zero"));
  const bool first = e.prefers_channels_first(made.in[0]) && made.call.in[0].rank() == 4;
  std::vector<std::string> in = {first ? e.channels_first(made.in[0]) : e.plain(made.in[0]),
                                 e.real(made.real("scale")), e.tensor(std::move(zero))};
  if (first)
    e.result_channels_first(made, "QuantizeLinear", std::move(in));
  else
    e.result(made, "QuantizeLinear", std::move(in));
  return {};
}

// What ONNX wants beside x: one scale as a scalar, several as a list.
struct Scales {
  Tensor scale, zero;
};

Result<Scales> scales_of(const Made& made, const Exporter& e) {
  const auto* scale = e.graph().constant_of(made.in[1]);
  const auto* zero = e.graph().constant_of(made.in[2]);
  if (!scale || !zero) return fail(Code::unsupported, "scales that are computed are not supported");
  const auto shape = scale->size() == 1 ? Shape{} : scale->shape();
  Scales scales{scale->reshaped(shape), Tensor(made.call.in[0].dtype, shape)};
  for (int64_t i = 0; i < zero->size(); ++i) {
    scales.zero.set_integer(i, zero->integer_at(i));
    if (scales.zero.integer_at(i) != zero->integer_at(i))
      return fail(Code::unsupported, "zero {} is outside {}", zero->integer_at(i),
                  print(made.call.in[0].dtype));
  }
  return scales;
}

// Constants of rank 4 are weights of convolutions, which ONNX has with channels first.
Result<> dequantize(const Made& made, Exporter& e) {
  const auto& x = made.call.in[0];
  if (!is_byte(x.dtype) && x.dtype != DType::i32)
    return fail(Code::unsupported, "x is {}, wanted: i8, u8 or i32", print(x));
  auto scales = TRY(scales_of(made, e));
  const bool first =
      x.rank() == 4 && (e.graph().constant_of(made.in[0]) || e.prefers_channels_first(made.in[0]));
  std::vector<std::string> in = {first ? e.channels_first(made.in[0]) : e.plain(made.in[0])};
  OnnxAttributes attributes;
  if (scales.scale.size() > 1 || !scales.scale.shape().empty()) {
    const auto axis = *normal_axis(made.i("axis"), x.rank());
    attributes["axis"] = first ? axis_channels_first(axis) : axis;
  }
  in.push_back(e.tensor(std::move(scales.scale)));
  in.push_back(e.tensor(std::move(scales.zero)));
  if (first)
    e.result_channels_first(made, "DequantizeLinear", std::move(in), std::move(attributes));
  else
    e.result(made, "DequantizeLinear", std::move(in), std::move(attributes));
  return {};
}

constexpr OnnxExport rows[] = {{"dequantize", dequantize}, {"quantize", quantize}};

}  // namespace

std::span<const OnnxExport> exported_quantised() { return rows; }

}  // namespace turnstone
