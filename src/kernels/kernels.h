// The micro-kernels: C text templates that the compiler instantiates into generated C, and the
// table of what each may be instantiated with. README.md says what every template expects.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace turnstone {

// Both ends count.
struct KernelRange {
  int from = 1, to = 1;
  bool contains(int value) const { return from <= value && value <= to; }
};

// What a CPU must have for a row, beyond the target's own baseline.
enum class KernelFeature {
  baseline,
  avx2,
  avx_vnni,
  avx512,
  avx512_vnni,
  amx_bf16,
  amx_int8,
  neon_dot,
  neon_i8mm
};

// One legal family of instantiations of a template.
struct KernelRow {
  std::string_view name;  // of the template, as kernel_text takes it
  std::string_view type;  // of the inputs: "f32", "u8", "i8", "i16"
  KernelFeature needs;
  int lanes;            // 32-bit lanes of a vector: 4, 8 or 16
  KernelRange rows;     // output rows of a tile (OUTPUT_ROWS); 1 where the template has none
  KernelRange columns;  // output columns of a tile (COLUMNS); 1 where the template has none
  KernelRange vectors;  // vectors of output channels of a tile (VECTORS)
  std::string_view
      layout;  // of the weights: "depth", "pairs", "quads", "eights", "tiles", "taps", "none"
};

// A tile that was measured to be best for a kind of machine and work.
struct KernelTile {
  std::string_view machine;  // class of CPUs: "zen4", "avx512", "avx2", "neon"
  std::string_view name;     // of the template
  int lanes;
  int rows, columns, vectors;
};

// What a core can do in a cycle with vectors of so many lanes.
struct KernelMachine {
  std::string_view name;  // class of CPUs
  int lanes;
  int multiply_adds, loads;  // of one vector, in a cycle
  int latency;               // cycles until a sum can be added to again
  int registers;
  int inputs;   // of one pixel, that one load brings where lanes are multiplied by
  bool beside;  // loads take no time beside multiply-adds
};

// Every row of machines.def.
std::span<const KernelMachine> kernel_machines();

// Every row of kernels.def, in the order of the file.
std::span<const KernelRow> kernel_rows();

// Every row of tiles.def: for one template and lanes, the best first.
std::span<const KernelTile> kernel_tiles();

// The C text of a template ("vector", "window", "gemm/fma", "math/exp"), or "" when there is none.
std::string_view kernel_text(std::string_view name);

// The templates of functions that code calls, "vector" and "window" included: those named and what
// they build on, as one C text in an order in which each may use the ones before it. Every name
// must be one of a template of functions ("pairs", "math/...", "requantize").
std::string function_texts(const std::set<std::string, std::less<>>& names);

// "baseline", "avx2", ...
std::string_view print_kernel_feature(KernelFeature feature);

}  // namespace turnstone
