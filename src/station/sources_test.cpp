
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>

#include "base/files.h"
#include "media/image.h"
#include "media/picture.h"
#include "station/source_reading.h"
#include "station/testing_kinds.h"
#include "station/testing_source.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_tools::open_source;
using testing_tools::Running;

class Sources : public testing::Test {
 protected:
  TemporaryFolder folder_ = *TemporaryFolder::make();
  TemporaryFolder elsewhere_ = *TemporaryFolder::make();
  std::string path() const { return folder_.path().string(); }

  // A gray picture, complete when it appears.
  void put(const std::string& name, int width = 8) {
    const auto picture = make_image(PixelFormat::rgb, width, 8)->frame();
    ASSERT_TRUE(write_jpeg(elsewhere_.path() / name, picture));
    std::filesystem::rename(elsewhere_.path() / name, folder_.path() / name);
  }
  std::unique_ptr<Source> folder(bool watch, bool loop = false) const {
    auto source = open_source(fmt::format(
        "kind = \"folder\"\npath = \"{}\"\nwatch = {}\nloop = {}\n", path(), watch, loop));
    EXPECT_TRUE(source) << source.error().text;
    return std::move(*source);
  }
};

TEST_F(Sources, AFolderGivesItsPicturesInNaturalOrderAndEnds) {
  for (const char* name : {"img10.jpg", "img2.jpg", "img1.jpg"}) put(name);
  ASSERT_TRUE(write_file(folder_.path() / "notes.txt", "no picture"));
  const auto source = folder(false);
  Running run(*source);
  EXPECT_EQ(run.end(), SourceEnd::ended);
  EXPECT_THAT(run.names(), ElementsAre("img1.jpg:0", "img2.jpg:1", "img10.jpg:2"));
}

TEST_F(Sources, ABrokenPictureIsReportedAndSkipped) {
  put("a.jpg");
  put("c.jpg");
  ASSERT_TRUE(write_file(folder_.path() / "b.jpg", "\xff\xd8 this is none"));
  const auto source = folder(false);
  Running run(*source);
  EXPECT_EQ(run.end(), SourceEnd::ended);
  EXPECT_THAT(run.names(), ElementsAre("a.jpg:0", "c.jpg:2"));
  ASSERT_EQ(run.reports().size(), 1u);
  EXPECT_THAT(run.reports()[0].text, HasSubstr("b.jpg"));
}

TEST_F(Sources, TheTruncatedPictureOfTheTurntableIsReported) {
  const char* given = std::getenv("TURNSTONE_DATA");
  const std::filesystem::path data = given ? given : TURNSTONE_SOURCE_DIR "/../shared/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no " << data;
  std::filesystem::copy_file(data / "turntable/truncated.png", folder_.path() / "a.png");
  put("b.jpg");
  const auto source = folder(false);
  Running run(*source);
  EXPECT_EQ(run.end(), SourceEnd::ended);
  EXPECT_THAT(run.names(), ElementsAre("b.jpg:1"));
  EXPECT_EQ(run.reports().size(), 1u);
}

TEST_F(Sources, ALoopedFolderStartsOverUntilItIsStopped) {
  put("a.jpg");
  const auto source = folder(false, true);
  Running run(*source);
  EXPECT_TRUE(run.frames(3));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
  EXPECT_EQ(run.names()[2], "a.jpg:2");
}

TEST_F(Sources, AWatchedFolderGivesWhatIsThereAndThenWhatComes) {
  put("a.jpg");
  const auto source = folder(true);
  Running run(*source);
  ASSERT_TRUE(run.frames(1));
  put("b.jpg");
  ASSERT_TRUE(run.frames(2));
  ASSERT_TRUE(write_file(folder_.path() / "notes.txt", "no picture"));
  put("c.jpg");
  ASSERT_TRUE(run.frames(3));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
  EXPECT_THAT(run.names(), ElementsAre("a.jpg:0", "b.jpg:1", "c.jpg:2"));
}

