#include "cli/peak.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace turnstone {
namespace {

// Enough chains to hide the latency of the multiply-add in two pipes.
constexpr int chains = 12;
constexpr int64_t rounds = 20'000;

template <int bytes>
struct Vector {
  typedef float type __attribute__((vector_size(bytes)));
};

// `rounds` times `chains` multiply-adds; the compiler fuses them as the function's target allows.
#define TURNSTONE_PEAK_LOOP(bytes)                                                             \
  typename Vector<bytes>::type sum[chains];                                                    \
  const typename Vector<bytes>::type factor = typename Vector<bytes>::type{} + 0.999f;         \
  const typename Vector<bytes>::type term = typename Vector<bytes>::type{} + 0.001f;           \
  for (int i = 0; i < chains; ++i) sum[i] = typename Vector<bytes>::type{} + (float)i;         \
  for (int64_t round = 0; round < rounds; ++round) {                                           \
    _Pragma("GCC unroll 12") for (int i = 0; i < chains; ++i) sum[i] = sum[i] * factor + term; \
  }                                                                                            \
  for (int i = 1; i < chains; ++i) sum[0] += sum[i];                                           \
  return sum[0][0];

#if defined(__x86_64__)
__attribute__((target("avx512f"), noinline)) float spin_avx512() { TURNSTONE_PEAK_LOOP(64) }
__attribute__((target("avx2,fma"), noinline)) float spin_avx2() { TURNSTONE_PEAK_LOOP(32) }
#endif
__attribute__((noinline)) float spin_baseline() { TURNSTONE_PEAK_LOOP(16) }

#undef TURNSTONE_PEAK_LOOP

#if defined(__x86_64__)
// The same of bytes: `add(sum, x, w)` is a multiply-add. The compiler may know neither operand.
#define TURNSTONE_BYTES_LOOP(vector, add, count)                               \
  vector sum[count] = {}, x = {}, w = {};                                      \
  __asm__("" : "+v"(w));                                                       \
  for (int64_t round = 0; round < rounds; ++round) {                           \
    _Pragma("GCC unroll 12") for (int i = 0; i < (count); ++i) {               \
      __asm__("" : "+v"(x));                                                   \
      sum[i] = add(sum[i], x, w);                                              \
    }                                                                          \
  }                                                                            \
  _Pragma("GCC unroll 12") for (int i = 1; i < (count); ++i) sum[0] |= sum[i]; \
  return static_cast<float>(sum[0][0]);

// Fewer chains, since each needs a register more and a sum is there after one cycle.
constexpr int short_chains = 6;
#define TURNSTONE_ADD_256(sum, x, w) _mm256_add_epi16(sum, _mm256_maddubs_epi16(x, w))
#define TURNSTONE_ADD_512(sum, x, w) _mm512_add_epi16(sum, _mm512_maddubs_epi16(x, w))
__attribute__((target("avx2"), noinline)) float spin_bytes_avx2() {
  TURNSTONE_BYTES_LOOP(__m256i, TURNSTONE_ADD_256, short_chains)
}
__attribute__((target("avx512f,avx512bw"), noinline)) float spin_bytes_avx512() {
  TURNSTONE_BYTES_LOOP(__m512i, TURNSTONE_ADD_512, short_chains)
}
__attribute__((target("avxvnni"), noinline)) float spin_bytes_avx_vnni() {
  TURNSTONE_BYTES_LOOP(__m256i, _mm256_dpbusd_avx_epi32, chains)
}
__attribute__((target("avx512f,avx512vnni"), noinline)) float spin_bytes_vnni() {
  TURNSTONE_BYTES_LOOP(__m512i, _mm512_dpbusd_epi32, chains)
}

#undef TURNSTONE_ADD_256
#undef TURNSTONE_ADD_512
#undef TURNSTONE_BYTES_LOOP

// Products of two tiles of 16 rows of 64 bytes in registers, four sums at a time.
constexpr int tile_rows = 16, tile_row_bytes = 64, tile_sums = 4;

struct alignas(64) TileShape {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
};

TileShape whole_tiles() {
  TileShape shape;
  std::fill_n(shape.row_bytes, 8, tile_row_bytes);
  std::fill_n(shape.rows, 8, tile_rows);
  return shape;
}

#define TURNSTONE_TILE_LOOP(add)                     \
  const auto shape = whole_tiles();                  \
  _tile_loadconfig(&shape);                          \
  _tile_zero(0);                                     \
  _tile_zero(1);                                     \
  _tile_zero(2);                                     \
  _tile_zero(3);                                     \
  _tile_zero(4);                                     \
  _tile_zero(5);                                     \
  _tile_zero(6);                                     \
  _tile_zero(7);                                     \
  for (int64_t round = 0; round < rounds; ++round) { \
    add(0, 4, 6);                                    \
    add(1, 4, 7);                                    \
    add(2, 5, 6);                                    \
    add(3, 5, 7);                                    \
  }                                                  \
  _tile_release();                                   \
  return 0;

__attribute__((target("amx-tile,amx-int8"), noinline)) float spin_bytes_tiles() {
  TURNSTONE_TILE_LOOP(_tile_dpbusd)
}
__attribute__((target("amx-tile,amx-bf16"), noinline)) float spin_bf16_tiles() {
  TURNSTONE_TILE_LOOP(_tile_dpbf16ps)
}

#undef TURNSTONE_TILE_LOOP
#endif

struct Spin {
  float (*run)() = nullptr;
  double flops = 0;  // of one round
};

Spin widest(std::string_view variant) {
  constexpr double of_lane = 2.0 * chains;
#if defined(__x86_64__)
  const int most = variant.starts_with("x86_64_v2") ? 4 : variant.starts_with("x86_64_v3") ? 8 : 16;
  if (most >= 16 && __builtin_cpu_supports("avx512f")) return {spin_avx512, of_lane * 16};
  if (most >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {spin_avx2, of_lane * 8};
#endif
  (void)variant;
  return {spin_baseline, of_lane * 4};
}

#if defined(__x86_64__)
// Whether Linux lets this process use tiles.
bool has_tiles() {
  constexpr long get_permissions = 0x1022;
  constexpr uint64_t tile_data = uint64_t{1} << 18;
  uint64_t permitted = 0;
  return syscall(SYS_arch_prctl, get_permissions, &permitted) == 0 && (permitted & tile_data);
}

Spin of_tiles(float (*run)(), int pairs_of_row) {
  constexpr int columns = tile_row_bytes / 4;
  return {run, 2.0 * tile_sums * tile_rows * columns * pairs_of_row};
}
#endif

Spin of_products(std::string_view variant, ts_products products) {
  if (products == TS_PRODUCTS_F32) return widest(variant);
#if defined(__x86_64__)
  const bool tiles = variant.ends_with("_amx") && has_tiles();
  if (products == TS_PRODUCTS_BF16)
    return tiles ? of_tiles(spin_bf16_tiles, tile_row_bytes / 2) : Spin{};
  if (tiles) return of_tiles(spin_bytes_tiles, tile_row_bytes);
  if (variant == "x86_64_v4_vnni" || variant == "x86_64_v4_amx")
    return {spin_bytes_vnni, 2.0 * chains * 64};
  if (variant == "x86_64_v3_vnni") return {spin_bytes_avx_vnni, 2.0 * chains * 32};
  if (variant.starts_with("x86_64_v4")) return {spin_bytes_avx512, 2.0 * short_chains * 64};
  if (variant.starts_with("x86_64_v3")) return {spin_bytes_avx2, 2.0 * short_chains * 32};
#endif
  return {};
}

double best_of_thread(const Spin& spin) {
  using Steady = std::chrono::steady_clock;
  const double flops = spin.flops * static_cast<double>(rounds);
  double best = 0;
  volatile float kept = 0;
  const auto end = Steady::now() + std::chrono::milliseconds(50);
  while (Steady::now() < end) {
    const auto started = Steady::now();
    kept = spin.run();
    const std::chrono::duration<double> taken = Steady::now() - started;
    best = std::max(best, flops / taken.count() / 1e9);
  }
  (void)kept;
  return best;
}

}  // namespace

double measure_peak_gflops(int threads, std::string_view variant, ts_products products) {
  const auto spin = of_products(variant, products);
  if (!spin.run) return 0;
  std::vector<double> rates(static_cast<size_t>(std::max(threads, 1)));
  {
    std::vector<std::jthread> workers;
    for (auto& rate : rates) workers.emplace_back([&rate, &spin] { rate = best_of_thread(spin); });
  }
  double sum = 0;
  for (const auto rate : rates) sum += rate;
  return sum;
}

}  // namespace turnstone
