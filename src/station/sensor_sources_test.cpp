// Sources of samples: windows of files that grow, of sound, of messages of a real broker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/files.h"
#include "base/text.h"
#include "media/samples.h"
#include "station/testing_kinds.h"
#include "station/testing_source.h"
#include "station/windowed_reader.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_tools::open_source;
using testing_tools::Running;

// "1 2 | 3 4": the channels of a window.
std::string print_window(const Frame& window) {
  std::vector<std::string> channels;
  for (int channel = 0; channel < window.height; ++channel)
    channels.push_back(fmt::format("{}", fmt::join(channel_of(window, channel), " ")));
  return join(channels, " | ");
}

std::vector<std::string> windows_of(Running& run) {
  std::vector<std::string> texts;
  for (const auto& window : run.taken()) texts.push_back(print_window(window));
  return texts;
}

TEST(Windows, OverlapAsTheHopSays) {
  WindowBuilder builder({.window = 3, .hop = 2, .rate = 50});
  std::vector<std::string> windows;
  for (float value = 0; value < 8; ++value)
    if (const auto window = *builder.add(std::vector{value}, {}, {})) {
      windows.push_back(print_window(*window));
      EXPECT_EQ(window->rate, 50);
    }
  EXPECT_THAT(windows, ElementsAre("0 1 2", "2 3 4", "4 5 6"));
  builder.start_over();
  EXPECT_FALSE(*builder.add(std::vector{9.0F}, {}, {}));
  EXPECT_EQ(check_windows({.window = 3, .hop = 4}, 1).error().text,
            "hop 4 is outside [0, 3], the steps of the window");
  EXPECT_FALSE(check_windows({.window = 1}, 300));
}

// Gives pieces of samples with numbers of their own.
class Pieces final : public FrameReader {
 public:
  explicit Pieces(std::vector<std::pair<int64_t, std::vector<float>>> pieces)
      : pieces_(std::move(pieces)) {}
  Result<Grab> next(std::chrono::milliseconds) override {
    if (at_ == pieces_.size()) return Grab{.kind = Grab::end};
    auto& [number, values] = pieces_[at_++];
    Grab grab{.kind = Grab::frame, .picture = make_samples(values, 1, 1000)};
    grab.picture.sequence = number;
    return grab;
  }

 private:
  std::vector<std::pair<int64_t, std::vector<float>>> pieces_;
  size_t at_ = 0;
};

TEST(Windows, NeverSpanAGapBetweenPieces) {
  auto reader = make_windowed_reader(
      std::make_unique<Pieces>(std::vector<std::pair<int64_t, std::vector<float>>>{
          {0, {1, 2, 3}}, {3, {4, 5}}, {1000, {6, 7, 8}}}),
      {.window = 2});
  std::vector<std::string> windows;
  for (;;) {
    const auto grab = reader->next(std::chrono::milliseconds(0));
    ASSERT_TRUE(grab);
    if (grab->kind == Grab::end) break;
    windows.push_back(fmt::format("{}: {}", grab->picture.sequence, print_window(grab->picture)));
  }
  EXPECT_THAT(windows, ElementsAre("0: 1 2", "1: 3 4", "3: 6 7"));
}

class CsvSource : public testing::Test {
 protected:
  std::string path() const { return (folder_.path() / "log.csv").string(); }
  void add(std::string_view text) const { std::ofstream(path(), std::ios::app) << text; }
  std::unique_ptr<Source> open(const std::string& fields) const {
    auto source = open_source(fmt::format("kind = \"csv\"\npath = \"{}\"\n{}", path(), fields));
    EXPECT_TRUE(source) << source.error().text;
    return source ? std::move(*source) : nullptr;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make();
};

TEST_F(CsvSource, AFileIsReadOnceInWindowsOfItsColumns) {
  add("\xef\xbb\xbftime,temp,\"v,x\"\r\n");
  for (int i = 0; i < 5; ++i) add(fmt::format("10:0{},{},{}\r\n", i, i, i * 10));
  const auto source = open("follow = false\ncolumns = [\"v,x\", \"2\"]\nwindow = 2\nrate_hz = 4\n");
  EXPECT_FALSE(source->is_live());
  Running run(*source);
  EXPECT_EQ(run.end(), SourceEnd::ended);
  EXPECT_THAT(windows_of(run), ElementsAre("0 10 | 0 1", "20 30 | 2 3"));
  EXPECT_EQ(run.taken()[1].sequence, 1);
  EXPECT_EQ(run.taken()[0].rate, 4);
  EXPECT_EQ(run.taken()[0].source, "in");
}

TEST_F(CsvSource, TheLastLineNeedsNoEnd) {
  add("1 2\n3 4");
  const auto source = open("follow = false\nheader = false\nseparator = \" \"\n");
  Running run(*source);
  EXPECT_EQ(run.end(), SourceEnd::ended);
  EXPECT_THAT(windows_of(run), ElementsAre("1 | 2", "3 | 4"));
}

TEST_F(CsvSource, AFileThatIsReadOnceMustBeThere) {
  const auto source =
      open_source(fmt::format("kind = \"csv\"\npath = \"{}\"\nfollow = false\n", path()));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Code::missing);
}

