// The machines that code is made for: rows of targets.def.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernels/kernels.h"

namespace turnstone {

// The numbers of TS_ARCH_ and TS_CPU_ in runtime/module.h, which the generated C receives.
enum class Arch : uint32_t { x86_64 = 1, aarch64 = 2, armv7 = 3 };
enum CpuFeature : uint64_t {
  cpu_avx2_fma = 1 << 0,
  cpu_avx512 = 1 << 1,
  cpu_avx512_vnni = 1 << 2,
  cpu_avx_vnni = 1 << 5,
  cpu_amx_int8 = 1 << 6,
  cpu_amx_bf16 = 1 << 7,
  cpu_neon_dotprod = 1 << 8,
  cpu_neon_i8mm = 1 << 9,
  cpu_neon_vfpv4 = 1 << 11,
  cpu_sse4 = 1 << 12
};

struct Target {
  std::string name;    // as users say it: "x86_64_v3"
  std::string triple;  // for clang
  std::string cpu;     // -march, -mcpu and -mtune options
  Arch arch = Arch::x86_64;
  uint64_t features = 0;               // bits of CpuFeature that the code asks for
  int lanes = 4;                       // 32-bit elements in a vector
  int64_t l1_bytes = 32 << 10;         // of data
  int64_t l2_bytes = 512 << 10;        // of one core
  std::string tiles;                   // class of kernels/tiles.def
  int64_t prefetch_bytes = 128 << 10;  // how far ahead weights are fetched into the second level
};

// Finds a target by name; "native" is the best row that this machine can run, under its own name.
// Errors: invalid, naming the legal ones and the nearest.
Result<Target> find_target(std::string_view name);

// Whether code for the target may use kernels that need it.
bool has_feature(KernelFeature needs, const Target& target);

// Whether this machine can run code for the target.
bool runs_here(const Target& target);

// The most demanding first, in which order a package has to have them: the runtime takes the first
// that the CPU runs.
void sort_by_demand(std::vector<Target>& targets);

// Names of all rows, in the order of the table.
std::vector<std::string> target_names();

}  // namespace turnstone
