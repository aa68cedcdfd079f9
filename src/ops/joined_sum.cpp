#include "ops/joined_sum.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "emit/c_writer.h"

namespace turnstone {
namespace {

// Ways to move three numbers by a few units each, those that move them least first.
std::vector<std::array<int64_t, 3>> moves() {
  constexpr int64_t most = 4;
  std::vector<std::array<int64_t, 3>> all;
  for (auto i = -most; i <= most; ++i)
    for (auto j = -most; j <= most; ++j)
      for (auto k = most; k >= -most; --k) all.push_back({i, j, k});
  std::ranges::stable_sort(all, {}, [](const auto& move) {
    return std::abs(move[0]) + std::abs(move[1]) + std::abs(move[2]);
  });
  return all;
}

// Two integers that may come, less what was taken off, and the result.
struct Pair {
  float a = 0, b = 0;
  int64_t result = 0;
};

}  // namespace

float moved(double real, int64_t units) {
  auto value = static_cast<float>(real);
  for (int64_t k = 0; k < std::abs(units); ++k)
    value = std::nextafter(value, units > 0 ? HUGE_VALF : -HUGE_VALF);
  return value;
}

std::optional<JoinedSum> joined_sum(const StoredSum& sum, std::array<int64_t, 2> taken_off) {
  // Far larger steps than those of the result leave no integer that could hold a sum.
  constexpr double largest_sum = 1e6;
  const double a_size = std::fabs(sum.a_factor);
  const double b_size = std::fabs(sum.b_factor);
  if (!(510 * (a_size + b_size) <= largest_sum)) return std::nullopt;
  const double added = sum.added + static_cast<double>(taken_off[0]) * sum.a_factor +
                       static_cast<double>(taken_off[1]) * sum.b_factor;
  std::vector<Pair> pairs;
  for (auto a = sum.ranges[0].low; a <= sum.ranges[0].high; ++a)
    for (auto b = sum.ranges[1].low; b <= sum.ranges[1].high; ++b)
      pairs.push_back({static_cast<float>(a - taken_off[0]), static_cast<float>(b - taken_off[1]),
                       sum.result(a, b)});
  // Those whose sums lie near the middle between two integers decide: they are tried first.
  std::ranges::stable_partition(pairs, [&](const Pair& pair) {
    constexpr double near = 1e-3;
    const double steps = pair.a * sum.a_factor + pair.b * sum.b_factor + added;
    return std::fabs(steps - std::floor(steps) - 0.5) < near;
  });
  for (const auto& [i, j, k] : moves()) {
    const JoinedSum joined = {moved(sum.a_factor, i), moved(sum.b_factor, j), moved(added, k)};
    const bool agrees = std::ranges::all_of(pairs, [&](const Pair& pair) {
      const auto steps = static_cast<int64_t>(std::nearbyint(joined.of(pair.a, pair.b)));
      return std::clamp(steps, sum.limits.low, sum.limits.high) == pair.result;
    });
    if (agrees) return joined;
  }
  return std::nullopt;
}

std::string c_joined_sum(const JoinedSum& sum, std::string_view a, std::string_view b) {
  return fmt::format("vf_fma({}, vf_set({}), vf_fma({}, vf_set({}), vf_set({})))", a,
                     c_float(sum.a_factor), b, c_float(sum.b_factor), c_float(sum.added));
}

}  // namespace turnstone
