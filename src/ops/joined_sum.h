// Sums of two stored numbers by multiply-adds of f32, where that gives the same integers.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ir/op.h"
#include "ops/rescale.h"

namespace turnstone {

// A real number as f32, so many units of the last place away.
float moved(double real, int64_t units);

// A sum of two integers on the steps of the result, not rounded yet: near a * a_factor +
// b * b_factor + added, in real numbers, for integers from which `taken_off` was not taken.
struct StoredSum {
  std::array<IntegerRange, 2> ranges;  // of a and b, each no more than 65536 integers
  double a_factor = 0, b_factor = 0, added = 0;
  IntegerRange limits;                              // of the result
  std::function<int64_t(int64_t, int64_t)> result;  // of a and b
};

// The result before it is rounded and limited, by two multiply-adds of integers a and b as f32.
struct JoinedSum {
  float a_factor = 0, b_factor = 0, added = 0;
  float of(float a, float b) const { return std::fma(a, a_factor, std::fma(b, b_factor, added)); }
};

// For a and b from which `taken_off` was taken before. Absent unless it becomes the same integer,
// rounded with halves to even, for all a and b.
std::optional<JoinedSum> joined_sum(const StoredSum& sum, std::array<int64_t, 2> taken_off);

// The same of a rescaled_add.
std::optional<JoinedSum> joined_sum(const Call& rescaled_add, std::array<int64_t, 2> taken_off);

// C text of it, which needs the template rescale, for vectors of f32.
std::string c_joined_sum(const JoinedSum& sum, std::string_view a, std::string_view b);

}  // namespace turnstone
