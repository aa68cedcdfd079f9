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

// `struct window` of the templates. Depths count weights, filled up to whole tiles.
struct Window {
  long rows, row_depth, blocks, block_step, block_depth, taps, tap_step, tap_depth, length;
};

struct Tile {
  int columns, channels, dilation = 1;
  std::string name() const { return fmt::format("amx_{}x{}_d{}", columns, channels, dilation); }
};

const Tile tiles[] = {{1, 16}, {7, 32}, {16, 32}, {17, 16}, {28, 32}, {32, 32}, {13, 16, 2}};

std::string text_for(const Machine& machine) {
  auto text = paste(machine, {"vector", "window", "tiles"});
  for (const auto& tile : tiles) {
    text += fmt::format(
        "#define NAME {0}_kernel\n#define COLUMNS {1}\n#define VECTORS ({2} / LANES)\n"
        "#define DILATION {3}\n#define EPILOGUE_ARGUMENTS , float *y\n"
        "#define STORE(row, column, vector, value) \\\n"
        "  vf_store(y + (column) * {2} + (vector) * LANES, value);\n",
        tile.name(), tile.columns, tile.channels, tile.dilation);
    text += kernel_text("gemm/amx");
    text += fmt::format(
        "void {0}(const bf16 *const *rows, long x_at, long x_stride, const struct window *window,\n"
        "         const bf16 *w, const float *bias, float *y) {{\n"
        "  {0}_kernel(rows, x_at, x_stride, *window, w, bias, 0, y);\n}}\n",
        tile.name());
  }
  return text;
}

constexpr long whole_tiles(long length) { return (length + 31) / 32 * 32; }

void compare(const Tile& tile, const Compiled& compiled, const Window& window, long stride,
             bool has_bias) {
  SCOPED_TRACE(fmt::format("{} rows {} blocks {} taps {} length {}", tile.name(), window.rows,
                           window.blocks, window.taps, window.length));
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  constexpr long first = 5;
  const long reach = (tile.columns - 1) * stride + (window.blocks - 1) * window.block_step +
                     (window.taps - 1) * window.tap_step + window.length;
  std::vector<std::unique_ptr<Guarded<Upper>>> memory;
  std::vector<const Upper*> rows;
  for (long row = 0; row < (window.rows - 1) * tile.dilation + 1; ++row) {
    memory.push_back(std::make_unique<Guarded<Upper>>(static_cast<size_t>(reach)));
    memory.back()->fill(random, -1, 1);
    rows.push_back(memory.back()->data() - first);
  }
  const long depth = window.rows * window.row_depth;
  Guarded<Upper> w(static_cast<size_t>(depth * tile.channels));
  std::fill_n(w.data(), w.size(), Upper());
  const auto place = [&](long k, long n) {
    return static_cast<size_t>((k / 2 * tile.channels + n) * 2 + k % 2);
  };
  const auto visit = [&](auto body) {
    for (long i = 0; i < window.rows; ++i)
      for (long b = 0; b < window.blocks; ++b)
        for (long j = 0; j < window.taps; ++j)
          for (long k = 0; k < window.length; ++k)
            body(i, b * window.block_step + j * window.tap_step + k,
                 i * window.row_depth + b * window.block_depth + j * window.tap_depth + k);
  };
  visit([&](long, long, long at) {
    for (long n = 0; n < tile.channels; ++n)
      w[place(at, n)] = Upper(static_cast<double>(random()) / 0x80000000u - 1);
  });
  Guarded<float> bias(static_cast<size_t>(tile.channels));
  Guarded<float> y(static_cast<size_t>(tile.columns * tile.channels));
  bias.fill(random, -1, 1);
  using Function =
      void(const Upper* const*, long, long, const Window*, const Upper*, const float*, float*);
  auto function = compiled.find<Function>(tile.name());
  if (!function) return;
  function(rows.data(), first, stride, &window, w.data(), has_bias ? bias.data() : nullptr,
           y.data());
  for (long c = 0; c < tile.columns; ++c)
    for (long n = 0; n < tile.channels; ++n) {
      double want = has_bias ? bias[static_cast<size_t>(n)] : 0, size = std::abs(want);
      visit([&](long row, long offset, long at) {
        const double input =
            rows[static_cast<size_t>(row * tile.dilation)][first + c * stride + offset];
        const double product = input * static_cast<double>(w[place(at, n)]);
        want += product;
        size += std::abs(product);
      });
      ASSERT_NEAR(y[static_cast<size_t>(c * tile.channels + n)], want,
                  size * static_cast<double>(depth + 1) * 6e-8)
          << "column " << c << " channel " << n;
    }
  EXPECT_TRUE(w.is_intact() && bias.is_intact() && y.is_intact());
  for (const auto& row : memory) EXPECT_TRUE(row->is_intact());
}

class Amx : public testing::TestWithParam<Machine> {};

TEST_P(Amx, AgreesWithTheNaiveLoop) {
  const auto& machine = GetParam();
  const Compiled compiled(machine, text_for(machine));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  for (const auto& tile : tiles) {
    for (const long length : {1L, 2L, 31L, 32L, 33L, 64L, 96L}) {
      const auto depth = whole_tiles(length);
      compare(tile, compiled, {1, depth, 1, 0, 0, 1, 0, 0, length}, length, length % 2 == 0);
    }
    const long c = 24;
    compare(tile, compiled, {3, 96, 1, 0, 0, 1, 0, 0, 3 * c}, c, true);
    compare(tile, compiled, {3, 96, 1, 0, 0, 1, 0, 0, 3 * c}, 2 * c, false);
    compare(tile, compiled, {3, 96, 1, 0, 0, 3, 2 * c, 32, c}, c, true);
    compare(tile, compiled, {2, 128, 2, 80 * c, 64, 2, 2 * c, 32, c}, c, true);
    if (HasFatalFailure()) return;
  }
}

// Machines that compile the plain C, and the one that has the instructions.
std::vector<Machine> amx_machines() {
  auto all = machines();
  for (auto& machine : all)  // plain C moves tiles by memcpy and memset
    if (machine.library.empty()) machine.library = "-lc";
  all.push_back({"x86_64_amx", 16,
                 "--target=x86_64-linux-gnu -march=x86-64-v4 -mamx-tile -mamx-bf16 "
                 "-mprefer-vector-width=512",
                 KernelFeature::amx_bf16, has_amx_bf16()});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Machines, Amx, testing::ValuesIn(amx_machines()), machine_name);

TEST(AmxListing, HoldsTilesAndCallsNothing) {
  const auto machine = amx_machines().back();
  std::string folder = testing::TempDir() + "amx-XXXXXX";
  ASSERT_TRUE(mkdtemp(folder.data()));
  std::ofstream(folder + "/amx.c") << text_for(machine);
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
  // One product for each pair of tiles: of 7 kernels two have four, two have two, three have one
  // or two; the loop stands once.
  EXPECT_EQ(count("\tldtilecfg\t"), std::size(tiles));
  EXPECT_EQ(count("\ttilerelease"), std::size(tiles));
  EXPECT_EQ(count("\ttdpbf16ps\t"), size_t{1 + 2 + 2 + 2 + 4 + 4 + 1});
  EXPECT_EQ(count("\ttilestored\t"), size_t{1 + 2 + 2 + 2 + 4 + 4 + 1});
  EXPECT_GE(count("\ttileloadd\t"), size_t{2 + 3 + 3 + 3 + 4 + 4 + 2});
  EXPECT_EQ(count("\tcallq\tv_"), 0u);
}

}  // namespace
}  // namespace turnstone
