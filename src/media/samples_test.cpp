#include "media/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "media/convert.h"
#include "media/crop.h"
#include "media/curves.h"
#include "media/draw.h"
#include "media/picture.h"

namespace turnstone {
namespace {

using testing::ElementsAre;

TEST(Samples, AWindowHoldsItsChannelsOneAfterTheOther) {
  const auto window = make_samples({1, 2, 3, 4, 5, 6}, 2, 100);
  EXPECT_EQ(window.format, PixelFormat::f32);
  EXPECT_EQ(window.width, 3);
  EXPECT_EQ(window.height, 2);
  EXPECT_EQ(window.rate, 100);
  EXPECT_THAT(channel_of(window, 0), ElementsAre(1, 2, 3));
  EXPECT_THAT(channel_of(window, 1), ElementsAre(4, 5, 6));
}

TEST(Samples, AWindowIsNoPicture) {
  const auto window = make_samples({1, 2}, 1, 0);
  const auto text = "there is no picture, but a window of 1 channels and 2 steps";
  EXPECT_EQ(to_rgb(window).error().text, text);
  EXPECT_EQ(encode_jpeg(window).error().text, text);
  EXPECT_EQ(encode_png(window).error().text, text);
  EXPECT_EQ(encode_jpeg(crop_of(window, {0, 0, 1, 1})).error().code, Code::unsupported);
}

TEST(Samples, SizesBeyondReasonAreRefused) {
  EXPECT_TRUE(check_window_size(1, most_steps));
  EXPECT_FALSE(check_window_size(0, 1));
  EXPECT_FALSE(check_window_size(1, 0));
  EXPECT_FALSE(check_window_size(most_channels + 1, 1));
  EXPECT_FALSE(check_window_size(most_channels, most_steps));
}

bool has_color(const Image& image, Color color, int column, int from, int to) {
  for (int y = from; y < to; ++y) {
    const auto* pixel = image.row(y) + int64_t{column} * 3;
    if (pixel[0] == color.red && pixel[1] == color.green && pixel[2] == color.blue) return true;
  }
  return false;
}

TEST(Samples, CurvesGoFromTheSmallestValueToTheLargest) {
  std::vector<float> values;
  for (int i = 0; i < 2000; ++i) values.push_back(static_cast<float>(i));
  for (int i = 0; i < 2000; ++i) values.push_back(i == 7 ? NAN : 5);
  const auto image = draw_curves(make_samples(values, 2, 0), 200, 100);
  ASSERT_TRUE(image);
  EXPECT_TRUE(has_color(*image, color_of_label(0), 199, 0, 10));
  EXPECT_FALSE(has_color(*image, color_of_label(0), 199, 25, 50));
  EXPECT_TRUE(has_color(*image, color_of_label(0), 0, 40, 50));
  EXPECT_TRUE(has_color(*image, color_of_label(1), 150, 70, 80));
}

TEST(Samples, CurvesOfAnythingAreDrawn) {
  EXPECT_TRUE(draw_curves(make_samples({INFINITY, NAN}, 2, 0)));
  EXPECT_TRUE(draw_curves(make_samples({-3e38F, 3e38F}, 1, 0)));
  EXPECT_TRUE(draw_curves(make_samples(std::vector<float>(size_t{256} * 3), 256, 0), 32, 8));
  EXPECT_FALSE(draw_curves(make_image(PixelFormat::rgb, 8, 8)->frame()));
}

}  // namespace
}  // namespace turnstone
