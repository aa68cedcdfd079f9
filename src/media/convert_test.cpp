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

// The factors of U and V as the standards print them.
struct Equations {
  YuvSpace space;
  double luma, red_v, green_u, green_v, blue_u;
};
constexpr Equations all_equations[] = {
    {{YuvMatrix::bt601, true}, 1, 1.402, -0.344136, -0.714136, 1.772},
    {{YuvMatrix::bt601, false}, 1.164384, 1.596027, -0.391762, -0.812968, 2.017232},
    {{YuvMatrix::bt709, true}, 1, 1.5748, -0.187324, -0.468124, 1.8556},
    {{YuvMatrix::bt709, false}, 1.164384, 1.792741, -0.213249, -0.532909, 2.112402},
    {{YuvMatrix::bt2020, true}, 1, 1.4746, -0.164553, -0.571353, 1.8814},
    {{YuvMatrix::bt2020, false}, 1.164384, 1.678674, -0.187326, -0.650424, 2.141772},
};

TEST(Convert, EveryYuvColourIsThatOfTheEquationsRounded) {
  for (const auto& set : all_equations)
    for (int y = 0; y < 256; y += 15)
      for (int u = 0; u < 256; u += 5)
        for (int v = 0; v < 256; v += 5) {
          auto image = *make_image(PixelFormat::i420, 1, 1);
          *image.row(0, 0) = static_cast<uint8_t>(y);
          *image.row(0, 1) = static_cast<uint8_t>(u);
          *image.row(0, 2) = static_cast<uint8_t>(v);
          auto frame = image.frame();
          frame.yuv = set.space;
          const auto [red, green, blue] = rgb_at(*to_rgb(frame), 0, 0);
          const double luma = set.luma * (set.space.is_full ? y : y - 16);
          const auto byte = [&](double chroma) { return std::clamp(luma + chroma, 0.0, 255.0); };
          ASSERT_NEAR(red, byte(set.red_v * (v - 128)), 0.54);
          ASSERT_NEAR(green, byte(set.green_u * (u - 128) + set.green_v * (v - 128)), 0.54);
          ASSERT_NEAR(blue, byte(set.blue_u * (u - 128)), 0.54);
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
