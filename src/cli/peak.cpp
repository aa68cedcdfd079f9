#include "cli/peak.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

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

struct Spin {
  float (*run)();
  int lanes;
};

Spin widest(std::string_view variant) {
#if defined(__x86_64__)
  const int most = variant.starts_with("x86_64_v2") ? 4 : variant.starts_with("x86_64_v3") ? 8 : 16;
  if (most >= 16 && __builtin_cpu_supports("avx512f")) return {spin_avx512, 16};
  if (most >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {spin_avx2, 8};
#endif
  (void)variant;
  return {spin_baseline, 4};
}

double best_of_thread(const Spin& spin) {
  using Steady = std::chrono::steady_clock;
  const double flops = 2.0 * chains * spin.lanes * static_cast<double>(rounds);
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

double measure_peak_gflops(int threads, std::string_view variant) {
  const auto spin = widest(variant);
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
