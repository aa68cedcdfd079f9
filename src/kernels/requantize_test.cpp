#include <gtest/gtest.h>

#include <limits>

#include "kernels/harness.h"

namespace turnstone {
namespace {

constexpr int least = std::numeric_limits<int>::min(), most = std::numeric_limits<int>::max();

// The definitions, one number at a time.
int high_product(int a, int b) {
  if (a == least && b == least) return most;
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  return static_cast<int>((product + nudge) / (int64_t{1} << 31));  // towards zero
}

int shift_rounding(int value, int right) {
  const double exact = static_cast<double>(value) / static_cast<double>(int64_t{1} << right);
  return static_cast<int>(std::round(exact));  // halves away from zero
}

int requantize(int sum, int multiplier, int shift) {
  const int left = std::max(shift, 0), right = std::max(-shift, 0);
  const auto shifted = static_cast<int>(static_cast<unsigned>(sum) << left);
  return shift_rounding(high_product(shifted, multiplier), right);
}

int requantize_once(int sum, int multiplier, int shift) {
  const auto product = static_cast<int64_t>(sum) * multiplier;
  const auto half = int64_t{1} << (30 - shift);
  return static_cast<int>((product + half) >> (31 - shift));
}

const std::string_view functions = R"(
#define BINARY(name)                                                        \
  void name(const int *a, const int *b, int *y, long n) {                   \
    for (long i = 0; i < n; i += LANES)                                     \
      vi_store(y + i, v_##name(vi_load(a + i), vi_load(b + i)));            \
  }
#define TERNARY(name)                                                       \
  void name(const int *a, const int *b, const int *c, int *y, long n) {     \
    for (long i = 0; i < n; i += LANES)                                     \
      vi_store(y + i, v_##name(vi_load(a + i), vi_load(b + i), vi_load(c + i))); \
  }
BINARY(high_product)
BINARY(shift_rounding)
TERNARY(requantize)
TERNARY(requantize_once)
TERNARY(requantize_right)
#if LANES >= 8
/* Of multipliers, one more than sums, and what is added as the kernel wants it. */
void requantize_folded(const int *a, const int *b, const long long *c, const int *d, int *y, long n) {
  for (long i = 0; i < n; i += LANES)
    vi_store(y + i, v_requantize_folded(vi_load(a + i), b + i, c + i, d + i, 1));
}
#endif
)";

struct Numbers {
  std::vector<int> sums, others, multipliers, shifts, rights;
};

Numbers make_numbers() {
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  const int edges[] = {0,       1,          -1,   2,        -2,    3,        -3,
                       1 << 30, -(1 << 30), most, most - 1, least, least + 1};
  Numbers numbers;
  for (size_t i = 0; i < 1 << 16; ++i) {
    const auto narrow = static_cast<unsigned>(random() % 32);  // all sizes alike
    const size_t a = i % std::size(edges), b = i / std::size(edges) % std::size(edges);
    const bool edge = i < 4096;
    numbers.sums.push_back(edge ? edges[a] : static_cast<int>(random()) >> narrow);
    numbers.others.push_back(edge ? edges[b] : static_cast<int>(random()));
    numbers.multipliers.push_back(
        edge && edges[b] >= 0 ? edges[b] : static_cast<int>(random() >> 2 | 1u << 30));
    numbers.rights.push_back(static_cast<int>(random() % 32));
    numbers.shifts.push_back(static_cast<int>(random() % 62) - 31);
  }
  return numbers;
}

// 64 bits at once: the same for multipliers that are not negative and shifts to the right.
void expect_folded(const Compiled& compiled, int lanes, Numbers numbers) {
  const auto count = numbers.sums.size();
  std::vector<long long> added(count);
  std::vector<int> less(count), results(count);
  for (size_t i = 0; i < count; ++i) {
    numbers.rights[i] = std::max(numbers.rights[i], 1);
    less[i] = numbers.rights[i] - 1;
    const auto lane = i % static_cast<size_t>(lanes);
    const auto place = i - lane + lane / 2 + (lane % 2) * static_cast<size_t>(lanes) / 2;
    added[place] = (1LL << (30 + numbers.rights[i])) + (1LL << 30);
  }
  numbers.multipliers.push_back(most);
  using Folded = void(const int*, const int*, const long long*, const int*, int*, long);
  compiled.find<Folded>("requantize_folded")(numbers.sums.data(), numbers.multipliers.data(),
                                             added.data(), less.data(), results.data(),
                                             static_cast<long>(count));
  for (size_t i = 0; i < count; ++i)
    ASSERT_EQ(results[i], requantize(numbers.sums[i], numbers.multipliers[i], -numbers.rights[i]))
        << numbers.sums[i] << " * " << numbers.multipliers[i] << " right " << numbers.rights[i];
}

class Requantize : public testing::TestWithParam<Machine> {};

TEST_P(Requantize, GivesTheBitsOfTheScalarDefinition) {
  const auto& machine = GetParam();
  const Compiled compiled(machine, paste(machine, {"vector", "requantize"}).append(functions));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  auto [sums, others, multipliers, shifts, rights] = make_numbers();
  const auto count = static_cast<long>(sums.size());
  std::vector<int> product(sums.size()), shifted(sums.size()), all(sums.size()), right(sums.size()),
      once(sums.size());
  using Binary = void(const int*, const int*, int*, long);
  using Ternary = void(const int*, const int*, const int*, int*, long);
  compiled.find<Binary>("high_product")(sums.data(), others.data(), product.data(), count);
  compiled.find<Binary>("shift_rounding")(sums.data(), rights.data(), shifted.data(), count);
  compiled.find<Ternary>("requantize")(sums.data(), multipliers.data(), shifts.data(), all.data(),
                                       count);
  compiled.find<Ternary>("requantize_once")(sums.data(), multipliers.data(), shifts.data(),
                                            once.data(), count);
  compiled.find<Ternary>("requantize_right")(sums.data(), multipliers.data(), rights.data(),
                                             right.data(), count);
  if (machine.lanes >= 8) expect_folded(compiled, machine.lanes, make_numbers());
  for (size_t i = 0; i < sums.size(); ++i) {
    ASSERT_EQ(product[i], high_product(sums[i], others[i])) << sums[i] << " * " << others[i];
    ASSERT_EQ(shifted[i], shift_rounding(sums[i], rights[i])) << sums[i] << " >> " << rights[i];
    ASSERT_EQ(all[i], requantize(sums[i], multipliers[i], shifts[i]))
        << sums[i] << " * " << multipliers[i] << " shift " << shifts[i];
    ASSERT_EQ(once[i], requantize_once(sums[i], multipliers[i], shifts[i]))
        << sums[i] << " * " << multipliers[i] << " once, shift " << shifts[i];
    ASSERT_EQ(right[i], requantize(sums[i], multipliers[i], -rights[i]))
        << sums[i] << " * " << multipliers[i] << " right " << rights[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Requantize, testing::ValuesIn(machines()), machine_name);

}  // namespace
}  // namespace turnstone
