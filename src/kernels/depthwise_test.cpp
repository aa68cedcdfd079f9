#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/guarded.h"
#include "kernels/harness.h"
#include "kernels/narrow.h"

namespace turnstone {
namespace {

struct Tile {
  KernelRow row;
  int kernel_rows, kernel_columns, stride, dilation, columns, output_rows, tap_from, tap_to;
  int channels;             // below those of whole vectors: the last of a picture
  std::string weight = {};  // C type of w where it is real
  bool is_real() const { return row.name == "depthwise/fma"; }
  int input_rows() const { return (kernel_rows - 1) * dilation + 1 + (output_rows - 1) * stride; }
  bool has_pairs() const { return row.name == "depthwise/pairs"; }
  bool has_quads() const { return row.name == "depthwise/quads"; }
  bool has_words() const { return has_pairs() || has_quads(); }
  int rows_of_word() const { return has_quads() ? 4 : 2; }
  int words() const { return (kernel_rows + output_rows - 2) / rows_of_word() + 1; }
  std::string name() const {
    return fmt::format("{}_{}{}_{}x{}_s{}_d{}_{}x{}_t{}{}_c{}", row.name.substr(10), row.type,
                       weight, kernel_rows, kernel_columns, stride, dilation, output_rows, columns,
                       tap_from, tap_to, channels);
  }
};

std::vector<std::string> weights_of(const KernelRow& row) {
  if (row.name == "depthwise/fma") return {"f32", "f16", "bf16"};
  return {""};
}

std::vector<Tile> tiles_of(const Machine& machine) {
  std::vector<Tile> tiles;
  for (const auto& row : kernel_rows()) {
    if (!row.name.starts_with("depthwise/") || row.lanes != machine.lanes ||
        row.needs != machine.feature)
      continue;
    const int all = row.lanes * row.vectors.to, most = row.columns.to;
    if (row.name == "depthwise/pairs") {
      tiles.push_back({row, 3, 3, 1, 1, 4, 1, 0, 3, all});
      tiles.push_back({row, 3, 3, 2, 1, 3, 1, 0, 3, all});
      tiles.push_back({row, 4, 3, 1, 2, 2, 1, 0, 3, all});
      tiles.push_back({row, 5, 5, 1, 1, most, 1, 0, 5, all - 1});
      tiles.push_back({row, 1, 2, 2, 1, 2, 1, 0, 2, 1});
      continue;
    }
    if (row.name == "depthwise/quads") {
      tiles.push_back({row, 3, 3, 1, 1, 4, 2, 0, 3, all});
      tiles.push_back({row, 3, 3, 2, 1, 3, 1, 0, 3, all});
      tiles.push_back({row, 4, 3, 1, 2, 2, 1, 0, 3, all});
      tiles.push_back({row, 5, 5, 1, 1, 2, 2, 0, 5, all - 1});
      tiles.push_back({row, 5, 5, 1, 1, most, 2, 0, 5, row.lanes - 1});
      for (int vectors = 1; vectors < 4; ++vectors) {
        tiles.push_back({row, 3, 3, 1, 1, 2, 2, 0, 3, vectors * row.lanes});
        tiles.push_back({row, 2, 3, 1, 1, 2, 1, 0, 3, vectors * row.lanes + 3});
      }
      tiles.push_back({row, 1, 2, 2, 1, 2, 1, 0, 2, 1});
      continue;
    }
    for (const std::string& weight : weights_of(row)) {
      tiles.push_back({row, 3, 3, 1, 1, 4, 1, 0, 3, all, weight});
      tiles.push_back({row, 3, 3, 1, 1, most, 1, 0, 3, all - 1, weight});
      tiles.push_back({row, 5, 5, 1, 1, 2, 2, 0, 5, 1, weight});
      tiles.push_back({row, 1, 2, 2, 1, 2, 1, 0, 2, all / 2 + 1, weight});
      if (weight.ends_with("f16") || row.type == "bf16") continue;
      tiles.push_back({row, 3, 3, 2, 1, 3, 2, 0, 3, all, weight});
      tiles.push_back({row, 3, 3, 1, 1, 1, 2, 1, 3, all, weight});  // left edge
      tiles.push_back({row, 3, 3, 1, 1, 1, 1, 0, 2, all, weight});  // right edge
      tiles.push_back({row, 3, 3, 1, 2, 2, 1, 0, 3, all, weight});
    }
  }
  return tiles;
}

std::string type_of(std::string_view type) {
  if (type.ends_with("f32") || type == "bf16") return std::string(type);
  return type == "i8" ? "signed char" : "unsigned char";
}

std::string instantiate(const Tile& tile) {
  const bool whole = !tile.is_real();
  const auto sum = whole ? "int" : "float";
  const auto weight = tile.has_words() ? "int" : whole ? "short" : tile.weight;
  auto text = fmt::format(
      "#define NAME {}_kernel\n#define KERNEL_ROWS {}\n#define KERNEL_COLUMNS {}\n"
      "#define STRIDE {}\n#define DILATION {}\n#define COLUMNS {}\n#define OUTPUT_ROWS {}\n"
      "#define TAP_FROM {}\n#define TAP_TO {}\n#define CHANNELS {}\n",
      tile.name(), tile.kernel_rows, tile.kernel_columns, tile.stride, tile.dilation, tile.columns,
      tile.output_rows, tile.tap_from, tile.tap_to, tile.channels);
  if (tile.has_quads())
    text += fmt::format(
        "#define STORE_PIXEL(row, column, sums) \\\n"
        "  V_UNROLL for (int v = 0; v < (CHANNELS + LANES - 1) / LANES; ++v) \\\n"
        "      STORE(row, column, v, (sums)[v])\n");
  text += fmt::format(
      "#define EPILOGUE_ARGUMENTS , {} *y\n"
      "#define STORE(row, column, vector, value) \\\n"
      "  {}(y + ((row) * {} + (column)) * {} + (vector) * LANES, value, {} - (vector) * LANES);\n",
      sum, whole ? "vi_store_n" : "vf_store_n", tile.columns, tile.channels, tile.channels);
  if (tile.has_words())
    text +=
        fmt::format("#define INPUT {}\n#undef TAP_FROM\n#undef TAP_TO\n", type_of(tile.row.type));
  else if (whole)
    text += fmt::format("#define INPUT {}\n", type_of(tile.row.type));
  else
    text += fmt::format("#define INPUT {}\n#define WEIGHT {}\n", tile.row.type, weight);
  if (tile.has_quads()) text += fmt::format("#define QUADS {}\n", tile.words());
  text += kernel_text(tile.row.name);
  if (tile.has_quads()) text += "#undef STORE\n";
  return text + fmt::format(
                    "void {0}(const {1} *const *rows, long pixel, const {2} *w, long tap,\n"
                    "         const {3} *bias, {3} *y) {{\n"
                    "  {0}_kernel(rows, pixel, w, tap, bias, y);\n}}\n",
                    tile.name(), type_of(tile.row.type), weight, sum);
}

// The input rows; taps that the tile leaves out lie before the first or behind the last element.
template <class X>
struct Rows {
  std::vector<std::unique_ptr<Guarded<X>>> memory;
  std::vector<const X*> pointers;
};

template <class X>
Rows<X> make_rows(const Tile& tile, long pixel, std::mt19937& random) {
  Rows<X> rows;
  const long first = tile.tap_from * tile.dilation;
  const long last = (tile.tap_to - 1) * tile.dilation + (tile.columns - 1) * tile.stride;
  for (int r = 0; r < tile.input_rows(); ++r) {
    auto row =
        std::make_unique<Guarded<X>>(static_cast<size_t>((last - first) * pixel + tile.channels));
    if constexpr (std::is_integral_v<X>)
      row->fill(random, double{std::numeric_limits<X>::min()},
                double{std::numeric_limits<X>::max()});
    else
      row->fill(random, -1, 1);
    rows.pointers.push_back(row->data() - first * pixel);
    rows.memory.push_back(std::move(row));
  }
  return rows;
}

// Weights as depthwise/pairs and depthwise/quads take them, `tap` elements apart.
template <class W>
std::vector<int32_t> in_words(const Tile& tile, const W* w, long tap) {
  const int each = tile.rows_of_word();
  std::vector<int32_t> words;
  for (int o = 0; o < tile.output_rows; ++o)
    for (int y = 0; y < each * tile.words(); y += each)
      for (int k = 0; k < tile.kernel_columns; ++k)
        for (long n = 0; n < tap; ++n) {
          uint32_t word = 0;
          for (int r = 0; r < each && n < tile.channels; ++r)
            if (const int row = y + r - o; row >= 0 && row < tile.kernel_rows) {
              const auto weight =
                  static_cast<uint32_t>(int{w[(row * tile.kernel_columns + k) * tap + n]});
              word |= (each == 4 ? weight & 0xff : weight & 0xffff) << 32 / each * r;
            }
          words.push_back(static_cast<int32_t>(word));
        }
  return words;
}

template <class X, class W, class Sum>
void compare(const Tile& tile, const Compiled& compiled, bool has_bias) {
  SCOPED_TRACE(tile.name());
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  const bool is_float = tile.is_real();
  const long pixel = tile.channels + 3, taps = tile.kernel_rows * tile.kernel_columns;
  const auto channels = static_cast<size_t>(tile.channels);
  auto rows = make_rows<X>(tile, pixel, random);
  const long tap = tile.channels + 1;
  Guarded<W> w(static_cast<size_t>((taps - 1) * tap + tile.channels));
  Guarded<Sum> bias(channels), y(channels * static_cast<size_t>(tile.output_rows * tile.columns));
  w.fill(random, is_float ? -1 : -127, is_float ? 1 : 127);
  bias.fill(random, -10, 10);
  const auto run = [&]<class Weights>(const Weights* weights) {
    using Function = void(const X* const*, long, const Weights*, long, const Sum*, Sum*);
    if (auto function = compiled.find<Function>(tile.name()))
      function(rows.pointers.data(), pixel, weights, tap, has_bias ? bias.data() : nullptr,
               y.data());
  };
  if constexpr (std::is_integral_v<W>) {
    if (tile.has_words()) run(in_words(tile, w.data(), tap).data());
  }
  if (!tile.has_words()) run(w.data());
  const double added = tile.has_quads() && std::is_signed_v<X> ? 128 : 0;  // to every input

  for (int o = 0; o < tile.output_rows; ++o)
    for (int c = 0; c < tile.columns; ++c)
      for (long n = 0; n < tile.channels; ++n) {
        double want = has_bias ? bias[static_cast<size_t>(n)] : 0, size = std::abs(want);
        for (int i = 0; i < tile.kernel_rows; ++i)
          for (int j = tile.tap_from; j < tile.tap_to; ++j) {
            const int row = o * tile.stride + i * tile.dilation;
            const int column = c * tile.stride + j * tile.dilation;
            const double input =
                rows.pointers[static_cast<size_t>(row)][ptrdiff_t{column} * pixel + n];
            const double weight = w[static_cast<size_t>((i * tile.kernel_columns + j) * tap + n)];
            want += (is_float ? input : input + added) * weight;
            size += std::abs(input * weight);
          }
        const double got =
            y[(static_cast<size_t>(o * tile.columns + c)) * channels + static_cast<size_t>(n)];
        // Every one of the sums may round by half a unit; integers are exact.
        ASSERT_NEAR(got, want, is_float ? size * static_cast<double>(taps + 1) * 6e-8 : 0)
            << "row " << o << " column " << c << " channel " << n;
      }
  EXPECT_TRUE(w.is_intact() && bias.is_intact() && y.is_intact());
  for (const auto& row : rows.memory) EXPECT_TRUE(row->is_intact());
}

template <class X>
void compare_reals(const Tile& tile, const Compiled& compiled, bool has_bias) {
  if (tile.weight == "f32") compare<X, float, float>(tile, compiled, has_bias);
  if (tile.weight == "f16") compare<X, Half16, float>(tile, compiled, has_bias);
  if (tile.weight == "bf16") compare<X, Upper, float>(tile, compiled, has_bias);
}

class Depthwise : public testing::TestWithParam<Machine> {};

TEST_P(Depthwise, AgreesWithTheNaiveLoop) {
  const auto& machine = GetParam();
  const auto tiles = tiles_of(machine);
  if (tiles.empty()) GTEST_SKIP() << "no depthwise row is for " << machine.name << " alone";
  auto text = paste(machine, {"vector", "pairs"});
  for (const auto& tile : tiles) text += instantiate(tile);
  const Compiled compiled(machine, text);
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  for (const auto& tile : tiles)
    for (bool has_bias : {true, false}) {
      if (tile.row.type == "f32") compare_reals<float>(tile, compiled, has_bias);
      if (tile.row.type == "bf16") compare_reals<Upper>(tile, compiled, has_bias);
      const bool words = tile.has_words();
      if (tile.row.type == "i8" && words)
        compare<int8_t, int8_t, int32_t>(tile, compiled, has_bias);
      if (tile.row.type == "u8" && words)
        compare<uint8_t, int8_t, int32_t>(tile, compiled, has_bias);
      if (tile.row.type == "i8" && !words)
        compare<int8_t, int16_t, int32_t>(tile, compiled, has_bias);
      if (tile.row.type == "u8" && !words)
        compare<uint8_t, int16_t, int32_t>(tile, compiled, has_bias);
      if (HasFatalFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Machines, Depthwise, testing::ValuesIn(machines()), machine_name);

}  // namespace
}  // namespace turnstone
