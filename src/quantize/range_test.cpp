#include "quantize/range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace turnstone::int8 {
namespace {

Histogram histogram_of(const std::vector<float>& elements) {
  Histogram histogram;
  EXPECT_TRUE(histogram.add(elements));
  return histogram;
}

int64_t sum(std::span<const int64_t> bins) {
  int64_t total = 0;
  for (const auto count : bins) total += count;
  return total;
}

TEST(Histogram, GrowsWithItsElementsAndKeepsWhereTheyLie) {
  auto histogram = histogram_of({0.5f, -0.25f, 0, 0});
  ASSERT_TRUE(histogram.add(std::vector<float>{100, -3}));
  EXPECT_EQ(histogram.count(), 6);
  EXPECT_EQ(histogram.zeros(), 2);
  EXPECT_EQ(histogram.low(), -3);
  EXPECT_EQ(histogram.high(), 100);
  EXPECT_EQ(sum(histogram.bins()), 4);
  for (const float wanted : {0.5f, -0.25f, 100.0f, -3.0f}) {
    int64_t near = 0;
    for (size_t i = 0; i < histogram.bins().size(); ++i)
      if (std::fabs(histogram.centre(i) - double{wanted}) <= histogram.width())
        near += histogram.bins()[i];
    EXPECT_GE(near, 1) << wanted;
  }
}

TEST(Histogram, RefusesWhatIsNoNumberAndCountsNothingOfIt) {
  auto histogram = histogram_of({1});
  EXPECT_FALSE(histogram.add(std::vector<float>{2, NAN}));
  EXPECT_FALSE(histogram.add(std::vector<float>{-INFINITY}));
  EXPECT_EQ(histogram.count(), 1);
  EXPECT_EQ(histogram.high(), 1);
}

TEST(Histogram, TakesTheLargestAndTheSmallestNumbers) {
  auto histogram = histogram_of({1e-40f, 0});
  EXPECT_TRUE(histogram.add(std::vector<float>{std::numeric_limits<float>::max(), -1e-30f}));
  EXPECT_EQ(sum(histogram.bins()), 3);
}

TEST(Range, OfAllThatOccurredHoldsZero) {
  EXPECT_EQ(choose_range(histogram_of({2, 5}), RangeMethod::minmax), (Range{0, 5}));
  EXPECT_EQ(choose_range(histogram_of({-2, -5}), RangeMethod::minmax), (Range{-5, 0}));
}

TEST(Range, WithoutTailsLeavesOutTheFarthest) {
  std::vector<float> elements(1'000'000, 1);
  elements[7] = 1000;
  elements[8] = -1000;
  const auto range = choose_range(histogram_of(elements), RangeMethod::percentile);
  EXPECT_NEAR(range.high, 1, 0.3);
  EXPECT_EQ(range.low, 0);
}

TEST(Range, OfLeastErrorCutsOutliersOff) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> elements;
  for (int i = 0; i < 1'000'000; ++i) elements.push_back(normal(random));
  elements.push_back(60);
  const auto range = choose_range(histogram_of(elements), RangeMethod::mse);
  EXPECT_LT(range.high, 40);
  EXPECT_GT(range.high, 3);
  EXPECT_LT(range.low, -3);
}

TEST(Range, OfNothingButZerosHasAScaleAllTheSame) {
  for (const auto method : {RangeMethod::minmax, RangeMethod::percentile, RangeMethod::mse}) {
    const auto range = choose_range(histogram_of({0, 0, 0}), method);
    EXPECT_EQ(range, (Range{0, 0})) << word_of(method);
    const auto quantisation = quantisation_of(range);
    EXPECT_GT(static_cast<float>(quantisation.scale), std::numeric_limits<float>::min());
    EXPECT_EQ(quantisation.zero, 0);
  }
}

TEST(Range, ZeroIsAnIntegerOfIts) {
  const auto quantisation = quantisation_of({-1, 3});
  EXPECT_NEAR(quantisation.scale, 4.0 / 255, 1e-9);
  EXPECT_EQ(quantisation.zero, 64);
  EXPECT_EQ(quantisation_of({-3, 0}).zero, 255);
}

TEST(Range, UnknownMethodsAreRefused) {
  EXPECT_EQ(parse_range_method("entropy").error().text,
            "'entropy' is wrong, legal are minmax, percentile, mse");
  EXPECT_EQ(*parse_range_method("mse"), RangeMethod::mse);
}

}  // namespace
}  // namespace turnstone::int8
