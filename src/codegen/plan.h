// The memory plan: where each value of a graph stands while a compiled model runs.
#pragma once

#include <map>
#include <vector>

#include "codegen/group.h"
#include "codegen/schedule.h"

namespace turnstone {

struct Place {
  enum class Kind { input, output, arena, ring, constant } kind = Kind::arena;
  // Index of the input or output, byte offset in the arena or in a thread's own memory; unused for
  // constants.
  int64_t at = 0;
};

struct Plan {
  std::map<Value, Place> places;  // of every value that has memory of its own
  std::vector<int64_t> own;       // byte offset of each group's own scratch memory, or 0
  int64_t arena_bytes = 0;
  int64_t ring_bytes = 0;  // of each thread's own memory, which stands behind the arena
  // Outputs that no group writes: index of the output, and the value that is copied to it.
  std::vector<std::pair<int64_t, Value>> copies;
};

// Values whose lives do not overlap share memory: largest first, lowest free offset (the greedy
// method by size of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
// 2020). Offsets are multiples of 64 bytes.
Plan make_plan(const Graph& graph, const Scheduled& scheduled);

}  // namespace turnstone
