#include "ops/requantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "ops/ops.h"
#include "ops/testing.h"

namespace turnstone {
namespace {

unsigned seed() { return static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()); }

constexpr int64_t least = std::numeric_limits<int32_t>::min();
constexpr int64_t most = std::numeric_limits<int32_t>::max();

// A requantize of as many sums as are given, and one channel.
struct Drawn {
  Call call;
  int32_t multiplier = 0, shift = 0;
};

Drawn draw(std::mt19937& rng, int64_t sums, int shift) {
  const auto pick = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(rng() % static_cast<uint64_t>(high - low + 1));
  };
  const bool is_signed = rng() % 2;
  const int64_t low = is_signed ? -128 : 0;
  const int64_t zero = pick(low, low + 255);
  auto call = make_call(*find_op(core_ops(), "requantize"),
                        {Type{DType::i32, {sums}}, Type{DType::i32, {1}}, Type{DType::i32, {1}}},
                        {{"zero", zero},
                         {"low", rng() % 2 ? zero : low},
                         {"high", low + 255 - pick(0, 1) * pick(0, low + 255 - zero)},
                         {"rounding", std::string(rng() % 3 ? "twice" : "once")},
                         {"to", std::string(is_signed ? "i8" : "u8")}});
  if (!call) std::abort();
  return {*call, static_cast<int32_t>(rng() % 16 ? pick(1 << 30, most) : int64_t{1} << 30), shift};
}

// The ends, all near zero, and drawn ones of every size.
std::vector<int32_t> draw_sums(std::mt19937& rng) {
  std::vector<int32_t> sums;
  for (int64_t k = 0; k < 1000; ++k)
    for (const auto sum : {least + k, most - k, k, -k}) sums.push_back(static_cast<int32_t>(sum));
  while (sums.size() < 20000)
    sums.push_back(static_cast<int32_t>(rng()) >> static_cast<int>(rng() % 31));
  return sums;
}

// What eval makes of the sums.
Tensor expected_of(const Drawn& drawn, const std::vector<int32_t>& sums) {
  const auto one = [](int32_t value) { return Tensor::of<int32_t>({1}, std::vector{value}); };
  const Tensor in[] = {Tensor::of<int32_t>({std::ssize(sums)}, sums), one(drawn.multiplier),
                       one(drawn.shift)};
  return testing_support::run_eval(drawn.call, in)[0];
}

// Real numbers have most of their places before the point where steps are small: then no floats may
// be found; where steps are large they have to be.
TEST(JoinedProduct, AgreesForEverySumWhereItIsFound) {
  std::mt19937 rng(seed());
  constexpr int draws = 40;
  int found = 0, found_large = 0, large = 0;
  for (int round = 0; round < draws; ++round) {
    SCOPED_TRACE(round);
    const auto sums = draw_sums(rng);
    const auto drawn = draw(rng, std::ssize(sums), -(1 + round % 12));
    const auto joined = joined_product(drawn.call, drawn.multiplier, drawn.shift);
    const bool is_large = drawn.shift >= -6;
    large += is_large;
    if (!joined) continue;
    ++found;
    found_large += is_large;
    const auto expected = expected_of(drawn, sums);
    for (size_t i = 0; i < sums.size(); ++i)
      ASSERT_EQ(std::clamp(joined->of(sums[i]), drawn.call.i("low"), drawn.call.i("high")),
                expected.integer_at(static_cast<int64_t>(i)))
          << sums[i] << " * " << drawn.multiplier << " shift " << drawn.shift;
  }
  EXPECT_GE(found, draws / 3);
  EXPECT_GE(found_large, large * 3 / 4);
}

TEST(JoinedProduct, IsNotLookedForWhereResultsAreWideOrShiftedToTheLeft) {
  std::mt19937 rng(seed());
  const auto drawn = draw(rng, 1, -5);
  EXPECT_FALSE(joined_product(drawn.call, drawn.multiplier, 0));
  EXPECT_FALSE(joined_product(drawn.call, -5, -5));
  const auto wide = make_call(*find_op(core_ops(), "requantize"), drawn.call.in,
                              {{"low", int64_t{-1000}}, {"to", std::string("i16")}});
  ASSERT_TRUE(wide);
  EXPECT_FALSE(joined_product(*wide, drawn.multiplier, drawn.shift));
}

TEST(FoldedProduct, AgreesForEverySum) {
  std::mt19937 rng(seed());
  for (int round = 0; round < 62; ++round) {
    SCOPED_TRACE(round);
    const auto sums = draw_sums(rng);
    const auto drawn = draw(rng, std::ssize(sums), -(1 + round % 31));
    const auto zero = round % 2 ? drawn.call.i("zero") : 0;
    const auto folded = folded_product(drawn.call, drawn.multiplier, drawn.shift, zero);
    constexpr int shift_with_any_zero = -22;
    ASSERT_TRUE(folded || (zero != 0 && drawn.shift < shift_with_any_zero)) << drawn.shift;
    if (!folded) continue;
    const auto expected = expected_of(drawn, sums);
    const bool by_sign = FoldedProduct::depends_on_sign(drawn.call);
    for (size_t i = 0; i < sums.size(); ++i)
      ASSERT_EQ(std::clamp(folded->of(sums[i], by_sign) + drawn.call.i("zero") - zero,
                           drawn.call.i("low"), drawn.call.i("high")),
                expected.integer_at(static_cast<int64_t>(i)))
          << sums[i] << " * " << drawn.multiplier << " shift " << drawn.shift;
  }
}

}  // namespace
}  // namespace turnstone
