// Graphs of fuzzed models on their way to C.
#pragma once

#include "codegen/module_text.h"
#include "ir/graph.h"
#include "passes/pass.h"

namespace turnstone {

// True when writing the C of `graph` takes milliseconds.
inline bool is_small(const Graph& graph) {
  constexpr int64_t most_bytes = 1 << 16;
  constexpr size_t most_calls = 64;
  int64_t bytes = 0;
  for (size_t i = 0; i < graph.value_count(); ++i) {
    bytes += size_bytes(graph.type({static_cast<int32_t>(i)}));
    if (bytes > most_bytes) return false;
  }
  return graph.calls().size() <= most_calls;
}

// Optimises a small graph and writes its C. A finding is a crash.
inline void write_when_small(const Graph& graph) {
  static const auto target = find_target("x86_64_v3");
  if (!is_small(graph)) return;
  const auto best = optimise(graph);
  if (best && is_small(*best)) (void)make_variant(*best, *target, 0, "weights.bin");
}

}  // namespace turnstone
