#include "vision/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace turnstone {
namespace {

Costs costs_of(size_t rows, size_t columns, std::vector<double> values) {
  Costs costs(rows, columns);
  costs.values = std::move(values);
  return costs;
}

TEST(Assignment, TheSumCountsAndNotTheBestPair) {
  // The cheapest pair would leave 1 + 10.
  EXPECT_EQ(assign(costs_of(2, 2, {1, 2, 2, 10}), 100), (std::vector<int>{1, 0}));
}

TEST(Assignment, WhatCostsTooMuchIsNoPair) {
  EXPECT_EQ(assign(costs_of(2, 2, {0.3, 0.9, 0.9, 0.81}), 0.8), (std::vector<int>{0, -1}));
  EXPECT_EQ(assign(costs_of(1, 1, {0.8}), 0.8), (std::vector<int>{0}));
}

TEST(Assignment, OneSideMayBeEmptyOrLonger) {
  EXPECT_EQ(assign(Costs(0, 3), 1), (std::vector<int>{}));
  EXPECT_EQ(assign(Costs(2, 0), 1), (std::vector<int>{-1, -1}));
  EXPECT_EQ(assign(costs_of(1, 3, {3, 1, 2}), 9), (std::vector<int>{1}));
  EXPECT_EQ(assign(costs_of(3, 1, {3, 1, 2}), 9), (std::vector<int>{-1, 0, -1}));
}

// The least sum over all ways to pair, each pair at most `most` + 1e-4.
double least(const Costs& costs, double most) {
  std::vector<size_t> order(std::max(costs.rows, costs.columns));
  std::iota(order.begin(), order.end(), 0);
  double best = 1e9;
  do {
    double sum = 0;
    for (size_t row = 0; row < order.size(); ++row)
      if (row < costs.rows && order[row] < costs.columns) {
        const double cost = costs.at(row, order[row]);
        sum += cost > most ? most + 1e-4 : cost;
      }
    best = std::min(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST(Assignment, NoOtherWayToPairIsCheaper) {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    Costs costs(1 + random() % 6, 1 + random() % 6);
    for (auto& value : costs.values) value = static_cast<double>(random() % 1000) / 1000;
    const auto columns = assign(costs, 0.7);
    double sum = 0;
    size_t pairs = 0;
    std::vector<bool> is_taken(costs.columns);
    for (size_t row = 0; row < costs.rows; ++row) {
      if (columns[row] < 0) continue;
      ASSERT_FALSE(is_taken[columns[row]]);
      is_taken[columns[row]] = true;
      sum += costs.at(row, columns[row]);
      ++pairs;
    }
    const auto rest = std::min(costs.rows, costs.columns) - pairs;
    ASSERT_NEAR(sum + static_cast<double>(rest) * (0.7 + 1e-4), least(costs, 0.7), 1e-9) << round;
  }
}

}  // namespace
}  // namespace turnstone