TEST_F(CsvSource, BadLinesAreCountedAndSkipped) {
  add("a,b\n1,2\nx,2\n3\n\n" + std::string(70'000, '9') + "\n5,6\n7,\n8,9\n");
  const auto source = open("follow = false\n");
  Running run(*source);
  EXPECT_EQ(run.end(), SourceEnd::ended);
  EXPECT_THAT(windows_of(run), ElementsAre("1 | 2", "5 | 6", "8 | 9"));
  ASSERT_EQ(run.reports().size(), 2u);
  EXPECT_EQ(run.reports()[0].text, path() + ":3 (1 bad so far): column 1: 'x' is no number");
  EXPECT_THAT(run.reports()[1].text, HasSubstr(":8 (4 bad so far): column 2: '' is no number"));
}

TEST_F(CsvSource, AGrowingFileIsFollowedFromItsEnd) {
  add("a,b\n1,2\n3,");
  const auto source = open("");
  Running run(*source);
  // It may or may not be open yet, so rows are added until one of them arrives.
  EXPECT_TRUE(testing_tools::eventually([&] {
    add("4\n5,6\n");
    return run.frames_now() > 0;
  }));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
  EXPECT_EQ(windows_of(run)[0], "5 | 6");
}

TEST_F(CsvSource, ARowThatIsNotCompleteWaitsForItsEnd) {
  add("a\n1\n2");
  const auto source = open("history = true\n");
  Running run(*source);
  EXPECT_TRUE(run.frames(1));
  add("3\n");
  EXPECT_TRUE(run.frames(2));
  EXPECT_THAT(windows_of(run), ElementsAre("1", "23"));
}

TEST_F(CsvSource, AFileThatIsRenamedOrCutShortIsFollowed) {
  add("a,b\n1,2\n");
  const auto source = open("history = true\ncolumns = [\"b\"]\n");
  Running run(*source);
  EXPECT_TRUE(run.frames(1));
  std::filesystem::rename(path(), path() + ".1");
  std::ofstream(path() + ".1", std::ios::app) << "3,4\n5,6";
  add("b,a\n7,8\n");
  EXPECT_TRUE(run.frames(4));
  std::ofstream(path(), std::ios::trunc) << "a,b\n";
  EXPECT_TRUE(testing_tools::eventually([&] {
    add("9,10\n");
    return run.frames_now() > 4;
  }));
  const auto windows = windows_of(run);
  EXPECT_THAT(std::vector(windows.begin(), windows.begin() + 4), ElementsAre("2", "4", "6", "7"));
}

TEST_F(CsvSource, WhatCannotBeIsRefused) {
  const auto error = [&](const std::string& fields) {
    const auto source =
        open_source(fmt::format("kind = \"csv\"\npath = \"{}\"\n{}", path(), fields));
    if (!source) return source.error().text;
    Running run(**source);
    const auto end = run.end();
    return end ? "none" : end.error().text;
  };
  EXPECT_THAT(error(""), HasSubstr("No such file"));
  add("a,b\n1,2\n");
  EXPECT_EQ(error("columns = [\"c\"]\n"), path() + ": has no column 'c', it has a, b");
  EXPECT_EQ(error("columns = [\"a\"]\nheader = false\n"),
            "columns: 'a' is wrong, without a header legal are 1, 2, ...");
  EXPECT_THAT(error("hop = 2\n"), HasSubstr("hop 2 is outside [0, 1]"));
  EXPECT_THAT(error("window = 0\n"), HasSubstr("'window' is 0"));
}

// A WAV file of 16 bits, two channels, 8000 steps a second.
std::string wav_of(const std::vector<int16_t>& values) {
  const auto bytes = static_cast<uint32_t>(values.size() * 2);
  std::string text = "RIFF";
  const auto put = [&](auto value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  put(bytes + 36);
  text += "WAVEfmt ";
  put(uint32_t{16});
  for (const uint16_t half : {1, 2}) put(half);
  put(uint32_t{8000});
  put(uint32_t{32'000});
  for (const uint16_t half : {4, 16}) put(half);
  text += "data";
  put(bytes);
  return text.append(reinterpret_cast<const char*>(values.data()), bytes);
}

TEST(WavSource, GivesTheSamplesOfAFileInWindows) {
  const auto folder = *TemporaryFolder::make();
  std::vector<int16_t> values;
  for (int i = 0; i < 1000; ++i) {
    values.push_back(static_cast<int16_t>(i * 32));
    values.push_back(-16384);
  }
  ASSERT_TRUE(write_file(folder.path() / "a.wav", wav_of(values)));
  const auto source = open_source(
      fmt::format("kind = \"wav\"\npath = \"{}/a.wav\"\nwindow = 400\n", folder.path().string()));
  ASSERT_TRUE(source) << source.error().text;
  for (const int64_t first : {0, 2}) {
    Running run(**source);
    EXPECT_EQ(run.end(), SourceEnd::ended);
    const auto windows = run.taken();
    ASSERT_EQ(windows.size(), 2u);
    EXPECT_EQ(windows[1].sequence, first + 1);
    EXPECT_EQ(windows[1].rate, 8000);
    ASSERT_EQ(windows[1].height, 2);
    for (int step = 0; step < 400; ++step) {
      const auto at = static_cast<size_t>(step);
      ASSERT_NEAR(channel_of(windows[1], 0)[at], static_cast<float>(400 + step) / 1024, 1e-4);
      ASSERT_NEAR(channel_of(windows[1], 1)[at], -0.5, 1e-4);
    }
  }
}

TEST(WavSource, AFileThatIsNoneFailsForGood) {
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(write_file(folder.path() / "a.wav", "this is a line of text and no sound at all\n"));
  const auto source =
      open_source(fmt::format("kind = \"wav\"\npath = \"{}/a.wav\"\n", folder.path().string()));
  ASSERT_TRUE(source);
  Running run(**source);
  const auto end = run.end();
  ASSERT_FALSE(end);
  EXPECT_TRUE(end.error().code == Code::invalid || end.error().code == Code::unsupported)
      << end.error().text;
}

TEST(AlsaSource, GivesWhatALiveSourceOfSoundGives) {
  const auto source = open_source(
      "kind = \"alsa\"\ndevice = \"gst:audiotestsrc is-live=true freq=1000\"\n"
      "sample_rate_hz = 8000\nwindow = 400\nhop = 200\n");
  ASSERT_TRUE(source) << source.error().text;
  EXPECT_TRUE((*source)->is_live());
  Running run(**source);
  ASSERT_TRUE(run.frames(3));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
  const auto window = run.taken()[1];
  EXPECT_EQ(window.width, 400);
  EXPECT_EQ(window.height, 1);
  EXPECT_EQ(window.rate, 8000);
  float most = 0;
  for (const auto value : channel_of(window, 0)) most = std::max(most, std::abs(value));
  EXPECT_NEAR(most, 0.8, 0.05) << "the volume of audiotestsrc";
}

TEST(AlsaSource, ADeviceThatIsNotThereIsUnavailable) {
  const auto source = open_source("kind = \"alsa\"\ndevice = \"hw:77,0\"\n");
  ASSERT_TRUE(source);
  Running run(**source);
  const auto end = run.end();
  ASSERT_FALSE(end);
  EXPECT_TRUE(end.error().code == Code::unavailable || end.error().code == Code::unsupported)
      << end.error().text;
}

TEST(MqttSource, MessagesOfABrokerBecomeWindows) {
  testing_tools::Broker broker;
  const auto source =
      open_source(fmt::format("kind = \"mqtt\"\nurl = \"{}\"\ntopic = \"line/+/t\"\nvalues = "
                              "[\"t\", \"/rh/0\"]\nwindow = 2\n",
                              broker.url()));
  ASSERT_TRUE(source) << source.error().text;
  EXPECT_TRUE((*source)->is_live());
  Running run(**source);
  EXPECT_TRUE(testing_tools::eventually([&] {
    EXPECT_TRUE(broker.say("line/3/t", "{\"t\": 1, \"rh\": [40]}"));
    return run.frames_now() > 0;
  }));
  EXPECT_TRUE(broker.say("line/3/t", "not JSON"));
  EXPECT_TRUE(run.errors(1));
  EXPECT_EQ(windows_of(run)[0], "1 1 | 40 40");
  EXPECT_THAT(run.reports()[0].text, HasSubstr("topic line/3/t: "));
  broker.kill();
  const auto end = run.end();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::unavailable);
}

TEST(MqttSource, SettingsThatCannotBeAreRefused) {
  const auto error = [](const std::string& fields) {
    const auto source = open_source("kind = \"mqtt\"\nurl = \"mqtt://127.0.0.1:1883\"\n" + fields);
    return source ? "none" : source.error().text;
  };
  EXPECT_THAT(error("topic = \"a/#/b\"\n"), HasSubstr("a/#/b"));
  EXPECT_THAT(error("topic = \"a\"\nhop = 3\n"), HasSubstr("hop 3"));
}

}  // namespace
}  // namespace turnstone