TEST_F(Sources, AWatchedFolderWaitsUntilAPictureIsComplete) {
  put("sample.jpg");
  const auto bytes = *read_text(folder_.path() / "sample.jpg");
  std::filesystem::remove(folder_.path() / "sample.jpg");
  const auto source = folder(true);
  Running run(*source);
  put("a.jpg");
  ASSERT_TRUE(run.frames(1));  // it watches now
  std::FILE* file = std::fopen((folder_.path() / "b.jpg").c_str(), "wb");
  ASSERT_TRUE(file);
  std::fwrite(bytes.data(), 1, bytes.size() / 2, file);
  std::fflush(file);
  put("c.jpg");
  ASSERT_TRUE(run.frames(2));
  std::fwrite(bytes.data() + bytes.size() / 2, 1, bytes.size() - bytes.size() / 2, file);
  std::fclose(file);
  ASSERT_TRUE(run.frames(3));
  EXPECT_THAT(run.names(), ElementsAre("a.jpg:0", "c.jpg:1", "b.jpg:2"));
  EXPECT_TRUE(run.reports().empty());
}

TEST_F(Sources, AWatchedPictureThatIsWrittenAgainComesAgain) {
  put("a.jpg", 8);
  const auto source = folder(true);
  Running run(*source);
  ASSERT_TRUE(run.frames(1));
  put("a.jpg", 24);
  ASSERT_TRUE(run.frames(2));
  EXPECT_THAT(run.names(), ElementsAre("a.jpg:0", "a.jpg:1"));
}

TEST_F(Sources, AWatchedFolderPassesOverWhatIsNoFile) {
  put("a.jpg");
  const auto source = folder(true);
  Running run(*source);
  ASSERT_TRUE(run.frames(1));
  const auto pipe = elsewhere_.path() / "pipe.jpg";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::rename(pipe, folder_.path() / "b.jpg");
  std::filesystem::create_symlink("/dev/zero", elsewhere_.path() / "zero.jpg");
  std::filesystem::rename(elsewhere_.path() / "zero.jpg", folder_.path() / "c.jpg");
  put("d.jpg");
  EXPECT_TRUE(run.frames(2));
  // Lets a source that reads the pipe end.
  ::close(::open((folder_.path() / "b.jpg").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
  EXPECT_THAT(run.names(), ElementsAre("a.jpg:0", "d.jpg:1"));
  EXPECT_TRUE(run.reports().empty());
}

TEST_F(Sources, AWatchedFolderThatGoesIsMissingAndGivesNothingTwiceWhenItIsBack) {
  put("a.jpg");
  const auto source = folder(true);
  const auto away = elsewhere_.path() / "away";
  {
    Running run(*source);
    ASSERT_TRUE(run.frames(1));
    std::filesystem::rename(folder_.path(), away);
    const auto end = run.end();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Code::missing);
    EXPECT_EQ(end.error().text, path() + ": is gone");
  }
  std::filesystem::rename(away, folder_.path());
  put("b.jpg");
  Running run(*source);
  ASSERT_TRUE(run.frames(1));
  EXPECT_THAT(run.names(), ElementsAre("b.jpg:1"));
}

TEST_F(Sources, AFolderThatIsNotThereOrMakesNoSenseIsRefused) {
  const auto open = [](const std::string& folder, std::string_view more) {
    return open_source(fmt::format("kind = \"folder\"\npath = \"{}\"\n{}", folder, more)).error();
  };
  EXPECT_EQ(open(path() + "/none", "").code, Code::missing);
  EXPECT_EQ(open("", "").text, "test.toml:4: source 'in': 'path' is empty");
  EXPECT_EQ(open(path(), "watch = true\nloop = true\n").text,
            "watch and loop exclude each other, choose one");
  EXPECT_EQ(open(path(), "interval_s = -1").text,
            "test.toml:5: source 'in': 'interval_s' is -1, 0 to 86400 is legal");
}

TEST_F(Sources, AVideoThatIsNotThereIsRefused) {
  const auto source = open_source("kind = \"video\"\npath = \"/none.mkv\"\n");
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Code::missing);
}

TEST_F(Sources, AFileThatIsNoVideoFailsForGood) {
  ASSERT_TRUE(write_file(folder_.path() / "a.mkv", "not a video at all, but a line of text\n"));
  const auto source = open_source(fmt::format("kind = \"video\"\npath = \"{}/a.mkv\"\n", path()));
  ASSERT_TRUE(source);
  Running run(**source);
  const auto end = run.end();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code == Code::invalid || end.error().code == Code::unsupported, true)
      << end.error().text;
}

// Gives 6 frames, of which frame 1 is broken; fails at frame `fails_at`.
class FailingReader final : public FrameReader {
 public:
  explicit FailingReader(int64_t fails_at) : fails_at_(fails_at) {}

