#include "codegen/target.h"

#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <bit>

#include "base/text.h"

namespace turnstone {
namespace {

const std::vector<Target>& targets() {
  static const std::vector<Target> table = {
#define TARGET(name, triple, option, arch, features, lanes, l1, l2, tiles) \
  Target{#name, triple, option, arch, features, lanes, l1, l2, tiles},
#include "codegen/targets.def"
#undef TARGET
  };
  return table;
}

std::string_view native_name() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    const bool vnni = __builtin_cpu_supports("avx512vnni");
    const bool tiles = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
                       __builtin_cpu_supports("amx-int8");
    return vnni && tiles ? "x86_64_v4_amx" : vnni ? "x86_64_v4_vnni" : "x86_64_v4";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return __builtin_cpu_supports("avxvnni") ? "x86_64_v3_vnni" : "x86_64_v3";
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt")) return "x86_64_v2";
  return "";
#elif defined(__aarch64__)
  // Bits of the kernel's interface; older C libraries lack names for some.
  constexpr unsigned long dot_product = 1ul << 20;
  constexpr unsigned long matrix_int8 = 1ul << 13;
  if (!(getauxval(AT_HWCAP) & dot_product)) return "aarch64";
  return getauxval(AT_HWCAP2) & matrix_int8 ? "aarch64_i8mm" : "aarch64_dot";
#elif defined(__ARM_FEATURE_FMA) && defined(__ARM_NEON)
  return "armv7";
#else
  return "";
#endif
}

#if defined(__x86_64__)
// Whether a processor of AMD multiplies 512 bits in one piece, as those since Zen 5 do in servers
// and desktops. (Those in laptops do it in halves, and do not tell.)
bool has_whole_units() {
  constexpr unsigned zen5 = 0x1a;
  unsigned signature = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &signature, &b, &c, &d)) return false;
  const auto family = signature >> 8 & 15, more = signature >> 20 & 255;
  return family + (family == 15 ? more : 0) >= zen5;
}
#endif

// The row with what can be known of this machine's caches and core.
Target fitted(Target target) {
  const auto l1 = ::sysconf(_SC_LEVEL1_DCACHE_SIZE);
  const auto l2 = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (l1 > 0) target.l1_bytes = l1;
  if (l2 > 0) target.l2_bytes = l2;
#if defined(__x86_64__)
  if (__builtin_cpu_is("amd") && !has_whole_units() && target.lanes >= 8) target.tiles = "zen4";
#endif
  return target;
}

// The row that other programs call `name`, or "".
std::string_view elsewhere(std::string_view name) {
  const auto plain = lower(name);
  if (plain == "arm64" || plain == "armv8") return "aarch64";
  if (plain == "armv7l" || plain == "armhf" || plain == "arm") return "armv7";
  const bool is_x86 = plain == "x86_64" || plain == "x86-64" || plain == "amd64" || plain == "x64";
  return is_x86 ? "x86_64_v3" : "";
}

}  // namespace

bool runs_here(const Target& target) {
  const auto name = native_name();
  for (const auto& native : targets()) {
    if (native.name != name) continue;
    // Every x86 machine of the table has SSE4.
    auto features = native.features | (native.arch == Arch::x86_64 ? uint64_t{cpu_sse4} : 0);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avxvnni")) features |= cpu_avx_vnni;
#endif
    return native.arch == target.arch && (features & target.features) == target.features;
  }
  return false;
}

bool has_feature(KernelFeature needs, const Target& target) {
  switch (needs) {
    case KernelFeature::baseline:
      return true;
    case KernelFeature::avx2:
      return target.arch == Arch::x86_64 && target.lanes >= 8;
    case KernelFeature::avx512:
      return target.arch == Arch::x86_64 && target.lanes >= 16;
    case KernelFeature::avx_vnni:
      return target.features & cpu_avx_vnni;
    case KernelFeature::avx512_vnni:
      return target.features & cpu_avx512_vnni;
    case KernelFeature::amx_bf16:
      return target.features & cpu_amx_bf16;
    case KernelFeature::amx_int8:
      return target.features & cpu_amx_int8;
    case KernelFeature::neon_dot:
      return target.features & cpu_neon_dotprod;
    case KernelFeature::neon_i8mm:
      return target.features & cpu_neon_i8mm;
  }
  return false;
}

void sort_by_demand(std::vector<Target>& targets) {
  // Of as wide vectors, who asks for more; numbers of features alone follow no order.
  std::ranges::stable_sort(targets, std::greater(), [](const Target& target) {
    return std::pair(target.lanes, std::popcount(target.features));
  });
}

std::vector<std::string> target_names() {
  std::vector<std::string> names = {"native"};
  for (const auto& target : targets()) names.push_back(target.name);
  return names;
}

Result<Target> find_target(std::string_view name) {
  const bool native = name == "native";
  const auto wanted = native ? native_name() : name;
  if (wanted.empty())
    return fail(Code::unsupported, "target 'native': this machine has no row in the table");
  for (const auto& target : targets())
    if (target.name == wanted) return native ? fitted(target) : target;
  const auto names = target_names();
  const auto near = elsewhere(name).empty() ? nearest(name, names) : std::string(elsewhere(name));
  return fail(Code::invalid, "target '{}' is unknown{}, known: {}", printable(name),
              near.empty() ? "" : fmt::format(", did you mean '{}'", near), join(names, ", "));
}

}  // namespace turnstone
