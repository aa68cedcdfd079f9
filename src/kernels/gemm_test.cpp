#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/guarded.h"
#include "kernels/harness.h"

namespace turnstone {
namespace {

// `struct window` of the templates.
struct Window {
  long rows, row_step, row_depth, taps, tap_step, tap_depth, length;
};

// What an instantiation is made for, and where it goes.
struct Tile {
  KernelRow row;
  int rows, vectors;
  std::string weight;  // C type of w
  std::string name() const {
    return fmt::format("{}_{}_{}_{}_{}", std::string(row.name.substr(5)), row.type,
                       weight == "short" ? "i16" : "i8", rows, vectors);
  }
};

std::string type_of(std::string_view type) {
  if (type == "f32") return "float";
  if (type == "i8") return "signed char";
  return type == "u8" ? "unsigned char" : "short";
}

std::vector<std::string> weights_of(const KernelRow& row) {
  if (row.name == "gemm/fma") return {"float"};
  if (row.type == "u8" && row.name == "gemm/widen") return {"short"};
  if (row.type == "i16") return {"signed char", "short"};
  return {"signed char"};
}

// Corners of the legal range and what lies between; all of them for floats, where it costs seconds
// to compile them for every type.
std::vector<Tile> tiles_of(const Machine& machine) {
  std::vector<Tile> tiles;
  for (const auto& row : kernel_rows()) {
    if (!row.name.starts_with("gemm/") || row.lanes != machine.lanes ||
        row.needs != machine.feature)
      continue;
    const int most = row.rows.to, widest = row.vectors.to;
    std::vector<std::pair<int, int>> sizes = {{1, 1}, {most, 1}, {3, 2}};
    if (row.type == "f32") sizes.insert(sizes.end(), {{1, widest}, {most, widest}, {6, 2}});
    for (const auto& weight : weights_of(row))
      for (auto [rows, vectors] : sizes) tiles.push_back({row, rows, vectors, weight});
  }
  return tiles;
}

std::string instantiate(const Tile& tile) {
  const bool whole = tile.row.type != "f32";
  const auto sum = whole ? "int" : "float", store = whole ? "vi_store" : "vf_store";
  std::string text = fmt::format(
      "#define NAME {0}_kernel\n#define ROWS {1}\n#define VECTORS {2}\n#define PREFETCH_EVERY {3}\n"
      "#define EPILOGUE_ARGUMENTS , {4} *y, long y_stride\n"
      "#define STORE(row, vector, value) {5}(y + (row) * y_stride + (vector) * LANES, value);\n",
      tile.name(), tile.rows, tile.vectors, tile.rows == 3 ? 2 : 0, sum, store);
  auto input = type_of(tile.row.type);
  if (tile.row.name == "gemm/widen") text += fmt::format("#define INPUT {}\n", input);
  if (tile.row.name == "gemm/widen" || tile.row.name == "gemm/pairs")
    text += fmt::format("#define WEIGHT {}\n", tile.weight);
  const bool flips = tile.row.name == "gemm/vnni" && tile.row.type == "i8";
  if (flips) text += "#define X_SIGNED 1\n";
  if (flips) input = "unsigned char";
  text += kernel_text(tile.row.name);
  text += fmt::format(
      "void {0}(const {1} *x, long x_stride, const struct window *window, const {2} *w,\n"
      "         const {3} *bias, {3} *y, long y_stride) {{\n"
      "  {0}_kernel(x, x_stride, *window, w, bias, w, y, y_stride);\n}}\n",
      tile.name(), input, tile.weight, sum);
  return text;
}

// Where the weight of depth step `k` (an input), channel `n` lies.
size_t place(const Tile& tile, long k, long n) {
  const long group = tile.row.layout == "pairs" ? 2 : tile.row.layout == "quads" ? 4 : 1;
  const long channels = long{tile.vectors} * tile.row.lanes;
  return static_cast<size_t>((k / group * channels + n) * group + k % group);
}

template <class X, class W, class Sum>
void compare(const Tile& tile, const Compiled& compiled, const Window& window, long stride,
             bool has_bias) {
  SCOPED_TRACE(fmt::format("{} rows {} taps {} length {}", tile.name(), window.rows, window.taps,
                           window.length));
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  const long channels = long{tile.vectors} * tile.row.lanes;
  const long depth =
      (window.rows - 1) * window.row_depth + (window.taps - 1) * window.tap_depth + window.length;
  const long reach = (tile.rows - 1) * stride + (window.rows - 1) * window.row_step +
                     (window.taps - 1) * window.tap_step + window.length;
  Guarded<X> x(static_cast<size_t>(reach));
  Guarded<W> w(static_cast<size_t>(depth * channels));
  Guarded<Sum> bias(static_cast<size_t>(channels)), y(static_cast<size_t>(tile.rows * channels));
  const bool is_float = std::is_same_v<X, float>;
  x.fill(random, is_float ? -1 : double{std::numeric_limits<X>::min()},
         is_float ? 1 : double{std::numeric_limits<X>::max()});
  w.fill(random, is_float ? -1 : -127, is_float ? 1 : sizeof(W) == 2 ? 3000 : 127);
  bias.fill(random, -100, 100);
  using Function = void(const X*, long, const Window*, const W*, const Sum*, Sum*, long);
  auto function = compiled.find<Function>(tile.name());
  if (!function) return;
  function(x.data(), stride, &window, w.data(), has_bias ? bias.data() : nullptr, y.data(),
           channels);

  const bool flips = tile.row.name == "gemm/vnni" && tile.row.type == "i8";
  for (long r = 0; r < tile.rows; ++r)
    for (long n = 0; n < channels; ++n) {
      double want = has_bias ? bias[static_cast<size_t>(n)] : 0, size = std::abs(want);
      int64_t exact = static_cast<int64_t>(want);
      for (long i = 0; i < window.rows; ++i)
        for (long j = 0; j < window.taps; ++j)
          for (long k = 0; k < window.length; ++k) {
            const long at = i * window.row_depth + j * window.tap_depth;
            const auto input =
                x[static_cast<size_t>(r * stride + i * window.row_step + j * window.tap_step + k)];
            const auto weight = w[static_cast<size_t>(at * channels) + place(tile, k, n)];
            if constexpr (std::is_same_v<X, float>) {
              want += double{input} * weight;
              size += std::abs(double{input} * weight);
            } else {
              exact += int64_t{flips ? static_cast<int8_t>(input) + 128 : input} * weight;
            }
          }
      const auto got = y[static_cast<size_t>(r * channels + n)];
      if constexpr (std::is_same_v<X, float>) {
        // Every one of the sums may round by half a unit.
        const double terms = static_cast<double>(window.rows * window.taps * window.length + 1);
        ASSERT_NEAR(got, want, size * terms * 6e-8) << "row " << r << " channel " << n;
      } else {
        ASSERT_EQ(got, static_cast<int32_t>(exact)) << "row " << r << " channel " << n;
      }
    }
  EXPECT_TRUE(x.is_intact() && w.is_intact() && bias.is_intact() && y.is_intact());
}

template <class X, class W, class Sum>
void compare_windows(const Tile& tile, const Compiled& compiled) {
  const long group = tile.row.layout == "pairs" ? 2 : tile.row.layout == "quads" ? 4 : 1;
  for (long length : {1L, 2L, 3L, 4L, 5L, 9L, 32L})
    compare<X, W, Sum>(tile, compiled, {1, 0, 0, 1, 0, 0, length * group}, length * group, true);
  const long c = 3 * group, width = 20;  // channels of the input, pixels of a row
  compare<X, W, Sum>(tile, compiled, {3, width * c, 3 * c, 1, 0, 0, 3 * c}, c, false);
  compare<X, W, Sum>(tile, compiled, {3, width * c, 3 * c, 1, 0, 0, 3 * c}, 2 * c, true);
  compare<X, W, Sum>(tile, compiled, {3, 2 * width * c, 3 * c, 3, 2 * c, c, c}, c, true);
  compare<X, W, Sum>(tile, compiled, {2, width * c, 3 * c, 1, 0, 0, 2 * c}, c, true);
}

class Gemm : public testing::TestWithParam<Machine> {};

TEST_P(Gemm, AgreesWithTheNaiveLoop) {
  const auto& machine = GetParam();
  const auto tiles = tiles_of(machine);
  ASSERT_FALSE(tiles.empty());
  auto text = paste(machine, {"vector", "pairs", "window"});
  for (const auto& tile : tiles) text += instantiate(tile);
  const Compiled compiled(machine, text);
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  for (const auto& tile : tiles) {
    const bool wide = tile.weight == "short";
    if (tile.row.type == "f32") compare_windows<float, float, float>(tile, compiled);
    if (tile.row.type == "i8") compare_windows<int8_t, int8_t, int32_t>(tile, compiled);
    if (tile.row.type == "u8" && wide) compare_windows<uint8_t, int16_t, int32_t>(tile, compiled);
    if (tile.row.type == "u8" && !wide) compare_windows<uint8_t, int8_t, int32_t>(tile, compiled);
    if (tile.row.type == "i16" && wide) compare_windows<int16_t, int16_t, int32_t>(tile, compiled);
    if (tile.row.type == "i16" && !wide) compare_windows<int16_t, int8_t, int32_t>(tile, compiled);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Gemm, testing::ValuesIn(machines()), machine_name);

}  // namespace
}  // namespace turnstone
