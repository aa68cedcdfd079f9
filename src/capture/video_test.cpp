#include "capture/video.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "base/files.h"
#include "capture/gst.h"
#include "media/convert.h"
#include "media/picture.h"

namespace turnstone {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

std::filesystem::path data_folder() {
  const char* given = std::getenv("TURNSTONE_DATA");
  return given ? given : TURNSTONE_SOURCE_DIR "/../shared/data";
}

#define NEEDS_DATA() \
  if (!std::filesystem::exists(data_folder())) GTEST_SKIP() << "no " << data_folder()

// What a whole video gave.
struct Seen {
  std::vector<Frame> frames;
  std::vector<Error> broken;
};

Result<Seen> read_all(FrameReader& reader) {
  Seen seen;
  const auto deadline = std::chrono::steady_clock::now() + seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    auto grab = TRY(reader.next(milliseconds(100)));
    if (grab.kind == Grab::end) return seen;
    if (grab.kind == Grab::frame) seen.frames.push_back(std::move(grab.picture));
    if (grab.kind == Grab::broken) seen.broken.push_back(std::move(grab.error));
  }
  return fail(Code::unavailable, "the video did not end within a minute");
}

Result<Seen> read_video(const std::filesystem::path& path) {
  auto reader = TRY(open_video(path));
  return read_all(*reader);
}

// Runs a GStreamer description that writes `path`, to its end.
void write_video(const std::string& description, const std::filesystem::path& path) {
  ASSERT_TRUE(start_gst());
  const auto text = fmt::format("{} ! filesink location={}", description, path.string());
  const Gst<GstElement> pipeline(
      GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(text.c_str(), nullptr))));
  const Gst<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Gst<GstMessage> end(
      gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND,
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  ASSERT_TRUE(end);
  ASSERT_EQ(GST_MESSAGE_TYPE(end.get()), GST_MESSAGE_EOS) << error_of(end.get()).text;
}

std::array<int, 3> pixel(const Frame& frame, int x, int y) {
  std::vector<uint8_t> row(static_cast<size_t>(frame.width) * 3);
  rgb_row(frame, y, row.data());
  return {row[x * 3], row[x * 3 + 1], row[x * 3 + 2]};
}

bool same_pixels(const Frame& a, const Frame& b) {
  if (a.width != b.width || a.height != b.height || a.format != b.format) return false;
  for (int y = 0; y < a.height; ++y)
    if (std::memcmp(a.planes[0].data + y * a.planes[0].stride,
                    b.planes[0].data + y * b.planes[0].stride,
                    static_cast<size_t>(a.width) * 3) != 0)
      return false;
  return true;
}

class Video : public testing::Test {
 protected:
  TemporaryFolder folder_ = *TemporaryFolder::make();
  std::filesystem::path path(const char* name) const { return folder_.path() / name; }
};

TEST_F(Video, GivesEveryFrameOnceInOrderAndThenEnds) {
  write_video("videotestsrc num-buffers=20 ! video/x-raw,width=64,height=48 ! theoraenc ! oggmux",
              path("a.ogg"));
  const auto seen = read_video(path("a.ogg"));
  ASSERT_TRUE(seen) << seen.error().text;
  ASSERT_EQ(seen->frames.size(), 20u);
  for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(seen->frames[static_cast<size_t>(i)].sequence, i);
  EXPECT_EQ(seen->frames[0].width, 64);
  EXPECT_EQ(seen->frames[0].height, 48);
}

TEST_F(Video, GoesOnBeingAtItsEnd) {
  write_video("videotestsrc num-buffers=2 ! video/x-raw,width=64,height=48 ! theoraenc ! oggmux",
              path("a.ogg"));
  auto reader = open_video(path("a.ogg"));
  ASSERT_TRUE(reader);
  ASSERT_TRUE(read_all(**reader));
  const auto grab = (*reader)->next(milliseconds(0));
  ASSERT_TRUE(grab);
  EXPECT_EQ(grab->kind, Grab::end);
}

// One colour in four spaces, of which the last has to be converted. Each read as another would be
// off by 11 or more; the converter's own arithmetic in 8 bits is off by up to 4.
TEST_F(Video, HasTheColoursOfItsOwnColourSpace) {
  struct Space {
    const char* name;
    uint8_t y, u, v;
    PixelFormat format;
    int tolerance;
  };
  for (const auto [name, y, u, v, format, tolerance] :
       {Space{"bt601", 120, 84, 62, PixelFormat::i420, 2},
        {"bt709", 139, 75, 57, PixelFormat::i420, 2},
        {"1:4:0:0", 121, 78, 53, PixelFormat::i420, 2},
        {"smpte240m", 137, 76, 58, PixelFormat::rgb, 4}}) {
    SCOPED_TRACE(name);
    std::string pixels(64 * 48 * 3 / 2, static_cast<char>(y));
    std::fill_n(&pixels[64 * 48], 32 * 24, static_cast<char>(u));
    std::fill_n(&pixels[64 * 48 + 32 * 24], 32 * 24, static_cast<char>(v));
    ASSERT_TRUE(write_file(path("raw"), pixels));
    write_video(fmt::format("filesrc location={} ! rawvideoparse width=64 height=48 format=i420 ! "
                            "capssetter caps=video/x-raw,colorimetry=(string){} ! matroskamux",
                            path("raw").string(), name),
                path("a.mkv"));
    const auto seen = read_video(path("a.mkv"));
    ASSERT_TRUE(seen) << seen.error().text;
    ASSERT_EQ(seen->frames.size(), 1u);
    EXPECT_EQ(seen->frames[0].format, format);
    const auto colour = pixel(seen->frames[0], 30, 20);
    EXPECT_NEAR(colour[0], 0x10, tolerance);
    EXPECT_NEAR(colour[1], 0xc0, tolerance);
    EXPECT_NEAR(colour[2], 0x20, tolerance);
  }
}

