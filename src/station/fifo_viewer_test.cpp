#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/test_process.h"
#include "base/text.h"
#include "media/picture.h"
#include "station/testing_kinds.h"
#include "station/testing_outcomes.h"
#include "station/testing_pictures.h"
#include "station/viewer_lane.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::coded_frame;
using testing_tools::eventually;

// Cuts a stream of JPEG pictures apart as a reader of the FIFO does.
class Reader {
 public:
  explicit Reader(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~Reader() { ::close(descriptor_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next picture, or nothing when none comes.
  std::optional<Frame> next() {
    std::optional<Frame> found;
    eventually([&] {
      fill();
      const auto end = bytes_.find("\xff\xd9");
      if (end == bytes_.npos) return false;
      const auto picture = decode_picture(std::as_bytes(std::span(bytes_).first(end + 2)));
      if (picture) found = *picture;
      bytes_.erase(0, end + 2);
      return true;
    });
    return found;
  }

 private:
  void fill() {
    char piece[65536];
    for (;;) {
      const auto count = ::read(descriptor_, piece, sizeof piece);
      if (count <= 0) return;
      bytes_.append(piece, static_cast<size_t>(count));
    }
  }

  int descriptor_;
  std::string bytes_;
};

class FifoTest : public testing::Test {
 protected:
  void open(const std::string& fields = "") {
    auto viewer = testing_tools::open_viewer(
        fmt::format("kind = \"fifo\"\npath = \"{}\"\n{}", path(), fields));
    ASSERT_TRUE(viewer) << viewer.error().text;
    viewer_ = std::move(*viewer);
  }
  std::string path() const { return (folder_.path() / "results.mjpeg").string(); }
  void show(const Shown& shown) const {
    const auto ok = viewer_->show(shown, {});
    ASSERT_TRUE(ok) << ok.error().text;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-fifo");
  std::unique_ptr<Viewer> viewer_;
};

Shown faces() {
  auto outcome = testing_tools::some_faces();
  return {.frame = outcome.frame, .outcome = outcome};
}

const uint8_t* pixel(const Image& image, int x, int y) { return image.row(y) + 3 * x; }

TEST_F(FifoTest, AReaderGetsWholePictures) {
  open("draw = \"none\"\n");
  Reader reader(path());
  ASSERT_TRUE(viewer_->is_looking("camera"));
  for (const int number : {3, 200, 77}) {
    show({.frame = coded_frame(number)});
    const auto picture = reader.next();
    ASSERT_TRUE(picture);
    EXPECT_EQ(testing_tools::number_in(*picture), number);
  }
}

TEST_F(FifoTest, WithoutAReaderNothingIsWanted) {
  open();
  EXPECT_FALSE(viewer_->is_looking("camera"));
}

TEST_F(FifoTest, AReaderMayGoAndComeBack) {
  open("draw = \"none\"\n");
  for (int i = 0; i < 3; ++i) {
    Reader reader(path());
    ASSERT_TRUE(viewer_->is_looking("camera"));
    show({.frame = coded_frame(i)});
    EXPECT_TRUE(reader.next());
  }
  show({.frame = coded_frame(9)});
  EXPECT_FALSE(viewer_->is_looking("camera"));
}

TEST_F(FifoTest, AReaderThatDoesNotReadHoldsNobodyUp) {
  open("draw = \"none\"\n");
  const Reader reader(path());
  ViewerLane lane(SinkConfig(), std::move(viewer_), std::chrono::milliseconds(0), {});
  for (int i = 0; i < 2000; ++i) lane.offer(coded_frame(i % 256), 0);
  lane.finish();
  const auto counters = lane.counters();
  EXPECT_EQ(counters.failed, 0);
  EXPECT_GT(counters.dropped, 0);
  EXPECT_EQ(counters.dropped + counters.shown, 2000);
}

TEST_F(FifoTest, BoxesAreDrawnAsTheFaceCameraDrewThem) {
  open("quality = 100\n");
  Reader reader(path());
  ASSERT_TRUE(viewer_->is_looking("camera"));
  show(faces());
  const auto picture = reader.next();
  ASSERT_TRUE(picture);
  const auto image = *to_rgb(*picture);
  // The second face begins in the middle of 200x100 pixels; its edge is 4 wide, blue.
  const auto* edge = pixel(image, 102, 75);
  EXPECT_LT(edge[0], 90);
  EXPECT_NEAR(edge[1], 165, 40);
  EXPECT_GT(edge[2], 180);
  EXPECT_LT(pixel(image, 110, 75)[2], 60);
}

TEST_F(FifoTest, PicturesHaveTheSizeThatIsAskedFor) {
  open("size = \"480p\"\n");
  Reader reader(path());
  ASSERT_TRUE(viewer_->is_looking("camera"));
  show(faces());
  const auto picture = reader.next();
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->width, 858);
  EXPECT_EQ(picture->height, 480);
}

TEST_F(FifoTest, AProgramThatWeDidNotWriteReadsIt) {
  if (!testing_tools::has_program("gst-launch-1.0")) GTEST_SKIP() << "gst-launch-1.0 is missing";
  open("draw = \"none\"\n");
  testing_tools::Process player({"gst-launch-1.0", "-q", "filesrc", "location=" + path(), "!",
                                 "jpegparse", "!", "jpegdec", "!", "videoconvert", "!", "pngenc",
                                 "!", "multifilesink",
                                 "location=" + (folder_.path() / "%d.png").string()});
  ASSERT_TRUE(eventually([&] { return viewer_->is_looking("camera"); }));
  const auto played = folder_.path() / "4.png";
  int number = 0;
  EXPECT_TRUE(eventually([&] {
    if (viewer_->is_looking("camera")) show({.frame = coded_frame(number++ % 256)});
    return std::filesystem::exists(played);
  })) << number
      << " pictures were shown, gst-launch " << (player.running() ? "runs" : "has ended")
      << ", the FIFO is " << (viewer_->is_looking("camera") ? "read" : "not read")
      << ", of 5 pictures there are "
      << std::ranges::count_if(
             std::filesystem::directory_iterator(folder_.path()),
             [](const auto& entry) { return entry.path().extension() == ".png"; });
  player.kill();
}

TEST_F(FifoTest, SomethingElseAtItsPlaceIsLeftAlone) {
  ASSERT_TRUE(write_file(path(), "mine"));
  const auto viewer =
      testing_tools::open_viewer(fmt::format("kind = \"fifo\"\npath = \"{}\"\n", path()));
  ASSERT_FALSE(viewer);
  EXPECT_THAT(viewer.error().text, HasSubstr("is there and no FIFO"));
}

TEST_F(FifoTest, AWrongColourIsRefused) {
  const auto viewer = testing_tools::open_viewer(
      fmt::format("kind = \"fifo\"\npath = \"{}\"\ncolor = \"blue\"\n", path()));
  ASSERT_FALSE(viewer);
  EXPECT_EQ(viewer.error().text,
            "test.toml:9: sink 'out': color: 'blue' is wrong, legal are such as #14a5ff");
}

}  // namespace
}  // namespace turnstone
