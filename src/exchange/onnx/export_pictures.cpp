// Convolution, pooling and resizing, which ONNX has with channels first.
#include "exchange/onnx/exporter.h"

namespace turnstone {
namespace {

Result<> conv(const Made& made, Exporter& e) {
  if (made.call.in[0].dtype != DType::f32)
    return fail(Code::unsupported, "x is {}, wanted: f32", print(made.call.in[0]));
  const auto& w = made.call.in[1].shape;
  e.result_channels_first(made, "Conv",
                          {e.channels_first(made.in[0]), e.channels_first(made.in[1])},
                          {{"kernel_shape", std::vector{w[1], w[2]}},
                           {"strides", made.ints("strides")},
                           {"pads", made.ints("pads")},
                           {"dilations", made.ints("dilations")},
                           {"group", made.i("groups")}});
  return {};
}

// [out channel, row, column, in channel of a group] as [in channel, out channel of a group, row,
// column]
Tensor gathered_weights(const Tensor& w, int64_t groups) {
  const auto& s = w.shape();
  const auto split = w.reshaped({groups, s[0] / groups, s[1], s[2], s[3]});
  return transposed(split, {0, 4, 1, 2, 3}).reshaped({groups * s[3], s[0] / groups, s[1], s[2]});
}

Result<> conv_transpose(const Made& made, Exporter& e) {
  const auto* w = e.graph().constant_of(made.in[1]);
  if (!w) return fail(Code::unsupported, "weights that are computed are not supported");
  const auto weights = e.tensor(gathered_weights(*w, made.i("groups")));
  e.result_channels_first(made, "ConvTranspose", {e.channels_first(made.in[0]), weights},
                          {{"kernel_shape", std::vector{w->shape()[1], w->shape()[2]}},
                           {"strides", made.ints("strides")},
                           {"pads", made.ints("pads")},
                           {"dilations", made.ints("dilations")},
                           {"output_padding", made.ints("output_pads")},
                           {"group", made.i("groups")}});
  return {};
}

Result<> max_pool(const Made& made, Exporter& e) {
  e.result_channels_first(made, "MaxPool", {e.channels_first(made.in[0])},
                          {{"kernel_shape", made.ints("window")},
                           {"strides", made.ints("strides")},
                           {"pads", made.ints("pads")},
                           {"dilations", made.ints("dilations")}});
  return {};
}

Result<> average_pool(const Made& made, Exporter& e) {
  if (made.call.in[0].dtype != DType::f32)
    return fail(Code::unsupported, "x is {}, wanted: f32", print(made.call.in[0]));
  if (made.ints("dilations") != std::vector<int64_t>{1, 1})
    return fail(Code::unsupported, "dilations {} are not supported", print(made.ints("dilations")));
  e.result_channels_first(made, "AveragePool", {e.channels_first(made.in[0])},
                          {{"kernel_shape", made.ints("window")},
                           {"strides", made.ints("strides")},
                           {"pads", made.ints("pads")},
                           {"count_include_pad", made.i("count_pads")}});
  return {};
}

Result<> resize(const Made& made, Exporter& e) {
  if (made.text("mode") != "nearest" && made.call.in[0].dtype != DType::f32)
    return fail(Code::unsupported, "x is {}, wanted: f32", print(made.call.in[0]));
  const auto& from = made.call.in[0].shape;
  std::vector<std::string> in = {e.channels_first(made.in[0]), ""};
  const auto row = made.real("row_scale");
  const auto column = made.real("column_scale");
  if (row == 0 && column == 0) {
    in.push_back("");
    in.push_back(e.integers({from[0], from[3], made.i("rows"), made.i("columns")}));
  } else {
    const auto scale = [](double given, int64_t out, int64_t in) {
      return static_cast<float>(given != 0 ? given : double(out) / double(in));
    };
    const float scales[] = {1, 1, scale(row, made.i("rows"), from[1]),
                            scale(column, made.i("columns"), from[2])};
    in.push_back(e.tensor(Tensor::of<float>({4}, scales)));
  }
  e.result_channels_first(made, "Resize", std::move(in),
                          {{"mode", made.text("mode")},
                           {"coordinate_transformation_mode", made.text("coordinates")},
                           {"nearest_mode", made.text("rounding")}});
  return {};
}

constexpr OnnxExport rows[] = {
    {"average_pool", average_pool}, {"conv", conv},     {"conv_transpose", conv_transpose},
    {"max_pool", max_pool},         {"resize", resize},
};

}  // namespace

std::span<const OnnxExport> exported_pictures() { return rows; }

}  // namespace turnstone
