#include "media/convert.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace turnstone {
namespace {

std::array<int, 3> rgb_at(const Image& image, int x, int y) {
  const auto* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

TEST(Convert, EveryYuvColourIsWithinOneOfTheEquations) {
  for (int y = 0; y < 256; y += 15)
    for (int u = 0; u < 256; u += 5)
      for (int v = 0; v < 256; v += 5) {
        auto image = *make_image(PixelFormat::i420, 1, 1);
        *image.row(0, 0) = static_cast<uint8_t>(y);
        *image.row(0, 1) = static_cast<uint8_t>(u);
        *image.row(0, 2) = static_cast<uint8_t>(v);
        const auto [red, green, blue] = rgb_at(*to_rgb(image.frame()), 0, 0);
        const auto byte = [](double value) { return std::clamp(value, 0.0, 255.0); };
        ASSERT_NEAR(red, byte(y + 1.402 * (v - 128)), 0.51);
        ASSERT_NEAR(green, byte(y - 0.344136 * (u - 128) - 0.714136 * (v - 128)), 0.51);
        ASSERT_NEAR(blue, byte(y + 1.772 * (u - 128)), 0.51);
      }
}

TEST(Convert, Nv12AndI420OfOddSizeAgree) {
  auto planar = *make_image(PixelFormat::i420, 5, 3);
  auto packed = *make_image(PixelFormat::nv12, 5, 3);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 5; ++x)
      packed.row(y)[x] = planar.row(y)[x] = static_cast<uint8_t>(30 * y + 11 * x);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 3; ++x) {
      packed.row(y, 1)[2 * x] = planar.row(y, 1)[x] = static_cast<uint8_t>(90 + 20 * x + y);
      packed.row(y, 1)[2 * x + 1] = planar.row(y, 2)[x] = static_cast<uint8_t>(140 - 9 * x - y);
    }
  const auto a = *to_rgb(planar.frame());
  const auto b = *to_rgb(packed.frame());
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 5; ++x) EXPECT_EQ(rgb_at(a, x, y), rgb_at(b, x, y));
}

TEST(Convert, PackedFormatsKeepTheirColours) {
  const auto one = [](PixelFormat format, std::initializer_list<uint8_t> bytes) {
    auto image = *make_image(format, 1, 1);
    std::copy(bytes.begin(), bytes.end(), image.row(0));
    return rgb_at(*to_rgb(image.frame()), 0, 0);
  };
  constexpr std::array<int, 3> expected = {1, 2, 3};
  EXPECT_EQ(one(PixelFormat::rgb, {1, 2, 3}), expected);
  EXPECT_EQ(one(PixelFormat::bgr, {3, 2, 1}), expected);
  EXPECT_EQ(one(PixelFormat::rgbx, {1, 2, 3, 99}), expected);
  EXPECT_EQ(one(PixelFormat::bgrx, {3, 2, 1, 99}), expected);
  EXPECT_EQ(one(PixelFormat::gray, {7}), (std::array<int, 3>{7, 7, 7}));
}

}  // namespace
}  // namespace turnstone
