// Who belongs to whom at the least cost.
#pragma once

#include <cstddef>
#include <vector>

namespace turnstone {

// Costs [rows, columns], finite.
struct Costs {
  size_t rows = 0, columns = 0;
  std::vector<double> values;
  Costs(size_t row_count, size_t column_count)
      : rows(row_count), columns(column_count), values(row_count * column_count) {}
  double& at(size_t row, size_t column) { return values[row * columns + column]; }
  double at(size_t row, size_t column) const { return values[row * columns + column]; }
};

// The column of each row, -1 for none: as many pairs as there can be, at the least sum of costs,
// then those dropped that cost more than `most`. Costs above `most` count as one and the same, a
// little above it. Cubic in the smaller extent at worst.
std::vector<int> assign(const Costs& costs, double most);

}  // namespace turnstone
