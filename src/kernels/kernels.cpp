#include "kernels/kernels.h"

#include <cstdlib>
#include <utility>

#include "kernels/texts.h"

namespace turnstone {
namespace {

#define KERNEL(name, type, needs, lanes, rows_from, rows_to, columns_from, columns_to, \
               vectors_from, vectors_to, layout)                                       \
  {#name,                                                                              \
   #type,                                                                              \
   KernelFeature::needs,                                                               \
   lanes,                                                                              \
   {rows_from, rows_to},                                                               \
   {columns_from, columns_to},                                                         \
   {vectors_from, vectors_to},                                                         \
   #layout},
constexpr KernelRow rows[] = {
#include "kernels/kernels.def"
};
#undef KERNEL

#define TILE(machine, name, lanes, rows, columns, vectors) \
  {#machine, #name, lanes, rows, columns, vectors},
constexpr KernelTile tiles[] = {
#include "kernels/tiles.def"
};
#undef TILE

#define MACHINE(name, lanes, multiply_adds, loads, latency, registers, inputs, beside) \
  {#name, lanes, multiply_adds, loads, latency, registers, inputs, beside},
constexpr KernelMachine machines[] = {
#include "kernels/machines.def"
};
#undef MACHINE

}  // namespace

std::span<const KernelMachine> kernel_machines() { return machines; }

std::span<const KernelRow> kernel_rows() { return rows; }

std::span<const KernelTile> kernel_tiles() { return tiles; }

std::string_view kernel_text(std::string_view name) {
  for (auto entry = kernel_texts; !entry->name.empty(); ++entry)
    if (entry->name == name) return entry->text;
  return {};
}

std::string function_texts(const std::set<std::string, std::less<>>& names) {
  static constexpr std::string_view order[] = {
      "vector",     "window",     "tiles",    "pairs",     "math/exp",     "math/log",
      "math/round", "math/sqrt",  "math/sin", "math/tanh", "math/sigmoid", "math/erf",
      "math/pow",   "requantize", "rescale",  "quantized", "winograd/two", "winograd/four"};
  // Those who need others come before those whom they need.
  static constexpr std::pair<std::string_view, std::string_view> bases[] = {
      {"quantized", "requantize"},  {"quantized", "rescale"}, {"math/tanh", "math/exp"},
      {"math/sigmoid", "math/exp"}, {"math/erf", "math/exp"}, {"math/pow", "math/round"},
      {"rescale", "math/round"}};
  auto all = names;
  all.emplace("vector");
  all.emplace("window");
  for (const auto& [name, base] : bases)
    if (all.contains(name)) all.emplace(base);
  std::string text;
  for (const auto name : order)
    if (all.erase(std::string(name)) > 0) text += kernel_text(name);
  if (!all.empty()) std::abort();  // a mistake of ours: the folder knows nothing of CHECK
  return text;
}

std::string_view print_kernel_feature(KernelFeature feature) {
  switch (feature) {
    case KernelFeature::baseline:
      return "baseline";
    case KernelFeature::avx2:
      return "avx2";
    case KernelFeature::avx_vnni:
      return "avx_vnni";
    case KernelFeature::avx512:
      return "avx512";
    case KernelFeature::avx512_vnni:
      return "avx512_vnni";
    case KernelFeature::amx_bf16:
      return "amx_bf16";
    case KernelFeature::amx_int8:
      return "amx_int8";
    case KernelFeature::neon_dot:
      return "neon_dot";
    case KernelFeature::neon_i8mm:
      return "neon_i8mm";
  }
  return {};
}

}  // namespace turnstone
