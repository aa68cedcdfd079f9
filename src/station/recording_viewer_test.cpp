#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/files.h"
#include "base/test_process.h"
#include "base/text.h"
#include "station/clip_folder.h"
#include "station/stored_object.h"
#include "station/testing_kinds.h"
#include "station/testing_outcomes.h"
#include "station/testing_pictures.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing_tools::coded_frame;
using testing_tools::numbers_in;

class RecordingTest : public testing::Test {
 protected:
  void open(const std::string& fields) {
    auto viewer = testing_tools::open_viewer(
        fmt::format("kind = \"recording\"\npath = \"{}\"\nencoder = \"x264enc\"\n{}",
                    folder_.path().string(), fields));
    ASSERT_TRUE(viewer) << viewer.error().text;
    viewer_ = std::move(*viewer);
  }
  void show(int first, int last) {
    for (int i = first; i <= last; ++i) {
      const auto shown = viewer_->show({.frame = coded_frame(i)}, {});
      ASSERT_TRUE(shown) << shown.error().text;
    }
  }
  void finish() {
    const auto finished = viewer_->finish();
    ASSERT_TRUE(finished) << finished.error().text;
  }
  // Something of that label in frame `number`.
  void find(int number, const std::string& label) {
    auto outcome = testing_tools::some_classes({"other", label});
    outcome.frame = coded_frame(number);
    outcome.scene.source = "camera";
    outcome.scene.sequence = number;
    viewer_->notice(outcome);
  }

  std::vector<fs::path> files(std::string_view ending) const {
    std::vector<fs::path> found;
    for (const auto& each : fs::recursive_directory_iterator(folder_.path()))
      if (each.path().extension() == ending) found.push_back(each.path());
    std::ranges::sort(found);
    return found;
  }
  Json about(const fs::path& clip) const { return *read_json(clip.string() + ".json"); }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-recording");
  std::unique_ptr<Viewer> viewer_;
};

