extern "C" {
#include "runtime/cpu.h"

#include "runtime/module.h"
}

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

// What the kernel says the first CPU has.
std::set<std::string> flags_of_kernel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

struct Feature {
  uint64_t bit;
  std::vector<std::string> flags;  // of the kernel, all needed
};

const Feature features[] = {
#if defined(__x86_64__)
    {TS_CPU_SSE4, {"pni", "ssse3", "sse4_1", "sse4_2", "popcnt", "cx16", "lahf_lm"}},
    {TS_CPU_AVX2_FMA, {"avx2", "fma", "f16c", "bmi1", "bmi2", "movbe", "abm"}},
    {TS_CPU_AVX512, {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}},
    {TS_CPU_AVX512_VNNI, {"avx512f", "avx512_vnni"}},
    {TS_CPU_AVX512_BF16, {"avx512f", "avx512_bf16"}},
    {TS_CPU_AVX512_FP16, {"avx512f", "avx512_fp16"}},
    {TS_CPU_AVX_VNNI, {"avx_vnni"}},
    {TS_CPU_AMX_INT8, {"amx_tile", "amx_int8"}},
    {TS_CPU_AMX_BF16, {"amx_tile", "amx_bf16"}},
#elif defined(__aarch64__)
    {TS_CPU_NEON_DOTPROD, {"asimddp"}},
    {TS_CPU_NEON_I8MM, {"i8mm"}},
    {TS_CPU_NEON_FP16, {"fphp", "asimdhp"}},
#elif defined(__arm__)
    {TS_CPU_NEON_VFPV4, {"neon", "vfpv4", "idiva"}},
#endif
};

}  // namespace

TEST(Cpu, HasTheFeaturesThatTheKernelLists) {
  const auto flags = flags_of_kernel();
  if (flags.empty()) GTEST_SKIP() << "/proc/cpuinfo lists no features";
  for (const auto& feature : features) {
    bool listed = true;
    for (const auto& flag : feature.flags) listed = listed && flags.contains(flag);
    EXPECT_EQ(ts_cpu_runs(feature.bit), listed) << feature.flags.back();
  }
}

TEST(Cpu, RunsWhatNeedsNothing) { EXPECT_TRUE(ts_cpu_runs(0)); }

TEST(Cpu, HasNoFeatureThatItDoesNotKnow) { EXPECT_FALSE(ts_cpu_runs(uint64_t{1} << 63)); }

TEST(Cpu, NeedsAllFeaturesAtOnce) {
  EXPECT_FALSE(ts_cpu_runs(TS_CPU_AVX2_FMA | TS_CPU_NEON_DOTPROD));
}

TEST(Cpu, CountsNoMoreThanTheMachineHas) {
  EXPECT_GE(ts_cpu_count(), 1);
  EXPECT_LE(ts_cpu_count(), static_cast<int>(std::thread::hardware_concurrency()));
}
