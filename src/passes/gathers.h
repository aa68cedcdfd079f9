// Shared by the passes that move gathers by constant indices along one axis.
#pragma once

#include <optional>
#include <vector>

#include "passes/pass.h"

namespace turnstone {

// A gather by a list of known indices; each lies in [0, n), n the extent of x along the axis.
struct KnownGather {
  Value x;
  int64_t axis = 0;
  int64_t n = 0;
  std::vector<int64_t> indices;

  bool is_sorted() const;       // no index is less than the one before
  bool is_permutation() const;  // every index once
};

// Nothing when the value is made otherwise, or the indices are not a known list.
std::optional<KnownGather> known_gather(const Graph& graph, Value value);

// The pieces `indices` of x along `axis`.
Value gather(Graph& graph, Value x, int64_t axis, const std::vector<int64_t>& indices);

// The places of the indices in rising order of their values.
std::vector<int64_t> order_of(const std::vector<int64_t>& indices);

// `tensor` with the pieces `indices` of its dimension `axis`.
Tensor gathered(const Tensor& tensor, int64_t axis, const std::vector<int64_t>& indices);

}  // namespace turnstone
