#include "media/shrink.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

TEST(Shrink, TakesTheMeanOfEachBlock) {
  auto image = *make_image(PixelFormat::rgb, 5, 2);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 5; ++x)
      for (int i = 0; i < 3; ++i) image.row(y)[x * 3 + i] = static_cast<uint8_t>(10 * x + y + i);
  const auto small = *shrink(image, 3);
  ASSERT_EQ(small.width(), 2);
  ASSERT_EQ(small.height(), 1);
  // The mean of 0, 1, 10 and 11 is 5.5, rounded up.
  EXPECT_EQ(small.row(0)[0], 6);
  EXPECT_EQ(small.row(0)[1], 7);
  EXPECT_EQ(small.row(0)[3], 26);
}

TEST(Shrink, LeavesAPictureThatFits) {
  const auto image = *make_image(PixelFormat::rgb, 4, 3);
  EXPECT_EQ(shrink(image, 4)->row(0), image.row(0));
}

TEST(Shrink, KeepsAThinPictureThin) {
  const auto small = *shrink(*make_image(PixelFormat::rgb, 1000, 1), 10);
  EXPECT_EQ(small.width(), 10);
  EXPECT_EQ(small.height(), 1);
}

}  // namespace
}  // namespace turnstone
