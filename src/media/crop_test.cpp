#include "media/crop.h"

#include <gtest/gtest.h>

#include "media/convert.h"
#include "media/image.h"

namespace turnstone {
namespace {

// Every sample tells where it is.
Image numbered(PixelFormat format, int width, int height) {
  auto image = *make_image(format, width, height);
  for (int plane = 0; plane < plane_count(format); ++plane)
    for (int y = 0; y < row_count(format, plane, height); ++y)
      for (int64_t i = 0; i < row_bytes(format, plane, width); ++i)
        image.row(y, plane)[i] = static_cast<uint8_t>(plane * 90 + y * 11 + i * 3);
  return image;
}

TEST(Crop, HasThePixelsOfItsPlaceInEveryFormat) {
  for (const auto format :
       {PixelFormat::rgb, PixelFormat::bgr, PixelFormat::rgbx, PixelFormat::bgrx, PixelFormat::gray,
        PixelFormat::i420, PixelFormat::nv12}) {
    SCOPED_TRACE(print(format));
    const auto frame = numbered(format, 13, 9).frame();
    const auto piece = crop_of(frame, {4, 2, 6, 5});
    ASSERT_EQ(piece.width, 6);
    ASSERT_EQ(piece.height, 5);
    const auto whole = *to_rgb(frame);
    const auto part = *to_rgb(piece);
    for (int y = 0; y < 5; ++y)
      for (int i = 0; i < 6 * 3; ++i) ASSERT_EQ(part.row(y)[i], whole.row(y + 2)[4 * 3 + i]);
  }
}

TEST(Crop, StaysWithinThePicture) {
  const auto frame = numbered(PixelFormat::rgb, 10, 8).frame();
  const auto piece = crop_of(frame, {-5, 6, 100, 2'000'000'000});
  EXPECT_EQ(piece.width, 10);
  EXPECT_EQ(piece.height, 2);
  EXPECT_EQ(crop_of(frame, {10, 0, 5, 5}).width, 0);
  EXPECT_EQ(crop_of(frame, {0, 0, 0, 5}).planes[0].data, nullptr);
}

TEST(Crop, BeginsAtEvenPixelsWhereChromaIsHalved) {
  const auto piece = crop_of(numbered(PixelFormat::nv12, 12, 12).frame(), {5, 3, 4, 4});
  EXPECT_EQ(piece.width, 5);
  EXPECT_EQ(piece.height, 5);
}

}  // namespace
}  // namespace turnstone