TEST_F(Video, FramesOutliveTheReader) {
  write_video(
      "videotestsrc num-buffers=3 pattern=solid-color foreground-color=0xff2060e0 ! "
      "video/x-raw,format=RGB,width=64,height=48 ! matroskamux",
      path("a.mkv"));
  const auto seen = read_video(path("a.mkv"));
  ASSERT_TRUE(seen) << seen.error().text;
  ASSERT_EQ(seen->frames.size(), 3u);
  for (const auto& frame : seen->frames) EXPECT_EQ(pixel(frame, 63, 47)[0], 0x20);
}

TEST_F(Video, InRealTimeTakesAsLongAsTheRecording) {
  write_video(
      "videotestsrc num-buffers=7 ! video/x-raw,width=64,height=48,framerate=30/1 ! "
      "theoraenc ! oggmux",
      path("a.ogg"));
  const auto begin = std::chrono::steady_clock::now();
  auto reader = open_video(path("a.ogg"), Pace::realtime);
  ASSERT_TRUE(reader);
  const auto seen = read_all(**reader);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->frames.size(), 7u);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(190));
}

TEST_F(Video, ReportsABrokenPictureAndGoesOn) {
  write_video("videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! jpegenc ! matroskamux",
              path("a.mkv"));
  auto bytes = *read_text(path("a.mkv"));
  size_t begin = 0;  // of the third picture
  for (int i = 0; i < 3; ++i) begin = bytes.find("\xff\xd8\xff", begin + 1);
  ASSERT_NE(begin, std::string::npos);
  bytes.replace(begin + 40, 300, 300, '\0');
  ASSERT_TRUE(write_file(path("b.mkv"), bytes));
  const auto seen = read_video(path("b.mkv"));
  ASSERT_TRUE(seen) << seen.error().text;
  ASSERT_EQ(seen->broken.size(), 1u);
  EXPECT_THAT(seen->broken[0].text, HasSubstr("b.mkv: frame 2: "));
  ASSERT_EQ(seen->frames.size(), 4u);
  EXPECT_EQ(seen->frames[2].sequence, 3);
}

TEST_F(Video, AMissingFileIsNamed) {
  const auto reader = open_video(path("none.mkv"));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::missing);
  EXPECT_EQ(reader.error().text, path("none.mkv").string() + ": no such file");
}

TEST_F(Video, AFolderIsRefused) {
  const auto reader = open_video(folder_.path());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::invalid);
}

TEST_F(Video, AFileThatIsNoVideoIsRefused) {
  ASSERT_TRUE(write_file(path("a.mkv"), "this is a text and not a video, whatever it is called\n"));
  const auto reader = open_video(path("a.mkv"));
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().code, Code::unavailable) << reader.error().text;
  EXPECT_THAT(reader.error().text, HasSubstr("a.mkv: "));
}

TEST_F(Video, AnEmptyFileIsRefused) {
  ASSERT_TRUE(write_file(path("a.mkv"), ""));
  const auto reader = open_video(path("a.mkv"));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::invalid) << reader.error().text;
}

TEST_F(Video, ATruncatedFileGivesWhatItHas) {
  write_video(
      "videotestsrc num-buffers=20 ! video/x-raw,width=64,height=48 ! jpegenc ! "
      "matroskamux",
      path("a.mkv"));
  const auto bytes = *read_text(path("a.mkv"));
  ASSERT_TRUE(write_file(path("b.mkv"), std::string_view(bytes).substr(0, bytes.size() / 2)));
  auto reader = open_video(path("b.mkv"));
  ASSERT_TRUE(reader) << reader.error().text;
  size_t frames = 0;
  for (auto grab = (*reader)->next(seconds(1)); grab && grab->kind != Grab::end;
       grab = (*reader)->next(seconds(1)))
    if (grab->kind == Grab::frame) ++frames;
  EXPECT_GE(frames, 5u);
  EXPECT_LT(frames, 20u);
}

TEST_F(Video, ADecoderThatIsNotInstalledIsNamed) {
  write_video("videotestsrc num-buffers=3 ! jpegenc ! avimux", path("a.avi"));
  auto bytes = *read_text(path("a.avi"));
  for (auto at = bytes.find("MJPG"); at != bytes.npos; at = bytes.find("MJPG"))
    bytes.replace(at, 4, "NONE");
  ASSERT_TRUE(write_file(path("b.avi"), bytes));
  const auto reader = open_video(path("b.avi"));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::unsupported);
  EXPECT_THAT(reader.error().text, HasSubstr("b.avi: needs a "));
}

TEST(Turntable, HasThePixelsOfItsSinglePictures) {
  NEEDS_DATA();
  const auto folder = data_folder() / "turntable";
  const auto seen = read_video(folder / "turntable.mkv");
  ASSERT_TRUE(seen) << seen.error().text;
  EXPECT_EQ(seen->broken.size(), 0u);
  ASSERT_EQ(seen->frames.size(), 510u);
  for (const auto& frame : seen->frames) {
    const auto name = fmt::format("img{:05d}.jpg", frame.sequence);
    const auto picture = read_picture(folder / "frames" / name);
    ASSERT_TRUE(picture) << picture.error().text;
    ASSERT_TRUE(same_pixels(frame, *picture)) << name;
  }
}

}  // namespace
}  // namespace turnstone
