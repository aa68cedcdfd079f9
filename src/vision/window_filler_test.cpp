#include "vision/window_filler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "media/image.h"
#include "media/samples.h"

namespace turnstone {
namespace {

using testing::ElementsAre;

ModelInput input_of(std::vector<int64_t> shape, Windowing window = {}) {
  ModelInput input;
  input.name = "x";
  input.shape = std::move(shape);
  input.window = std::move(window);
  return input;
}

// Two channels of three steps.
Frame window() { return make_samples({1, 2, 3, 10, 20, 30}, 2, 0); }

// What one window becomes, or why it does not.
std::string filled(const ModelInput& input, const Frame& frame, int index = 0) {
  const auto filler = WindowFiller::make(input);
  if (!filler) return filler.error().text;
  int64_t count = 1;
  for (const auto extent : input.shape) count *= extent;
  std::vector<float> tensor(static_cast<size_t>(count), -1);
  const auto geometry = filler->run(frame, index, tensor.data());
  return geometry ? fmt::format("{}", fmt::join(tensor, " ")) : geometry.error().text;
}

TEST(WindowFiller, ChannelsAreLaidOutAsTheInputHasThem) {
  EXPECT_EQ(filled(input_of({1, 2, 3}), window()), "1 2 3 10 20 30");
  EXPECT_EQ(filled(input_of({1, 3, 2}, {.steps_first = true}), window()), "1 10 2 20 3 30");
  EXPECT_EQ(filled(input_of({1, 6}), window()), "1 2 3 10 20 30");
  EXPECT_EQ(filled(input_of({1, 6}, {.steps_first = true}), window()), "1 10 2 20 3 30");
  EXPECT_EQ(filled(input_of({1, 1, 2, 3}), window()), "1 2 3 10 20 30");
}

TEST(WindowFiller, ALongerWindowGivesItsNewestSteps) {
  EXPECT_EQ(filled(input_of({1, 2, 2}), window()), "2 3 20 30");
  EXPECT_EQ(filled(input_of({1, 2}), window()), "3 30");
}

TEST(WindowFiller, EachItemOfABatchHasItsPlace) {
  EXPECT_EQ(filled(input_of({2, 2}), window(), 1), "-1 -1 3 30");
}

TEST(WindowFiller, MeanAndScaleAreThoseOfTheChannel) {
  EXPECT_EQ(filled(input_of({1, 2, 3}, {.mean = {2, 20}, .scale = {1, 0.1}}), window()),
            "-1 0 1 -1 0 1");
  EXPECT_EQ(filled(input_of({1, 2, 3}, {.mean = {1}, .scale = {2}}), window()), "0 2 4 18 38 58");
}

TEST(WindowFiller, QuantisedInputsAreRoundedAndCut) {
  ModelInput input = input_of({1, 2, 3}, {.scale = {1, 10}});
  input.dtype = DType::i8;
  input.quantisation = Quantisation{2, -1};
  const auto filler = WindowFiller::make(input);
  ASSERT_TRUE(filler) << filler.error().text;
  std::array<int8_t, 6> tensor{};
  ASSERT_TRUE(filler->run(window(), 0, tensor.data()));
  EXPECT_THAT(tensor, ElementsAre(-1, 0, 1, 49, 99, 127));
}

TEST(WindowFiller, WhatDoesNotFitIsSaidInOneLine) {
  EXPECT_EQ(filled(input_of({1, 2, 4}), window()),
            "window of 2 channels and 3 steps does not fill input 'x' of [1, 2, 4]");
  EXPECT_EQ(filled(input_of({1, 3, 2}), window()),
            "window of 2 channels and 3 steps does not fill input 'x' of [1, 3, 2]");
  EXPECT_EQ(filled(input_of({1, 5}), window()),
            "window of 2 channels and 3 steps does not fill input 'x' of [1, 5]");
  EXPECT_EQ(filled(input_of({1, 2}), make_image(PixelFormat::rgb, 8, 6)->frame()),
            "the model takes samples, this is a picture of 8 x 6 pixels, rgb");
  EXPECT_EQ(filled(input_of({1, 2}), make_samples({1, NAN}, 2, 0)),
            "channel 1 of the window holds values that are no numbers");
  EXPECT_EQ(filled(input_of({1, 2}, {.scale = {1, 1, 1}}), window()),
            "window of 2 channels and 3 steps does not fill input 'x' of [1, 2]");
}

TEST(WindowFiller, InputsThatNoWindowFillsAreRefused) {
  EXPECT_EQ(filled(input_of({4}), window()),
            "input 'x': shape [4] is wrong, legal are [batch, values] and more extents");
  EXPECT_EQ(filled(input_of({1, 2, 3, 4}), window()),
            "input 'x': shape [1, 2, 3, 4] is wrong, legal are [batch, values] and "
            "[batch, channels, steps]");
  EXPECT_EQ(filled(input_of({1, 2, 3}, {.mean = {1, 2, 3}}), window()),
            "input 'x': window.mean has 3 numbers, legal are 1 and 2");
  auto input = input_of({1, 2});
  input.dtype = DType::i64;
  EXPECT_EQ(filled(input, window()),
            "input 'x': samples as i64 are not made, legal are f32, u8, i8");
  EXPECT_FALSE(WindowFiller::make(input_of({1, int64_t{1} << 31, int64_t{1} << 31})));
}

}  // namespace
}  // namespace turnstone