std::vector<int> range(int first, int last) {
  std::vector<int> numbers(static_cast<size_t>(last - first + 1));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

TEST_F(RecordingTest, EveryFrameIsInOneClipOrTheNext) {
  open("clip_s = 1\nkey_s = 0.2\nfile = \"{source}/{epoch_ms}\"\n");
  show(0, 60);
  finish();
  const auto clips = files(".mkv");
  ASSERT_THAT(clips, SizeIs(3));
  std::vector<int> all;
  for (const auto& clip : clips) std::ranges::copy(numbers_in(clip), std::back_inserter(all));
  EXPECT_EQ(all, range(0, 60));
  EXPECT_EQ(viewer_->means(), "x264enc");
}

TEST_F(RecordingTest, AClipIsDescribedBesideIt) {
  open("file = \"{source}/clip\"\n");
  show(0, 25);
  finish();
  EXPECT_EQ(numbers_in(folder_.path() / "camera/clip.mkv"), range(0, 25));
  const auto told = about(folder_.path() / "camera/clip.mkv");
  EXPECT_EQ(told["file"], "camera/clip.mkv");
  EXPECT_EQ(told["frames"], 26);
  EXPECT_EQ(told["seconds"], 1.0);
  EXPECT_EQ(told["complete"], true);
  EXPECT_EQ(told["encoder"], "x264enc");
  EXPECT_EQ(told["bytes"], fs::file_size(folder_.path() / "camera/clip.mkv"));
}

TEST_F(RecordingTest, AnEventKeepsTheTimeBeforeAndAfterIt) {
  open("when = \"events\"\nlabels = [\"Fail\"]\npre_s = 0.8\npost_s = 0.4\nkey_s = 0.2\n");
  show(0, 59);
  find(40, "Pass");
  show(60, 60);
  ASSERT_THAT(files(".mkv"), IsEmpty());
  find(50, "Fail");
  show(61, 120);
  ASSERT_THAT(files(".mkv"), SizeIs(1));
  const auto numbers = numbers_in(files(".mkv")[0]);
  ASSERT_THAT(numbers, Not(IsEmpty()));
  EXPECT_EQ(numbers, range(numbers.front(), numbers.back()));
  // 50 - 20 frames before, from the key picture before that on; it is known of since frame 60.
  EXPECT_LE(numbers.front(), 30);
  EXPECT_GE(numbers.front(), 24);
  EXPECT_GE(numbers.back(), 60);
  EXPECT_LE(numbers.back(), 62);
  const auto told = about(files(".mkv")[0]);
  ASSERT_THAT(told["events"], SizeIs(1));
  EXPECT_EQ(told["events"][0]["label"], "Fail");
  EXPECT_EQ(told["events"][0]["frame"], 50);
}

TEST_F(RecordingTest, AnotherEventMakesTheClipLonger) {
  open("when = \"events\"\npre_s = 0.2\npost_s = 1\nkey_s = 0.2\n");
  show(0, 30);
  find(30, "Fail");
  show(31, 50);
  find(50, "Fail");
  show(51, 100);
  ASSERT_THAT(files(".mkv"), SizeIs(1));
  const auto numbers = numbers_in(files(".mkv")[0]);
  EXPECT_THAT(numbers, Contains(75));
  EXPECT_THAT(numbers, Not(Contains(80)));
  EXPECT_THAT(about(files(".mkv")[0])["events"], SizeIs(2));
}

TEST_F(RecordingTest, WhatWasWrittenBeforeALossOfPowerCanBePlayed) {
  for (const std::string container : {"mkv", "mp4"}) {
    open(fmt::format("container = \"{}\"\nfile = \"clip\"\nkey_s = 0.2\n", container));
    show(0, 100);
    const auto copy = folder_.path() / ("copy." + container);
    std::vector<int> numbers;
    // The encoder and the file are behind the frames by what they hold.
    const bool written = testing_tools::eventually([&] {
      fs::copy_file(folder_.path() / ("clip." + container), copy,
                    fs::copy_options::overwrite_existing);
      numbers = numbers_in(copy);
      return numbers.size() >= 50;
    });
    ASSERT_TRUE(written) << container << " holds " << numbers.size() << " pictures";
    EXPECT_EQ(numbers, range(0, numbers.back()));
    EXPECT_EQ(about(folder_.path() / ("clip." + container))["complete"], false);
  }
}

TEST_F(RecordingTest, APictureOfAnotherSizeBeginsANewClip) {
  open("");
  show(0, 5);
  auto other = make_image(PixelFormat::gray, 63, 47)->frame();
  other.source = "camera";
  other.taken = coded_frame(6).taken;
  ASSERT_TRUE(viewer_->show({.frame = other}, {}));
  finish();
  ASSERT_THAT(files(".mkv"), SizeIs(2));
  EXPECT_EQ(
      about(files(".mkv")[1])["width"].get<int>() + about(files(".mkv")[0])["width"].get<int>(),
      62 + 128);
}

TEST_F(RecordingTest, ScenesAreDrawnWhenAskedFor) {
  open("draw = true\nfile = \"clip\"\n");
  auto shown = Shown{.frame = coded_frame(0)};
  shown.banner = {"part 1", red};
  for (int i = 0; i < 5; ++i) {
    shown.frame = coded_frame(0);
    shown.frame.taken += i * std::chrono::milliseconds(40);
    ASSERT_TRUE(viewer_->show(shown, {}));
  }
  finish();
  const auto reader = open_video(folder_.path() / "clip.mkv");
  ASSERT_TRUE(reader);
  const auto image = *to_rgb((*reader)->next(std::chrono::seconds(5))->picture);
  EXPECT_GT(image.row(1)[3 * 100], 150);
  EXPECT_LT(image.row(1)[3 * 100 + 1], 90);
}

TEST_F(RecordingTest, AnEncoderThatThereIsNotIsSaid) {
  const auto viewer = testing_tools::open_viewer(fmt::format(
      "kind = \"recording\"\npath = \"{}\"\nencoder = \"zx264\"\n", folder_.path().string()));
  ASSERT_TRUE(viewer);
  const auto shown = (*viewer)->show({.frame = coded_frame(0)}, {});
  ASSERT_FALSE(shown);
  EXPECT_THAT(shown.error().text, HasSubstr("encoder 'zx264' is not one that is known here"));
}

TEST_F(RecordingTest, AFinishedClipIsSentThroughAnotherSink) {
  open("to = \"store\"\nfile = \"{source}/clip\"\nkey = \"videos/{source}.mkv\"\n");
  EXPECT_EQ(viewer_->sends_through(), "store");
  show(0, 3);
  EXPECT_THAT(viewer_->take_parcels(), IsEmpty());
  finish();
  const auto parcels = viewer_->take_parcels();
  ASSERT_THAT(parcels, SizeIs(1));
  EXPECT_EQ(parcels[0].stream, "store");
  EXPECT_EQ(parcels[0].message.worth, Worth::video);
  EXPECT_EQ(parcels[0].message.file, folder_.path() / "camera/clip.mkv");
  const auto object = parse_stored_object(parcels[0].message.address);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->key, "videos/camera.mkv");
  EXPECT_EQ(object->type, "video/x-matroska");
  EXPECT_EQ(object->metadata.at("source"), "camera");
}

