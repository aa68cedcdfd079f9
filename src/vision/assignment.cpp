#include "vision/assignment.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace turnstone {
namespace {

// Shortest augmenting paths with dual prices: R. Jonker and A. Volgenant, A shortest augmenting
// path algorithm for dense and sparse linear assignment problems, Computing 38, 1987. No more rows
// than columns; every row gets one.
class Solver {
 public:
  explicit Solver(const Costs& costs)
      : costs_(costs),
        row_of_(costs.columns, none),
        column_of_(costs.rows, none),
        row_price_(costs.rows),
        column_price_(costs.columns),
        distance_(costs.columns),
        from_(costs.columns),
        is_settled_(costs.columns) {}

  std::vector<size_t> solve() {
    for (size_t row = 0; row < costs_.rows; ++row) augment(search(row), row);
    return column_of_;
  }

 private:
  static constexpr auto none = std::numeric_limits<size_t>::max();

  // The free column nearest to `row`; from_ tells the way back. Prices become those that make every
  // pair of the path cost nothing.
  size_t search(size_t row) {
    std::ranges::fill(distance_, std::numeric_limits<double>::infinity());
    is_settled_.assign(costs_.columns, false);
    size_t at = row;
    double walked = 0;
    for (;;) {
      size_t nearest = none;
      for (size_t column = 0; column < costs_.columns; ++column) {
        if (is_settled_[column]) continue;
        const double reach =
            walked + costs_.at(at, column) - row_price_[at] - column_price_[column];
        if (reach < distance_[column]) {
          distance_[column] = reach;
          from_[column] = at;
        }
        if (nearest == none || distance_[column] < distance_[nearest]) nearest = column;
      }
      walked = distance_[nearest];
      is_settled_[nearest] = true;
      if (row_of_[nearest] == none) {
        reprice(row, nearest, walked);
        return nearest;
      }
      at = row_of_[nearest];
    }
  }

  void reprice(size_t row, size_t last, double walked) {
    row_price_[row] += walked;
    for (size_t column = 0; column < costs_.columns; ++column) {
      if (!is_settled_[column] || column == last) continue;
      row_price_[row_of_[column]] += walked - distance_[column];
      column_price_[column] -= walked - distance_[column];
    }
  }

  // Gives every row on the way to the free column the column that follows it.
  void augment(size_t column, size_t start) {
    size_t row;
    do {
      row = from_[column];
      row_of_[column] = row;
      column = std::exchange(column_of_[row], column);
    } while (row != start);
  }

  const Costs& costs_;
  std::vector<size_t> row_of_, column_of_;
  std::vector<double> row_price_, column_price_, distance_;
  std::vector<size_t> from_;
  std::vector<bool> is_settled_;
};

}  // namespace

std::vector<int> assign(const Costs& costs, double most) {
  const bool turned = costs.rows > costs.columns;
  Costs bounded(turned ? costs.columns : costs.rows, turned ? costs.rows : costs.columns);
  for (size_t row = 0; row < costs.rows; ++row)
    for (size_t column = 0; column < costs.columns; ++column) {
      const double cost = costs.at(row, column);
      (turned ? bounded.at(column, row) : bounded.at(row, column)) =
          cost > most ? most + 1e-4 : cost;
    }
  std::vector<int> columns(costs.rows, -1);
  const auto found = Solver(bounded).solve();
  for (size_t k = 0; k < found.size(); ++k) {
    const size_t row = turned ? found[k] : k;
    const size_t column = turned ? k : found[k];
    if (costs.at(row, column) <= most) columns[row] = static_cast<int>(column);
  }
  return columns;
}

}  // namespace turnstone