  Result<Grab> next(std::chrono::milliseconds) override {
    if (next_ == fails_at_) return fail(Code::unavailable, "the disk is away");
    Grab grab{.kind = next_ == 6 ? Grab::end : next_ == 1 ? Grab::broken : Grab::frame};
    grab.picture.sequence = next_++;
    return grab;
  }

 private:
  int64_t fails_at_;
  int64_t next_ = 0;
};

TEST_F(Sources, AVideoThatFailsGoesOnWhereItWas) {
  std::deque<int64_t> failures = {4, 2, 6, 100, 3, 100};
  const auto source = make_recording_source({.name = "in"}, [&] {
    const auto fails_at = failures.front();
    failures.pop_front();
    return std::make_unique<FailingReader>(fails_at);
  });
  const auto run = [&] {
    Running running(*source);
    const auto end = running.end();
    auto said = running.names();
    for (size_t i = 0; i < running.reports().size(); ++i) said.emplace_back("broken");
    said.emplace_back(end ? "ended" : end.error().text);
    return said;
  };
  EXPECT_THAT(run(), ElementsAre(":0", ":2", ":3", "broken", "the disk is away"));
  EXPECT_THAT(run(), ElementsAre("the disk is away"));
  EXPECT_THAT(run(), ElementsAre(":4", ":5", "the disk is away"));
  EXPECT_THAT(run(), ElementsAre("ended"));
  EXPECT_THAT(run(), ElementsAre(":6", ":8", "broken", "the disk is away"));
  EXPECT_THAT(run(), ElementsAre(":9", ":10", ":11", "ended"));
}

TEST_F(Sources, TheTurntableVideoGivesAllFramesAndEnds) {
  const char* given = std::getenv("TURNSTONE_DATA");
  const std::filesystem::path data = given ? given : TURNSTONE_SOURCE_DIR "/../shared/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no " << data;
  const auto source = open_source(fmt::format("kind = \"video\"\npath = \"{}\"\n",
                                              (data / "turntable/turntable.mkv").string()));
  ASSERT_TRUE(source);
  for (const int64_t first : {0, 510}) {  // a second run starts over, its numbers go on
    Running run(**source);
    EXPECT_EQ(run.end(), SourceEnd::ended);
    const auto names = run.names();
    ASSERT_EQ(names.size(), 510u);
    EXPECT_EQ(names.front(), fmt::format(":{}", first));
    EXPECT_EQ(names.back(), fmt::format(":{}", first + 509));
    EXPECT_TRUE(run.reports().empty());
  }
}

TEST_F(Sources, ACameraRunsUntilItIsStopped) {
  const auto source = open_source(
      "kind = \"v4l2\"\ndevice = \"gst:videotestsrc is-live=true\"\nwidth_px = 64\nheight_px = "
      "48\n");
  ASSERT_TRUE(source) << source.error().text;
  Running run(**source);
  EXPECT_TRUE(run.frames(3));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
}

TEST_F(Sources, OnlyACameraIsLive) {
  EXPECT_TRUE((*open_source("kind = \"v4l2\"\n"))->is_live());
  EXPECT_FALSE(folder(true)->is_live());
  EXPECT_FALSE(make_recording_source({.name = "in"}, {})->is_live());
}

TEST_F(Sources, ACameraThatIsPulledOutIsUnavailableAndItsNumbersGoOn) {
  const auto source = open_source(
      "kind = \"v4l2\"\ndevice = \"gst:videotestsrc is-live=true num-buffers=3\"\nfps = 100\n");
  ASSERT_TRUE(source) << source.error().text;
  // A camera drops frames that are not taken in time, so any of the three may come.
  int last = -1;
  for (int round = 0; round < 2; ++round) {
    Running run(**source);
    const auto end = run.end();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Code::unavailable);
    const auto names = run.names();
    ASSERT_FALSE(names.empty());
    for (const auto& name : names) {
      const int number = std::stoi(name.substr(1));
      EXPECT_GT(number, last);
      last = number;
    }
  }
}

TEST_F(Sources, ACameraThatIsNotThereIsFoundOutWhenItRuns) {
  const auto source = open_source("kind = \"v4l2\"\ndevice = \"/dev/no-such-camera\"\n");
  ASSERT_TRUE(source);
  Running run(**source);
  const auto end = run.end();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::unavailable);
}

}  // namespace
}  // namespace turnstone
