// Strips: groups that are computed row by row, each taking the rows that the one before has just
// made, so that values too large for the cache are never whole in memory (line buffers, as image
// pipelines have them: Ragan-Kelley et al., "Halide", PLDI 2013, section 3).
#pragma once

#include <vector>

#include "codegen/group.h"
#include "codegen/layout.h"
#include "codegen/target.h"

namespace turnstone {

struct Schedule;

// Rows [row * stride - top, row * stride - top + reach) of what is read make one row.
struct RowWindow {
  int64_t stride = 1, top = 0, reach = 1;
};

struct Strip {
  struct Stage {
    size_t group = 0;
    bool copies = false;  // makes the group's padded input, not its result
    RowWindow window;     // what it reads of the stage before
    int64_t rows = 0;     // of a picture
    int64_t kept = 0;     // rows that there is memory for; of the last stage, rows of a turn
    int64_t at = 0;       // byte offset of them in a thread's own memory
  };
  std::vector<Stage> stages;
  int64_t bytes = 0;  // of a thread's own memory

  size_t last_group() const { return stages.back().group; }
};

// Finds the chains of groups that are worth it. `layouts` receives the rings of values inside.
std::vector<Strip> make_strips(const Graph& graph, const std::vector<Group>& groups,
                               const std::vector<Schedule>& schedules, const Target& target,
                               MemoryLayouts& layouts);

}  // namespace turnstone
