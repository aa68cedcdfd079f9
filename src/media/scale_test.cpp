#include "media/scale.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

Image ramp(int width, int height) {
  auto image = *make_image(PixelFormat::rgb, width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int sample = 0; sample < 3; ++sample)
        image.row(y)[x * 3 + sample] = static_cast<uint8_t>(10 * x + y + 60 * sample);
  return image;
}

TEST(Scale, TheSameSizeIsTheSamePicture) {
  const auto image = ramp(5, 3);
  EXPECT_EQ(scale(image, 5, 3)->row(2)[14], image.row(2)[14]);
}

TEST(Scale, TwiceTheSizeMixesNeighbours) {
  const auto large = *scale(ramp(4, 2), 8, 4);
  EXPECT_EQ(large.width(), 8);
  EXPECT_EQ(large.row(0)[0], 0);
  EXPECT_EQ(large.row(0)[3], 3);  // a quarter of the way from 0 to 10
  EXPECT_EQ(large.row(0)[6], 8);
  EXPECT_EQ(large.row(3)[7 * 3 + 1], 30 + 1 + 60);
}

TEST(Scale, OnePixelFillsAnySize) {
  auto image = *make_image(PixelFormat::rgb, 1, 1);
  image.row(0)[1] = 77;
  const auto large = *scale(image, 7, 5);
  EXPECT_EQ(large.row(4)[6 * 3 + 1], 77);
  EXPECT_FALSE(scale(image, 0, 5));
}

}  // namespace
}  // namespace turnstone
