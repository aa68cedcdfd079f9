#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>

#include "base/guarded.h"
#include "kernels/harness.h"
#include "kernels/narrow.h"

namespace turnstone {
namespace {

// `struct window` of the templates.
struct Window {
  long rows, row_depth, blocks, block_step, block_depth, taps, tap_step, tap_depth, length;
  long depth() const {
    return (rows - 1) * row_depth + (blocks - 1) * block_depth + (taps - 1) * tap_depth + length;
  }
};

// What an instantiation is made for, and where it goes.
struct Tile {
  KernelRow row;
  int rows, columns, vectors;
  std::string weight;            // C type of w
  int stride = 1, dilation = 1;  // of rows
  bool is_real() const { return row.name == "gemm/fma"; }
  std::string name() const {
    return fmt::format("{}_{}_{}_{}x{}x{}_s{}_d{}", std::string(row.name.substr(5)), row.type,
                       weight == "short"         ? "i16"
                       : weight == "signed char" ? "i8"
                                                 : weight,
                       rows, columns, vectors, stride, dilation);
  }
};

std::string type_of(std::string_view type) {
  if (type.ends_with("f32") || type == "bf16") return std::string(type);
  if (type == "i8") return "signed char";
  return type == "u8" ? "unsigned char" : "short";
}

std::vector<std::string> weights_of(const KernelRow& row) {
  if (row.name == "gemm/fma") return {"f32", "f16", "bf16"};
  if (row.type == "i16") return {"signed char", "short"};
  return {"signed char"};
}

// Corners of the legal range and what lies between; all of them for floats, where it costs seconds
// to compile them for every type.
std::vector<Tile> tiles_of(const Machine& machine) {
  std::vector<Tile> tiles;
  for (const auto& row : kernel_rows()) {
    if (!row.name.starts_with("gemm/") || row.name == "gemm/amx" || row.lanes != machine.lanes ||
        row.needs != machine.feature)
      continue;
    const int most = row.columns.to, widest = row.vectors.to;
    for (const auto& weight : weights_of(row)) {
      tiles.push_back({row, 1, 1, 1, weight});
      tiles.push_back({row, 1, most, 1, weight});
      tiles.push_back({row, 1, 3, 2, weight});
      tiles.push_back({row, 2, 3, 1, weight, 2, 1});
      if (row.type != "f32" || weight != "f32") continue;
      tiles.push_back({row, 1, 1, widest, weight});
      tiles.push_back({row, 1, most, widest, weight});
      tiles.push_back({row, 1, 6, 2, weight});
      tiles.push_back({row, 2, 4, 2, weight, 1, 2});
      tiles.push_back({row, row.rows.to, 2, 1, weight});
    }
  }
  return tiles;
}

// Whether the kernel multiplies inputs in an order that it is given.
bool is_picked(const KernelRow& row) { return row.name == "gemm/picked"; }

// Which whole blocks have sums of four: none, some or all.
int fours(const Tile& tile) { return tile.columns == 1 ? 1 : tile.rows == 2 ? 0 : 2; }

// Steps of a run that pick from anywhere.
long extra_steps(const Tile& tile) { return is_picked(tile.row) && tile.columns == 1 ? 2 : 0; }

// Whether the kernel reads bytes without a sign, and moves those with one up by 128.
bool flips_signs(const KernelRow& row) {
  return (row.name == "gemm/vnni" || row.name == "gemm/bytes" || is_picked(row)) &&
         row.type == "i8";
}

// What it takes off those without a sign.
int taken_off(const KernelRow& row) {
  return row.name == "gemm/mull" && row.type == "u8" ? 128 : 0;
}

std::string instantiate(const Tile& tile) {
  const bool whole = !tile.is_real();
  const auto sum = whole ? "int" : "float", store = whole ? "vi_store" : "vf_store";
  std::string text = fmt::format(
      "#define NAME {0}_kernel\n#define OUTPUT_ROWS {1}\n#define COLUMNS {2}\n#define VECTORS {3}\n"
      "#define STRIDE {4}\n#define DILATION {5}\n#define PREFETCH_EVERY {6}\n"
      "#define PREFETCH_LINES {7}\n#define EPILOGUE_ARGUMENTS , {8} *y, long y_stride\n"
      "#define STORE(row, column, vector, value) \\\n"
      "  {9}(y + ((row) * {2} + (column)) * y_stride + (vector) * LANES, value);\n",
      tile.name(), tile.rows, tile.columns, tile.vectors, tile.stride, tile.dilation,
      tile.columns != 3     ? 0
      : is_picked(tile.row) ? 4
                            : 2,
      tile.vectors, sum, store);
  auto input = type_of(tile.row.type);
  if (tile.row.name == "gemm/mmla" || tile.row.name == "gemm/mull" || input == "bf16")
    text += fmt::format("#define INPUT {}\n", input);
  if (tile.row.type == "i16" || tile.weight.ends_with("f16"))
    text += fmt::format("#define WEIGHT {}\n", tile.weight);
  const bool flips = flips_signs(tile.row);
  if (flips) text += "#define X_SIGNED 1\n";
  if (is_picked(tile.row))
    text +=
        fmt::format("#define FOURS {}\n#define EXTRA_STEPS {}\n", fours(tile), extra_steps(tile));
  if (flips) input = "unsigned char";
  text += kernel_text(tile.row.name);
  text += fmt::format(
      "void {0}(const {1} *const *rows, long x_at, long x_stride, const struct window *window,\n"
      "         const {2} *w, const unsigned char *order, const {3} *bias, {3} *y, long y_stride) "
      "{{\n"
      "  (void)order;\n"
      "  {0}_kernel(rows, x_at, x_stride, *window, w, {4}bias, w, y, y_stride);\n}}\n",
      tile.name(), input, tile.weight, sum, is_picked(tile.row) ? "order, " : "");
  return text;
}

// Inputs of one depth step.
long taken_at_once(const KernelRow& row) {
  if (row.layout == "eights") return 8;
  return row.layout == "quads" ? 4 : row.layout == "pairs" ? 2 : 1;
}

// Where the weight of depth step `k` (an input), channel `n` lies.
size_t place(const Tile& tile, long k, long n) {
  const long group = taken_at_once(tile.row);
  const long channels = long{tile.vectors} * tile.row.lanes;
  return static_cast<size_t>((k / group * channels + n) * group + k % group);
}

template <class X>
struct Rows {
  std::vector<std::unique_ptr<Guarded<X>>> memory;
  std::vector<const X*> pointers;
};

// One piece of guarded memory for each row; the first input is `first` elements behind a pointer.
template <class X>
Rows<X> make_rows(const Tile& tile, const Window& window, long stride, long first,
                  std::mt19937& random) {
  Rows<X> rows;
  const long reach = (tile.columns - 1) * stride + (window.blocks - 1) * window.block_step +
                     (window.taps - 1) * window.tap_step + window.length;
  const long count = (window.rows - 1) * tile.dilation + 1 + (tile.rows - 1) * tile.stride;
  for (long row = 0; row < count; ++row) {
    auto memory = std::make_unique<Guarded<X>>(static_cast<size_t>(reach));
    if constexpr (std::is_integral_v<X>)
      memory->fill(random, double{std::numeric_limits<X>::min()},
                   double{std::numeric_limits<X>::max()});
    else
      memory->fill(random, -1, 1);
    rows.pointers.push_back(memory->data() - first);
    rows.memory.push_back(std::move(memory));
  }
  return rows;
}

// Calls visit(row, offset in the row, depth step) for each input of output [row, column].
template <class Visit>
void visit_window(const Tile& tile, const Window& window, long stride, long row, long column,
                  Visit visit) {
  for (long i = 0; i < window.rows; ++i)
    for (long b = 0; b < window.blocks; ++b)
      for (long j = 0; j < window.taps; ++j)
        for (long k = 0; k < window.length; ++k)
          visit(row * tile.stride + i * tile.dilation,
                column * stride + b * window.block_step + j * window.tap_step + k,
                i * window.row_depth + b * window.block_depth + j * window.tap_depth, k);
}

// Weights as gemm/bytes wants them, up to its limits: pairs of one sign sum up to 128, others are
// any.
template <class W>
void keep_pairs_small(Guarded<W>& w, long count, std::mt19937& random) {
  w.fill(random, -64, 64);
  for (long k = 0; k + 1 < count; k += 6) {
    w[static_cast<size_t>(k)] = static_cast<W>(k % 12 ? 127 : 1);
    w[static_cast<size_t>(k + 1)] = static_cast<W>(k % 12 ? -128 : 127);
  }
}

// Whether the run has ended before step `k`.
bool has_ended(const Tile& tile, const Window& window, const uint8_t* order, long k) {
  const auto length = window.length - 4 * extra_steps(tile);
  return k >= length && order[k / 4 * 4] & 128;
}

// The inputs of a run that its step `k` picks from begin here.
long from_of(const Tile& tile, const Window& window, const uint8_t* order, long k) {
  constexpr long block = 16;
  const auto length = window.length - 4 * extra_steps(tile);
  if (k < length) return std::min(k / block * block, length - block);
  long from = 0;
  for (long i = 0; i < 4; ++i) from |= long{order[k / 4 * 4 + i] >> 4 & 7} << (3 * i);
  return 4 * from;
}

// Calls visit(depth step) for the first step of each run.
template <class Visit>
void visit_runs(const Window& window, Visit visit) {
  for (long i = 0; i < window.rows; ++i)
    for (long b = 0; b < window.blocks; ++b)
      for (long j = 0; j < window.taps; ++j)
        visit(i * window.row_depth + b * window.block_depth + j * window.tap_depth);
}

// Any order, bits that mean nothing, for a half of the whole blocks sums of four, and extra steps
// from anywhere.
void fill_order(Guarded<uint8_t>& order, const Tile& tile, const Window& window,
                std::mt19937& random) {
  order.fill(random, 0, 63);
  const auto length = window.length - 4 * extra_steps(tile);
  visit_runs(window, [&](long depth) {
    for (long k = 0; k + 16 <= length; k += 16)
      if (fours(tile) == 2 || (fours(tile) == 1 && random() % 2))
        order[static_cast<size_t>(depth + k)] |= 64;
    const auto end = length + 4 * static_cast<long>(random() % 3);
    for (long k = length; k < window.length; k += 4) {
      const auto from = random() % static_cast<unsigned>((length - 16) / 4 + 1);
      for (long i = 0; i < 4; ++i)
        order[static_cast<size_t>(depth + k + i)] =
            static_cast<uint8_t>(random() % 16 | (from >> (3 * i) & 7) << 4);
      if (k >= end) order[static_cast<size_t>(depth + k)] |= 128;
    }
  });
}

// Weights as gemm/picked wants them, up to its limits.
void keep_sums_small(Guarded<int8_t>& w, const Tile& tile, const Window& window,
                     Guarded<uint8_t>& order, std::mt19937& random) {
  using Weights = std::array<int, 4>;
  const auto any = [&](int most) { return static_cast<int>(random() % (2u * most + 1)) - most; };
  const auto two = [&] {
    const Weights of[] = {{any(64), any(64)}, {127, 1}, {-128, 127}, {0, -128}};
    return of[random() % std::size(of)];
  };
  const auto four = [&] {
    const Weights of[] = {{any(32), any(32), any(32), any(32)},
                          {127, 1, -128, 0},
                          {-64, 64, 64, -64},
                          {0, 127, 1, -127}};
    return of[random() % std::size(of)];
  };
  visit_runs(window, [&](long depth) {
    for (long k = 0; k < window.length; k += 4)
      for (long n = 0; n < long{tile.vectors} * tile.row.lanes; ++n)
        for (const long j : {0, 2}) {
          const auto put = [&](long at, int first, int second) {
            const auto run = static_cast<size_t>(depth * tile.vectors * tile.row.lanes);
            w[run + place(tile, at + j, n)] = static_cast<int8_t>(first);
            w[run + place(tile, at + j + 1, n)] = static_cast<int8_t>(second);
          };
          const long block = k / 16 * 16;
          const bool whole = block + 16 <= window.length - 4 * extra_steps(tile);
          if (!whole || !(order[static_cast<size_t>(depth + block)] & 64)) {
            const auto pair = two();
            put(k, pair[0], pair[1]);
          } else if (k % 8 == 0) {
            const auto all = four();
            put(k, all[0], all[1]);
            put(k + 4, all[2], all[3]);
          }
        }
  });
}

template <class X, class W, class Sum>
void compare(const Tile& tile, const Compiled& compiled, const Window& window, long stride,
             bool has_bias) {
  SCOPED_TRACE(fmt::format("{} rows {} blocks {} taps {} length {}", tile.name(), window.rows,
                           window.blocks, window.taps, window.length));
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  constexpr long first = 5;
  const long channels = long{tile.vectors} * tile.row.lanes;
  const auto rows = make_rows<X>(tile, window, stride, first, random);
  Guarded<W> w(static_cast<size_t>(window.depth() * channels));
  Guarded<Sum> bias(static_cast<size_t>(channels));
  Guarded<Sum> y(static_cast<size_t>(tile.rows * tile.columns * channels));
  const bool is_float = tile.is_real();
  w.fill(random, is_float ? -1 : -127, is_float ? 1 : sizeof(W) == 2 ? 3000 : 127);
  if (tile.row.name == "gemm/bytes") keep_pairs_small(w, window.depth() * channels, random);
  Guarded<uint8_t> order(static_cast<size_t>(window.depth()));
  if (is_picked(tile.row)) fill_order(order, tile, window, random);
  if constexpr (std::is_same_v<W, int8_t>)
    if (is_picked(tile.row)) keep_sums_small(w, tile, window, order, random);
  bias.fill(random, -100, 100);
  using Function = void(const X* const*, long, long, const Window*, const W*, const uint8_t*,
                        const Sum*, Sum*, long);
  auto function = compiled.find<Function>(tile.name());
  if (!function) return;
  function(rows.pointers.data(), first, stride, &window, w.data(), order.data(),
           has_bias ? bias.data() : nullptr, y.data(), channels);

  const bool flips = flips_signs(tile.row);
  for (long r = 0; r < tile.rows; ++r)
    for (long c = 0; c < tile.columns; ++c)
      for (long n = 0; n < channels; ++n) {
        double want = has_bias ? bias[static_cast<size_t>(n)] : 0, size = std::abs(want);
        int64_t exact = static_cast<int64_t>(want);
        visit_window(tile, window, stride, r, c, [&](long row, long offset, long depth, long k) {
          if (has_ended(tile, window, order.data() + depth, k)) return;
          if (is_picked(tile.row))
            offset += from_of(tile, window, order.data() + depth, k) +
                      (order[static_cast<size_t>(depth + k)] & 15) - k;
          const auto input = rows.pointers[static_cast<size_t>(row)][first + offset];
          const auto weight = w[static_cast<size_t>(depth * channels) + place(tile, k, n)];
          if constexpr (std::is_same_v<Sum, float>) {
            want += static_cast<double>(input) * static_cast<double>(weight);
            size += std::abs(static_cast<double>(input) * static_cast<double>(weight));
          } else {
            const auto moved = flips ? static_cast<int8_t>(input) + 128 : input;
            exact += int64_t{moved - taken_off(tile.row)} * weight;
          }
        });
        const auto got = y[static_cast<size_t>((r * tile.columns + c) * channels + n)];
        if constexpr (std::is_same_v<Sum, float>) {
          // Every one of the sums may round by half a unit.
          const double terms = static_cast<double>(window.depth() + 1);
          ASSERT_NEAR(got, want, size * terms * 6e-8)
              << "row " << r << " column " << c << " channel " << n;
        } else {
          ASSERT_EQ(got, static_cast<int32_t>(exact))
              << "row " << r << " column " << c << " channel " << n;
        }
      }
  EXPECT_TRUE(w.is_intact() && bias.is_intact() && y.is_intact());
  for (const auto& row : rows.memory) EXPECT_TRUE(row->is_intact());
}

template <class X, class W, class Sum>
void compare_windows(const Tile& tile, const Compiled& compiled) {
  const long group = taken_at_once(tile.row);
  const long more = is_picked(tile.row) ? 16 - group + 4 * extra_steps(tile) : 0;
  for (const long groups : {1L, 2L, 3L, 4L, 5L, 9L, 32L}) {
    const auto length = groups * group + more;
    compare<X, W, Sum>(tile, compiled, {1, 0, 1, 0, 0, 1, 0, 0, length}, length, true);
  }
  const long c = 3 * group + more;  // channels of the input
  compare<X, W, Sum>(tile, compiled, {3, 3 * c, 1, 0, 0, 1, 0, 0, 3 * c}, c, false);
  compare<X, W, Sum>(tile, compiled, {3, 3 * c, 1, 0, 0, 1, 0, 0, 3 * c}, 2 * c, true);
  compare<X, W, Sum>(tile, compiled, {3, 3 * c, 1, 0, 0, 3, 2 * c, c, c}, c, true);
  compare<X, W, Sum>(tile, compiled, {2, 3 * c, 1, 0, 0, 1, 0, 0, 2 * c}, c, true);
  compare<X, W, Sum>(tile, compiled, {3, 3 * c, 3, 40 * group, c, 1, 0, 0, c}, group, true);
  compare<X, W, Sum>(tile, compiled, {2, 8 * c, 2, 40 * c, 4 * c, 2, 2 * c, 2 * c, c}, c, true);
}

template <class X>
void compare_reals(const Tile& tile, const Compiled& compiled) {
  if (tile.weight == "f32") compare_windows<X, float, float>(tile, compiled);
  if (tile.weight == "f16") compare_windows<X, Half16, float>(tile, compiled);
  if (tile.weight == "bf16") compare_windows<X, Upper, float>(tile, compiled);
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
    if (tile.row.type == "f32") compare_reals<float>(tile, compiled);
    if (tile.row.type == "bf16") compare_reals<Upper>(tile, compiled);
    if (tile.row.type == "i8") compare_windows<int8_t, int8_t, int32_t>(tile, compiled);
    if (tile.row.type == "u8") compare_windows<uint8_t, int8_t, int32_t>(tile, compiled);
    if (tile.row.type == "i16" && wide) compare_windows<int16_t, int16_t, int32_t>(tile, compiled);
    if (tile.row.type == "i16" && !wide) compare_windows<int16_t, int8_t, int32_t>(tile, compiled);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Gemm, testing::ValuesIn(machines()), machine_name);

}  // namespace
}  // namespace turnstone
