#include "station/motion_meter.h"

#include <gtest/gtest.h>

#include "media/image.h"

namespace turnstone {
namespace {

constexpr int width = 320, height = 240;

// A gray-looking picture of any format: dark but for a bright box, in pixels.
Frame picture(PixelFormat format, int left, int top, int right, int bottom, int bright = 200) {
  auto image = *make_image(format, width, height);
  for (int plane = 0; plane < plane_count(format); ++plane)
    for (int y = 0; y < row_count(format, plane, height); ++y)
      std::fill_n(image.row(y, plane), row_bytes(format, plane, width), plane == 0 ? 50 : 128);
  const auto step = row_bytes(format, 0, 1);
  for (int y = top; y < bottom; ++y)
    std::fill_n(image.row(y) + left * step, (right - left) * step, bright);
  return image.frame();
}

double share(std::string_view region, const Frame& before, const Frame& now, int level = 12) {
  auto meter = *MotionMeter::make(region, level);
  EXPECT_EQ(meter.share_of(before), 1);
  return meter.share_of(now);
}

TEST(MotionMeter, MeasuresTheShareThatChangedWhateverTheFormat) {
  for (const auto format :
       {PixelFormat::rgb, PixelFormat::bgr, PixelFormat::rgbx, PixelFormat::bgrx, PixelFormat::gray,
        PixelFormat::i420, PixelFormat::nv12}) {
    const auto empty = picture(format, 0, 0, 0, 0);
    const auto quarter = picture(format, 0, 0, width / 2, height / 2);
    EXPECT_NEAR(share("", empty, quarter), 0.25, 0.01) << print(format);
    EXPECT_EQ(share("", quarter, quarter), 0) << print(format);
  }
}

TEST(MotionMeter, TakesNoNoticeOfWhatIsFaint) {
  const auto format = PixelFormat::gray;
  const auto one = picture(format, 0, 0, width, height, 100);
  const auto other = picture(format, 0, 0, width, height, 112);
  EXPECT_EQ(share("", one, other, 12), 0);
  EXPECT_EQ(share("", one, other, 11), 1);
}

TEST(MotionMeter, LooksAtTheRegionAlone) {
  const auto empty = picture(PixelFormat::i420, 0, 0, 0, 0);
  const auto corner = picture(PixelFormat::i420, 0, 0, width / 4, height / 4);
  EXPECT_EQ(share("0,0 0.25,0.25", empty, corner), 1);
  EXPECT_EQ(share("0.5,0.5 1,1", empty, corner), 0);
  EXPECT_NEAR(share("0,0 0.5,0 0,0.5", empty, corner), 0.5, 0.03);
}

TEST(MotionMeter, AnotherSizeIsAChange) {
  auto meter = *MotionMeter::make("", 12);
  const auto frame = picture(PixelFormat::gray, 0, 0, 0, 0);
  auto half = frame;
  half.width /= 2;
  EXPECT_EQ(meter.share_of(frame), 1);
  EXPECT_EQ(meter.share_of(half), 1);
  EXPECT_EQ(meter.share_of(half), 0);
}

TEST(MotionMeter, SeesNothingInATinyRegionOrPicture) {
  const auto frame = picture(PixelFormat::gray, 0, 0, width, height);
  const auto empty = picture(PixelFormat::gray, 0, 0, 0, 0);
  EXPECT_EQ(share("0.999,0.999 1,1", empty, frame), 0);
  auto tiny = frame;
  tiny.width = tiny.height = 1;
  EXPECT_EQ(share("", tiny, tiny), 0);
}

TEST(MotionMeter, SaysWhatIsWrongWithARegion) {
  const auto problem = [](std::string_view region) {
    const auto meter = MotionMeter::make(region, 12);
    return meter ? "fine" : meter.error().text;
  };
  EXPECT_EQ(problem("0,0 1,1"), "fine");
  EXPECT_EQ(problem("0,0 1"), "motion_region: '1' is not X,Y in fractions of the picture");
  EXPECT_EQ(problem("0,0 1,2"),
            "motion_region: '2' is no fraction of the picture, legal is 0 to 1");
  EXPECT_EQ(problem("0,0"),
            "motion_region: has 1 corner, legal are 2 of a box, or the 3 to 100 of a polygon");
}

}  // namespace
}  // namespace turnstone
