#include "media/rows/rows.h"

#include <vector>

namespace turnstone {
namespace {

std::vector<const RowFunctions*> running() {
  std::vector<const RowFunctions*> sets;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_sse4 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") &&
                          __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (has_avx512) sets.push_back(avx512_rows());
  if (has_avx2) sets.push_back(avx2_rows());
  if (has_sse4) sets.push_back(sse4_rows());
  std::erase(sets, nullptr);
#endif
  sets.push_back(plain_rows());
  return sets;
}

}  // namespace

std::span<const RowFunctions* const> row_functions() {
  static const auto sets = running();
  return sets;
}

}  // namespace turnstone
