// The kernel on tiles: by the plain C that tiles mean, on every machine; with their instructions
// where a processor has them; and what clang makes of those.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/guarded.h"
#include "kernels/harness.h"
#include "kernels/narrow.h"

namespace turnstone {
namespace {

// `struct window` of the templates. Depths count weights.
struct Window {
  long rows, row_depth, blocks, block_step, block_depth, taps, tap_step, tap_depth, length;
};

struct Tile {
  int rows, columns, channels, stride = 1, dilation = 1, prefetches = 0;
  std::string name(std::string_view type) const {
    return fmt::format("amx_{}_{}x{}x{}_s{}_d{}", type, rows, columns, channels, stride, dilation);
  }
  int input_rows(long window_rows) const {
    return static_cast<int>((window_rows - 1) * dilation + 1 + (rows - 1) * stride);
  }
};

const Tile tiles[] = {{1, 1, 16},  {1, 7, 32},        {1, 16, 32, 1, 1, 2}, {1, 17, 16},
                      {1, 28, 32}, {1, 32, 32},       {1, 13, 16, 1, 2},    {2, 14, 32, 2},
                      {2, 1, 16},  {2, 16, 32, 1, 2}, {2, 7, 16, 1, 1, 1}};

struct Element {
  std::string_view name, type, weight, sum;
};
const Element elements[] = {{"bf16", "bf16", "bf16", "float"},
                            {"i8", "signed char", "signed char", "int"},
                            {"u8", "unsigned char", "signed char", "int"}};

// Each kernel in a function of its own: with the window as an argument, or of one step.
std::string text_for(const Machine& machine, bool of_one_step = false) {
  auto text = paste(machine, {"vector", "window", "tiles"});
  for (const auto& element : elements)
    for (const auto& tile : tiles) {
      text += fmt::format(
          "#define NAME {0}_kernel\n#define INPUT {1}\n#define OUTPUT_ROWS {2}\n#define COLUMNS "
          "{3}\n#define VECTORS ({4} / LANES)\n#define STRIDE {5}\n#define DILATION {6}\n"
          "#define PREFETCH_FIRST {7}\n#define PREFETCH_EACH {7}\n",
          tile.name(element.name), element.type, tile.rows, tile.columns, tile.channels,
          tile.stride, tile.dilation, tile.prefetches);
      text += kernel_text("gemm/amx");
      text += fmt::format(
          "void {0}(const {1} *const *rows, long x_at, long x_stride, const struct window "
          "*window,\n"
          "         const {2} *w, const {3} *bias, {3} *sums) {{\n"
          "  static const struct v_tile_shapes shapes = V_TILE_SHAPES({4}, {5});\n"
          "  struct v_tiles memory, *tiles = &memory;\n  v_tiles_begin(tiles, &shapes);\n"
          "  {0}_kernel(tiles, rows, x_at, x_stride, {6}, (const {1} *)w, bias, w, sums);\n"
          "  v_tiles_end();\n}}\n",
          tile.name(element.name), element.type, element.weight, element.sum, tile.rows,
          tile.columns,
          of_one_step ? "(struct window){.rows = 1, .blocks = 1, .taps = 1, .length = 1}"
                      : "*window");
    }
  return text;
}

template <class Input>
constexpr long step = 64 / sizeof(Input);

// Sums of bytes are exact, those of reals differ as their order may.
double room_for(const float*, double size, long depth) {
  return size * static_cast<double>(depth + 1) * 6e-8;
}
double room_for(const int32_t*, double, long) { return 0; }

template <class Input, class Weight, class Sum>
void compare(const Tile& tile, std::string_view type, const Compiled& compiled,
             const Window& window, long stride, bool has_bias) {
  SCOPED_TRACE(fmt::format("{} rows {} blocks {} taps {} length {}", tile.name(type), window.rows,
                           window.blocks, window.taps, window.length));
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  constexpr long first = 5;
  const auto from = std::is_same_v<Sum, float> ? -1.0 : std::is_signed_v<Input> ? -128.0 : 0.0;
  const auto to = std::is_same_v<Sum, float> ? 1.0 : std::is_signed_v<Input> ? 127.0 : 255.0;
  const long reach = (tile.columns - 1) * stride + (window.blocks - 1) * window.block_step +
                     (window.taps - 1) * window.tap_step + window.length;
  std::vector<std::unique_ptr<Guarded<Input>>> memory;
  std::vector<const Input*> rows;
  for (int row = 0; row < tile.input_rows(window.rows); ++row) {
    memory.push_back(std::make_unique<Guarded<Input>>(static_cast<size_t>(reach)));
    memory.back()->fill(random, from, to);
    rows.push_back(memory.back()->data() - first);
  }
  const long depth = window.rows * window.row_depth;
  Guarded<Weight> w(static_cast<size_t>(depth * tile.channels));
  w.fill(random, std::is_same_v<Sum, float> ? -1 : -128, std::is_same_v<Sum, float> ? 1 : 127);
  constexpr long group = 4 / sizeof(Input);
  const auto place = [&](long k, long n) {
    return static_cast<size_t>((k / group * tile.channels + n) * group + k % group);
  };
  Guarded<Sum> bias(static_cast<size_t>(tile.channels));
  Guarded<Sum> sums(static_cast<size_t>(tile.rows * tile.columns * tile.channels));
  bias.fill(random, from, to);
  using Function =
      void(const Input* const*, long, long, const Window*, const Weight*, const Sum*, Sum*);
  auto function = compiled.find<Function>(tile.name(type));
  if (!function) return;
  function(rows.data(), first, stride, &window, w.data(), has_bias ? bias.data() : nullptr,
           sums.data());
  const auto expect = [&](long r, long c, long n) {
    double want = has_bias ? static_cast<double>(bias[static_cast<size_t>(n)]) : 0;
    double size = std::abs(want);
    for (long i = 0; i < window.rows; ++i)
      for (long b = 0; b < window.blocks; ++b)
        for (long j = 0; j < window.taps; ++j)
          for (long k = 0; k < window.length; ++k) {
            const auto at =
                i * window.row_depth + b * window.block_depth + j * window.tap_depth + k;
            const auto offset = b * window.block_step + j * window.tap_step + k;
            const auto* row = rows[static_cast<size_t>(r * tile.stride + i * tile.dilation)];
            const double product = static_cast<double>(row[first + c * stride + offset]) *
                                   static_cast<double>(w[place(at, n)]);
            want += product;
            size += std::abs(product);
          }
    ASSERT_NEAR(sums[static_cast<size_t>((r * tile.columns + c) * tile.channels + n)], want,
                room_for(sums.data(), size, depth))
        << "row " << r << " column " << c << " channel " << n;
  };
  for (long r = 0; r < tile.rows; ++r)
    for (long c = 0; c < tile.columns; ++c)
      for (long n = 0; n < tile.channels; ++n) expect(r, c, n);
  EXPECT_TRUE(w.is_intact() && bias.is_intact() && sums.is_intact());
  for (const auto& row : memory) EXPECT_TRUE(row->is_intact());
}

template <class Input, class Weight, class Sum>
void compare_all(const Tile& tile, std::string_view type, const Compiled& compiled) {
  constexpr long s = step<Input>;
  const auto check = [&](const Window& window, long stride, bool has_bias) {
    compare<Input, Weight, Sum>(tile, type, compiled, window, stride, has_bias);
  };
  for (const long length : {s, 2 * s, 3 * s})
    check({1, length, 1, 0, 0, 1, 0, 0, length}, length, length == s);
  check({3, 3 * s, 1, 0, 0, 1, 0, 0, 3 * s}, s, true);
  check({3, 3 * s, 1, 0, 0, 1, 0, 0, 3 * s}, 2 * s, false);
  check({3, 3 * s, 1, 0, 0, 3, 2 * s, s, s}, s, true);
  check({2, 4 * s, 2, 80 * s, 2 * s, 2, 2 * s, s, s}, s, true);
  // Pixels of fewer channels than a run takes.
  check({2, 2 * s, 1, 0, 0, 2, 24, s, s}, 24, true);
}

class Amx : public testing::TestWithParam<Machine> {};

TEST_P(Amx, AgreesWithTheNaiveLoop) {
  const auto& machine = GetParam();
  const Compiled compiled(machine, text_for(machine));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  for (const auto& tile : tiles) {
    compare_all<Upper, Upper, float>(tile, "bf16", compiled);
    compare_all<int8_t, int8_t, int32_t>(tile, "i8", compiled);
    compare_all<uint8_t, int8_t, int32_t>(tile, "u8", compiled);
    if (HasFatalFailure()) return;
  }
}

// Machines that compile the plain C, and the one that has the instructions.
std::vector<Machine> amx_machines() {
  auto all = machines();
  for (auto& machine : all)  // plain C moves tiles by memcpy and memset
    if (machine.library.empty()) machine.library = "-lc";
  all.push_back({"x86_64_amx", 16,
                 "--target=x86_64-linux-gnu -march=x86-64-v4 -mamx-tile -mamx-bf16 -mamx-int8 "
                 "-mprefer-vector-width=512",
                 KernelFeature::amx_bf16, has_amx_bf16()});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Machines, Amx, testing::ValuesIn(amx_machines()), machine_name);

TEST(AmxListing, HoldsTilesAndCallsNothing) {
  const auto machine = amx_machines().back();
  std::string folder = testing::TempDir() + "amx-XXXXXX";
  ASSERT_TRUE(mkdtemp(folder.data()));
  std::ofstream(folder + "/amx.c") << text_for(machine, true);
  const auto command = "clang-19 " + std::string(machine.flags) +
                       " -std=gnu11 -ffreestanding -O2 -fPIC -S -o " + folder + "/amx.s " + folder +
                       "/amx.c";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::stringstream listing;
  listing << std::ifstream(folder + "/amx.s").rdbuf();
  std::filesystem::remove_all(folder);
  const auto text = listing.str();
  const auto count = [&](std::string_view word) {
    size_t n = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
    return n;
  };
  // One product for each pair of tiles of inputs and of weights.
  size_t products = 0, inputs = 0;
  for (const auto& tile : tiles) {
    const size_t high = tile.rows > 1 || tile.columns > 16 ? 2 : 1,
                 wide = tile.channels > 16 ? 2 : 1;
    products += high * wide;
    inputs += high + wide;
  }
  EXPECT_EQ(count("\tldtilecfg\t"), 3 * std::size(tiles));
  EXPECT_EQ(count("\ttilerelease"), 3 * std::size(tiles));
  EXPECT_EQ(count("\ttdpbf16ps\t"), products);
  EXPECT_EQ(count("\ttdpbssd\t"), products);
  EXPECT_EQ(count("\ttdpbusd\t"), products);
  EXPECT_EQ(count("\ttilestored\t"), 3 * products);
  EXPECT_EQ(count("\ttileloadd\t"), 3 * (inputs + products));  // sums begin with the bias
  EXPECT_EQ(count("\tcallq\tv_"), 0u);
}

}  // namespace
}  // namespace turnstone