// Retention is of files, whoever wrote them.
class ClipFolderTest : public testing::Test {
 protected:
  fs::path make(std::string_view name, size_t bytes, std::chrono::hours age,
                bool described = true) {
    const ClipFolder folder(folder_.path(), ".mkv", {});
    auto path = *folder.claim(name);
    EXPECT_TRUE(write_file(path, std::string(bytes, 'x')));
    EXPECT_TRUE(!described || folder.describe(path, {{"file", folder.name_of(path)}}));
    fs::last_write_time(path, fs::file_time_type::clock::now() - age);
    return path;
  }
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& each : fs::recursive_directory_iterator(folder_.path()))
      if (each.path().extension() == ".mkv") names.push_back(each.path().stem());
    std::ranges::sort(names);
    return names;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-clips");
};

TEST_F(ClipFolderTest, TheOldestGoUntilTheRestFits) {
  using std::chrono::hours;
  make("a/old", 400, hours(3));
  make("b/middle", 400, hours(2));
  make("b/new", 400, hours(1));
  EXPECT_EQ(ClipFolder(folder_.path(), ".mkv", {.most_bytes = 900}).trim({}), 1);
  EXPECT_THAT(left(), ElementsAre("middle", "new"));
  EXPECT_FALSE(fs::exists(folder_.path() / "a"));
}

TEST_F(ClipFolderTest, OldClipsGoButNotTheOneThatIsWritten) {
  using std::chrono::hours;
  const auto open = make("open", 400, hours(50));
  make("old", 400, hours(40));
  make("new", 400, hours(1));
  const fs::path written[] = {open};
  EXPECT_EQ(ClipFolder(folder_.path(), ".mkv", {.most_age = hours(24)}).trim(written), 1);
  EXPECT_THAT(left(), ElementsAre("new", "open"));
}

TEST_F(ClipFolderTest, VideosOfOthersAreLeftAlone) {
  using std::chrono::hours;
  make("holiday", 400, hours(500), false);
  EXPECT_EQ(ClipFolder(folder_.path(), ".mkv", {.most_bytes = 1, .most_age = hours(1)}).trim({}),
            0);
  EXPECT_THAT(left(), ElementsAre("holiday"));
}

TEST_F(ClipFolderTest, ANameLeadsNowhereElse) {
  const ClipFolder folder(folder_.path(), ".mkv", {});
  EXPECT_EQ(folder.name_of(*folder.claim("../../etc/x\ny")), "_./_./etc/x_y.mkv");
  EXPECT_EQ(folder.name_of(*folder.claim("/")), "clip.mkv");
  make("twice", 1, std::chrono::hours(0));
  EXPECT_EQ(folder.name_of(*folder.claim("twice")), "twice-2.mkv");
}

}  // namespace
}  // namespace turnstone
