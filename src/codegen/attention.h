// Attention: a product of matrices, the softmax of its rows, and their product with a third, some
// rows at a time, so that the scores of all rows are never in memory together (Rabe and Staats,
// "Self-attention Does Not Need O(n^2) Memory", 2021; here a row of scores is whole).
#pragma once

#include <vector>

#include "codegen/group.h"
#include "codegen/layout.h"
#include "codegen/target.h"

namespace turnstone {

struct Schedule;

struct Attention {
  size_t scores = 0, softmax = 0, result = 0;  // groups
  int64_t batches = 1;
  int64_t rows = 0;  // of one batch
  int64_t rows_of_tile = 1;
  int64_t rows_at_once = 1;  // whole tiles
  int64_t row_bytes = 0;     // of scores; they stand at the start of a thread's own memory

  int64_t bytes() const { return rows_at_once * row_bytes; }
  bool has(size_t group) const { return group == scores || group == softmax || group == result; }
};

// Finds what is worth it, and has `schedules`, which are complete, give both products tiles of the
// same height.
std::vector<Attention> make_attentions(const Graph& graph, const std::vector<Group>& groups,
                                       const MemoryLayouts& layouts, const Target& target,
                                       std::vector<Schedule>& schedules);

}  // namespace turnstone
