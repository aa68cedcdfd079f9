#include "capture/camera.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/gst.h"

namespace turnstone {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// The next frame or failure, whatever comes first.
Result<Frame> next_frame(FrameReader& reader) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (std::chrono::steady_clock::now() < deadline) {
    auto grab = TRY(reader.next(milliseconds(100)));
    if (grab.kind == Grab::frame) return std::move(grab.picture);
  }
  return fail(Code::cancelled, "no frame within 20 seconds");
}

TEST(Camera, GivesFramesOfTheSizeAskedFor) {
  auto reader = open_camera(
      {.device = "gst:videotestsrc is-live=true", .width = 160, .height = 120, .fps = 30});
  ASSERT_TRUE(reader) << reader.error().text;
  const auto frame = next_frame(**reader);
  ASSERT_TRUE(frame) << frame.error().text;
  EXPECT_EQ(frame->width, 160);
  EXPECT_EQ(frame->height, 120);
}

TEST(Camera, GivesFramesOfTheFormatAskedFor) {
  for (const char* format : {"yuyv", "nv12", "i420", "mjpeg"}) {
    SCOPED_TRACE(format);
    const bool jpeg = format == std::string("mjpeg");
    auto reader = open_camera({.device = jpeg ? "gst:videotestsrc is-live=true ! jpegenc"
                                              : "gst:videotestsrc is-live=true",
                               .width = 64,
                               .height = 48,
                               .format = format});
    ASSERT_TRUE(reader) << reader.error().text;
    const auto frame = next_frame(**reader);
    ASSERT_TRUE(frame) << frame.error().text;
    EXPECT_EQ(frame->width, 64);
  }
}

TEST(Camera, GivesFramesOfACameraThatCompressesThem) {
  if (!start_gst() || !make_element("x264enc")) GTEST_SKIP() << "no x264enc";
  auto reader = open_camera(
      {.device = "gst:videotestsrc is-live=true ! x264enc tune=zerolatency speed-preset=ultrafast",
       .width = 64,
       .height = 48,
       .format = "h264"});
  ASSERT_TRUE(reader) << reader.error().text;
  const auto frame = next_frame(**reader);
  ASSERT_TRUE(frame) << frame.error().text;
  EXPECT_EQ(frame->height, 48);
}

TEST(Camera, TimesAreThoseOfTheSteadyClock) {
  const auto begin = std::chrono::steady_clock::now();
  auto reader = open_camera({.device = "gst:videotestsrc is-live=true do-timestamp=true"});
  ASSERT_TRUE(reader) << reader.error().text;
  const auto first = next_frame(**reader);
  const auto second = next_frame(**reader);
  ASSERT_TRUE(first && second);
  EXPECT_GE(first->taken, begin);
  EXPECT_LT(first->taken, second->taken);
  EXPECT_LE(second->taken, std::chrono::steady_clock::now());
}

TEST(Camera, FramesThatNobodyTookLeaveAGapInTheNumbers) {
  auto reader = open_camera({.device = "gst:videotestsrc is-live=true", .fps = 100});
  ASSERT_TRUE(reader) << reader.error().text;
  auto before = next_frame(**reader);
  ASSERT_TRUE(before);
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  bool gap = false;
  while (!gap && std::chrono::steady_clock::now() < deadline) {
    // Nobody takes frames until the clock has gone on by several of them.
    const auto until = std::chrono::steady_clock::now() + milliseconds(50);
    while (std::chrono::steady_clock::now() < until) {
    }
    auto after = next_frame(**reader);
    ASSERT_TRUE(after);
    gap = after->sequence > before->sequence + 1;
    before = std::move(after);
  }
  EXPECT_TRUE(gap);
}

TEST(Camera, ThatStopsIsUnavailable) {
  auto reader = open_camera({.device = "gst:videotestsrc num-buffers=2 is-live=true"});
  ASSERT_TRUE(reader) << reader.error().text;
  Result<Frame> frame = next_frame(**reader);
  while (frame) frame = next_frame(**reader);
  EXPECT_EQ(frame.error().code, Code::unavailable);
  EXPECT_THAT(frame.error().text, HasSubstr("stopped giving pictures"));
}

TEST(Camera, ThatIsNotThereIsUnavailable) {
  const auto reader = open_camera({.device = "/dev/no-such-camera"});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::unavailable);
  EXPECT_THAT(reader.error().text, HasSubstr("/dev/no-such-camera"));
}

TEST(Camera, RefusesASizeThatADescriptionExcludes) {
  const auto reader = open_camera(
      {.device = "gst:videotestsrc is-live=true ! video/x-raw,width=32,height=32", .width = 64});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::invalid);
  EXPECT_THAT(reader.error().text, HasSubstr("has nothing to give that fits its options"));
}

TEST(Camera, RefusesAWrongDescription) {
  const auto reader = open_camera({.device = "gst:nosuchelement"});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::invalid);
  EXPECT_THAT(reader.error().text, HasSubstr("nosuchelement"));
}

TEST(Camera, RefusesOptionsThatMakeNoSense) {
  EXPECT_EQ(check_camera({.device = ""}).error().text, "device is empty, e.g. /dev/video0");
  EXPECT_EQ(check_camera({.device = "x", .format = "hevc"}).error().text,
            "format 'hevc' is not one of mjpeg, yuyv, nv12, i420, h264");
  EXPECT_EQ(check_camera({.device = "x", .width = -1}).error().text,
            "side -1 is outside [0, 16384]");
  EXPECT_EQ(check_camera({.device = "x", .fps = -5}).error().text, "fps -5 is outside [0, 1000]");
}

}  // namespace
}  // namespace turnstone
