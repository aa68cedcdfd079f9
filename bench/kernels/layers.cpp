#include "layers.h"

#include <fmt/format.h>

#include "kernels/kernels.h"

namespace {

constexpr int peak_turns = 20'000;

// One instantiation; the last tile of a layer has fewer columns.
std::string instantiate(const MatrixLayer& layer, const std::string& name, int columns) {
  const bool is_float = layer.kernel == "gemm/fma";
  std::string text = fmt::format(
      "#define NAME {}\n#define COLUMNS {}\n#define VECTORS {}\n"
      "#define EPILOGUE_ARGUMENTS , {} *y, long y_stride\n"
      "#define STORE(row, column, vector, value) \\\n"
      "  {}(y + (column) * y_stride + (vector) * LANES, {});\n",
      name, columns, layer.vectors, is_float ? "float" : "int", is_float ? "vf_store" : "vi_store",
      is_float ? "vf_clamp(value, 0.0f, 6.0f)" : "value");
  if (layer.kernel == "gemm/pairs") text += "#define WEIGHT signed char\n";
  return text + std::string(turnstone::kernel_text(layer.kernel));
}

std::string input_type(const MatrixLayer& layer) {
  return layer.kernel == "gemm/fma"    ? "float"
         : layer.kernel == "gemm/vnni" ? "unsigned char"
                                       : "short";
}

}  // namespace

std::string MatrixLayer::name() const {
  return fmt::format("{}_{}_{}x{}_{}_{}x{}{}", kernel.substr(5), pixels, window, depth, channels,
                     columns, vectors, panels_outside ? "_panels" : "_pixels");
}

std::string DepthwiseLayer::name() const {
  return fmt::format("depthwise_{}_{}_s{}_{}x{}{}", size, channels, stride, rows, columns,
                     channels_outside ? "_columns" : "_channels");
}

std::string print_layer(const MatrixLayer& layer, int lanes) {
  const int panel = layer.vectors * lanes, panels = (layer.channels + panel - 1) / panel;
  const int rest = layer.pixels % layer.columns;
  const auto name = layer.name();
  auto text = instantiate(layer, name + "_tile", layer.columns);
  if (rest) text += instantiate(layer, name + "_rest", rest);
  const bool is_float = layer.kernel == "gemm/fma";
  const auto call = [&](const char* which, const std::string& at) {
    return fmt::format(
        "{0}_{1}(rows, ({2}) * {3}L, {3}, (struct window){{.rows = {4}, .row_depth = {3}, .blocks "
        "= "
        "1, .taps = 1, .length = {3}}}, w + n * {5}L, bias + n * {6}, 0, y + ({2}) * {7}L + n * "
        "{6}, {7});",
        name, which, at, layer.depth, layer.window, layer.depth * layer.window * panel, panel,
        panels * panel);
  };
  const auto pixels = fmt::format("for (long p = 0; p < {}; ++p)", layer.pixels / layer.columns);
  const auto channels = fmt::format("for (long n = 0; n < {}; ++n)", panels);
  const auto tile = call("tile", fmt::format("p * {}", layer.columns));
  const auto last = rest ? call("rest", std::to_string(layer.pixels - rest)) : std::string();
  text += fmt::format(
      "void {0}(void *const *arguments) {{\n  const {1} *x = arguments[0];\n  const {2} *w = "
      "arguments[1];\n  const {3} *bias = arguments[2];\n  {3} *y = arguments[3];\n"
      "  const {1} *rows[{4}];\n  for (int i = 0; i < {4}; ++i) rows[i] = x + i * {5}L;\n",
      name, input_type(layer), is_float ? "float" : "signed char", is_float ? "float" : "int",
      layer.window, layer.depth * 56);
  text +=
      layer.panels_outside
          ? fmt::format("  {} {{\n    {} {}\n    {}\n  }}\n}}\n", channels, pixels, tile, last)
          : fmt::format("  {} {} {}\n  {} {{ {} }}\n}}\n", pixels, channels, tile, channels, last);
  return text;
}

std::string print_layer(const DepthwiseLayer& layer, int lanes) {
  const auto name = layer.name();
  const int width = (layer.size - 1) * layer.stride + 3;
  auto text = fmt::format(
      "#define NAME {}_tile\n#define KERNEL_ROWS 3\n#define KERNEL_COLUMNS 3\n#define STRIDE {}\n"
      "#define OUTPUT_ROWS {}\n#define COLUMNS {}\n#define EPILOGUE_ARGUMENTS , float *y\n"
      "#define STORE(row, column, vector, value) vf_store(y + ((row) * {} + (column)) * {}L, "
      "vf_clamp(value, "
      "0.0f, 6.0f));\n",
      name, layer.stride, layer.rows, layer.columns, layer.size, layer.channels);
  text += turnstone::kernel_text("depthwise/fma");
  const auto columns =
      fmt::format("for (long c = 0; c + {0} <= {1}; c += {0})", layer.columns, layer.size);
  const auto channels = fmt::format("for (long n = 0; n < {}; n += {})", layer.channels, lanes);
  text += fmt::format(
      "void {}(void *const *arguments) {{\n  const float *x = arguments[0], *w = arguments[1], "
      "*bias = "
      "arguments[2];\n  float *y = arguments[3];\n  for (long r = 0; r + {} <= {}; r += {})\n    "
      "{} {}"
      " {{\n      const float *rows[5];\n      for (int i = 0; i < 5; ++i)\n"
      "        rows[i] = x + ((r * {} + i) * {} + c * {}) * {}L + n;\n"
      "      {}_tile(rows, {}, w + n, {}, bias + n, y + (r * {} + c) * {}L + n);\n    }}\n}}\n",
      name, layer.rows, layer.size, layer.rows, layer.channels_outside ? channels : columns,
      layer.channels_outside ? columns : channels, layer.stride, width, layer.stride,
      layer.channels, name, layer.channels, layer.channels, layer.size, layer.channels);
  return text;
}

double peak_operations(int lanes) { return 2.0 * lanes * peak_turns * 12; }

std::string print_peak(int lanes) {
  (void)lanes;
  return fmt::format(
      "void peak(void *const *arguments) {{\n  const float *x = arguments[0];\n  float *y = "
      "arguments[3];\n  vf sum[12] = {{}};\n  const vf a = vf_load(x), b = vf_load(x + LANES);\n"
      "  for (long i = 0; i < {}; ++i)\n"
      "    V_UNROLL for (int k = 0; k < 12; ++k) {{\n      sum[k] += a * b;\n"
      "      V_BARRIER(sum[k]);\n    }}\n"
      "  V_UNROLL for (int k = 0; k < 12; ++k) vf_store(y + k * LANES, sum[k]);\n}}\n",
      peak_turns);
}
