#include "codegen/picks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>

namespace turnstone {
namespace {

// Weights of a channel as a bell has them, the largest of which is `most`.
std::vector<int8_t> bell(int64_t length, int64_t channels, double deviation, int most) {
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  std::normal_distribution<double> normal(0, deviation);
  std::vector<int8_t> weights(static_cast<size_t>(length * channels));
  for (auto& w : weights)
    w = static_cast<int8_t>(std::clamp(std::round(normal(random)), -1.0 * most, 1.0 * most));
  return weights;
}

bool has_fours(const Picks& picks, int64_t block) {
  return picks.order[static_cast<size_t>(block * picked_block)] & 64;
}

// Whether products of these depth steps fit 16 bits together, in every channel, with any inputs.
bool fit(const Picks& picks, const std::vector<int8_t>& weights, int64_t channels,
         const std::vector<int64_t>& steps) {
  for (int64_t n = 0; n < channels; ++n) {
    int above = 0, below = 0;
    for (const auto step : steps) {
      const auto input = picks.inputs[static_cast<size_t>(step)];
      const int w = input < 0 ? 0 : weights[static_cast<size_t>(input * channels + n)];
      above += std::max(w, 0);
      below += std::min(w, 0);
    }
    if (above * 255 > 32767 || below * 255 < -32768) return false;
  }
  return true;
}

// Where the kernel loads what step `k` picks from.
int64_t from_of(const Picks& picks, int64_t k, int64_t filled) {
  if (k < filled) return std::min(k / picked_block * picked_block, filled - picked_block);
  int64_t from = 0;
  for (int64_t i = 0; i < 4; ++i)
    from |= int64_t{picks.order[static_cast<size_t>(k / 4 * 4 + i)] >> 4 & 7} << (3 * i);
  return 4 * from;
}

void expect_right(const Picks& picks, const std::vector<int8_t>& weights, int64_t channels) {
  const auto length = static_cast<int64_t>(weights.size()) / channels;
  const auto filled = (length + 3) / 4 * 4;
  const auto steps = filled + 4 * picks.extra_steps;
  ASSERT_EQ(picks.inputs.size(), static_cast<size_t>(steps));
  ASSERT_EQ(picks.order.size(), static_cast<size_t>(steps));
  EXPECT_EQ(picks.extra_steps, extra_steps(weights, channels));
  // Every input once, picked from where the kernel loads it.
  std::vector<int64_t> sorted;
  for (int64_t k = 0; k < steps; ++k) {
    const auto input = picks.inputs[static_cast<size_t>(k)];
    EXPECT_EQ(picks.order[static_cast<size_t>(k)] & 128, 0);
    const auto from = from_of(picks, k, filled);
    EXPECT_LE(from, filled - picked_block);
    if (input < 0) continue;
    sorted.push_back(input);
    EXPECT_EQ(from + (picks.order[static_cast<size_t>(k)] & 15), input);
  }
  std::ranges::sort(sorted);
  ASSERT_EQ(sorted.size(), static_cast<size_t>(length));
  for (int64_t k = 0; k < length; ++k) EXPECT_EQ(sorted[static_cast<size_t>(k)], k);
  for (int64_t k = 0; k < steps; k += 2) EXPECT_TRUE(fit(picks, weights, channels, {k, k + 1}));
  for (int64_t block = 0; (block + 1) * picked_block <= filled; ++block)
    if (has_fours(picks, block))
      for (const int64_t k : {0, 2, 8, 10}) {
        const auto at = block * picked_block + k;
        EXPECT_TRUE(fit(picks, weights, channels, {at, at + 1, at + 4, at + 5})) << at;
      }
}

TEST(Picks, EveryInputIsPickedOnceAndSumsFit) {
  for (const int64_t length : {13, 14, 15, 16, 17, 18, 24, 31, 32, 100, 512, 1999})
    for (const int64_t channels : {1, 7, 16, 32})
      for (const auto& [deviation, most] : {std::pair{18.0, 63}, {30.0, 127}, {60.0, 127}}) {
        SCOPED_TRACE(testing::Message() << length << " inputs, " << channels << " channels");
        const auto weights = bell(length, channels, deviation, most);
        auto picks = pick_inputs(weights, channels);
        expect_right(picks, weights, channels);
        if (most == 63 && channels <= 16) {
          EXPECT_EQ(picks.extra_steps, 0);
        }
        picks.fill_up(picks.extra_steps + 3);
        const auto end = picks.inputs.size() - 12;
        EXPECT_EQ(picks.order[end], 128);
        for (size_t k = end; k < picks.inputs.size(); ++k) EXPECT_EQ(picks.inputs[k], -1);
      }
}

// Three inputs fewer still make a whole block to the kernel, which may ask whether all have fours.
TEST(Picks, BlocksOfThirteenInputsAreWholeButHaveNoFours) {
  for (const auto& [length, blocks, fours] : {std::tuple{13, 1, 0},
                                              {15, 1, 0},
                                              {16, 1, 1},
                                              {17, 1, 1},
                                              {28, 1, 1},
                                              {29, 2, 1},
                                              {31, 2, 1},
                                              {32, 2, 2}}) {
    const auto picks = pick_inputs(bell(length, 16, 10, 40), 16);
    EXPECT_EQ(picks.blocks, blocks) << length;
    EXPECT_EQ(picks.fours, fours) << length;
  }
}

TEST(Picks, WeightsOfSevenBitsAreAddedInFours) {
  const auto picks = pick_inputs(bell(512, 16, 18, 63), 16);
  for (int64_t block = 0; block < 32; ++block) EXPECT_TRUE(has_fours(picks, block)) << block;
}

// Large weights find those of the other sign, wherever in the block these are.
TEST(Picks, LargeWeightsStandBesideTheirOpposites) {
  std::vector<int8_t> weights(16, 100);
  std::fill(weights.begin() + 8, weights.end(), int8_t{-100});
  const auto picks = pick_inputs(weights, 1);
  EXPECT_FALSE(has_fours(picks, 0));
  EXPECT_EQ(picks.extra_steps, 0);
  expect_right(picks, weights, 1);

  // Fours of which each has one large weight.
  weights.assign(16, 0);
  std::fill(weights.begin(), weights.begin() + 4, int8_t{127});
  const auto fours = pick_inputs(weights, 1);
  EXPECT_TRUE(has_fours(fours, 0));
  expect_right(fours, weights, 1);
}

// An input alone takes the room of two.
TEST(Picks, WhatFitsBesideNoOtherStandsInExtraSteps) {
  const auto steps = [](int above, int below) {
    std::vector<int8_t> weights(static_cast<size_t>(above), 100);
    weights.insert(weights.end(), static_cast<size_t>(below), int8_t{-100});
    expect_right(pick_inputs(weights, 1), weights, 1);
    return extra_steps(weights, 1);
  };
  EXPECT_EQ(steps(8, 8), 0);
  EXPECT_EQ(steps(9, 7), 1);   // two are alone, one of them has room
  EXPECT_EQ(steps(10, 6), 1);  // four, two of them
  EXPECT_EQ(steps(16, 0), 4);
  EXPECT_EQ(steps(32, 0), 8);
  EXPECT_EQ(steps(16, 16), 8);  // in blocks of their own
  EXPECT_EQ(steps(13, 0), 3);
}

TEST(Picks, TheLowestWeightStandsAlone) {
  std::vector<int8_t> weights(16, 0);
  weights[3] = weights[7] = -128;
  expect_right(pick_inputs(weights, 1), weights, 1);
  EXPECT_EQ(extra_steps(std::vector<int8_t>(16, -65), 1), 4);
  EXPECT_EQ(extra_steps(std::vector<int8_t>(16, -64), 1), 0);
  EXPECT_EQ(extra_steps(std::vector<int8_t>(16, 64), 1), 0);
}

TEST(Picks, WeightsOfARunAreInputByInput) {
  // Two channels of six inputs.
  const std::vector<int8_t> w = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
  EXPECT_EQ(weights_of_run(w, 6, 0, 2, 2, 3), (std::vector<int8_t>{2, 12, 3, 13, 4, 14}));
  EXPECT_EQ(weights_of_run(w, 6, 1, 1, 0, 2), (std::vector<int8_t>{10, 11}));
}

TEST(Picks, RunsAreThoseOfEveryPanelOfEveryGroup) {
  // Two groups of three channels, panels of two; two runs of one input.
  const std::vector<int8_t> w = {0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51};
  std::vector<std::vector<int8_t>> found;
  visit_runs(w, {.groups = 2, .channels = 3, .width = 2, .depth = 2, .length = 1},
             [&](std::span<const int8_t> run, int64_t channels) {
               EXPECT_EQ(std::ssize(run), channels);
               found.emplace_back(run.begin(), run.end());
             });
  EXPECT_EQ(found, (std::vector<std::vector<int8_t>>{
                       {0, 10}, {1, 11}, {20}, {21}, {30, 40}, {31, 41}, {50}, {51}}));
}

}  // namespace
}  // namespace turnstone
