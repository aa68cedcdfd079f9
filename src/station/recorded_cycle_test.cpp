#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "capture/video.h"
#include "station/cycle.h"

namespace turnstone {
namespace {

Scene scene_of(int64_t sequence, int label = 0) {
  Scene scene;
  scene.sequence = sequence;
  scene.classes = {{label, 1.0f}};
  return scene;
}

Frame frame_of(int64_t sequence) {
  Frame frame;
  frame.sequence = sequence;
  return frame;
}

struct Recorded {
  std::vector<Verdict> verdicts;
  std::unique_ptr<Cycle> cycle;

  explicit Recorded(Stops stops)
      : cycle(make_recorded_cycle(std::move(stops), Voting::mean, [this](const Verdict& verdict) {
          verdicts.push_back(verdict);
        })) {}

  // Takes the frames [from, to) and answers each at once.
  void run(int64_t from, int64_t to) {
    for (auto i = from; i < to; ++i)
      if (cycle->take(frame_of(i))) cycle->judged(scene_of(i));
  }
};

TEST(ParseStops, ReadsOneNumberALine) {
  EXPECT_EQ(*parse_stops("58\n91\n", "s.txt"), (Stops{58, 91}));
  EXPECT_EQ(*parse_stops("# begins to stand\r\n 0 # now\r\n\r\n7", "s.txt"), (Stops{0, 7}));
}

TEST(ParseStops, NamesTheLineThatIsWrong) {
  EXPECT_EQ(parse_stops("5\nx7\n", "s.txt").error().text,
            "s.txt:2: 'x7' is not a frame number, 0 or larger");
  EXPECT_EQ(parse_stops("-5\n", "s.txt").error().text,
            "s.txt:1: '-5' is not a frame number, 0 or larger");
  EXPECT_EQ(parse_stops("5\n5\n", "s.txt").error().text,
            "s.txt:2: frame 5 is not larger than 5, the one before");
  EXPECT_EQ(parse_stops("99999999999999999999", "s.txt").error().text,
            "s.txt:1: '99999999999999999999' is not a frame number, 0 or larger");
  EXPECT_EQ(parse_stops("\n", "s.txt").error().text,
            "s.txt: no frame numbers, at least one part must stand");
}

TEST(RecordedCycle, JudgesTheFramesOfStandingPartsOnly) {
  Recorded recorded({3, 5, 8, 9});
  std::vector<int64_t> taken;
  for (int64_t i = 0; i < 12; ++i)
    if (recorded.cycle->take(frame_of(i))) {
      taken.push_back(i);
      recorded.cycle->judged(scene_of(i));
    }
  EXPECT_EQ(taken, (std::vector<int64_t>{3, 4, 5, 8, 9}));
}

TEST(RecordedCycle, GivesEachPartOneVerdictWhenItMoves) {
  Recorded recorded({3, 5, 8, 9});
  recorded.run(0, 6);
  EXPECT_EQ(recorded.verdicts.size(), 0u);
  recorded.run(6, 7);
  ASSERT_EQ(recorded.verdicts.size(), 1u);
  EXPECT_EQ(recorded.verdicts[0].part, 0);
  EXPECT_EQ(recorded.verdicts[0].frames, 3);
  recorded.run(7, 20);
  ASSERT_TRUE(recorded.cycle->finish());
  ASSERT_EQ(recorded.verdicts.size(), 2u);
  EXPECT_EQ(recorded.verdicts[1].part, 1);
}

TEST(RecordedCycle, GivesAPartThatStandsAtTheEndItsVerdict) {
  Recorded recorded({3, 5, 8});
  recorded.run(0, 12);
  EXPECT_EQ(recorded.verdicts.size(), 1u);
  ASSERT_TRUE(recorded.cycle->finish());
  ASSERT_EQ(recorded.verdicts.size(), 2u);
  EXPECT_EQ(recorded.verdicts[1].frames, 4);
}

TEST(RecordedCycle, WaitsForAnswersThatComeLate) {
  Recorded recorded({1, 2, 4, 5});
  for (int64_t i = 0; i < 7; ++i) recorded.cycle->take(frame_of(i));
  EXPECT_EQ(recorded.verdicts.size(), 0u);
  recorded.cycle->judged(scene_of(1, 1));
  EXPECT_EQ(recorded.verdicts.size(), 0u);
  recorded.cycle->judged(scene_of(2, 1));
  ASSERT_EQ(recorded.verdicts.size(), 1u);
  EXPECT_EQ(recorded.verdicts[0].label, 1);
  recorded.cycle->judged(scene_of(4, 0));
  recorded.cycle->lost();
  ASSERT_EQ(recorded.verdicts.size(), 2u);
  EXPECT_EQ(recorded.verdicts[1].label, 0);
  EXPECT_EQ(recorded.verdicts[1].frames, 1);
}

TEST(RecordedCycle, ARefusedFrameIsTheNewestAndLeavesThePartBeforeAlone) {
  Recorded recorded({1, 2, 4, 5});
  for (int64_t i = 0; i < 5; ++i) recorded.cycle->take(frame_of(i));
  recorded.cycle->refused();
  recorded.cycle->judged(scene_of(1, 1));
  EXPECT_EQ(recorded.verdicts.size(), 0u);
  recorded.cycle->judged(scene_of(2, 1));
  ASSERT_EQ(recorded.verdicts.size(), 1u);
  EXPECT_EQ(recorded.verdicts[0].frames, 2);
  ASSERT_TRUE(recorded.cycle->finish());
  ASSERT_EQ(recorded.verdicts.size(), 2u);
  EXPECT_EQ(recorded.verdicts[1].frames, 0);
}

TEST(RecordedCycle, APartWhoseFramesWereAllDroppedIsUndecided) {
  Recorded recorded({1, 2, 4, 5, 7, 8});
  recorded.run(0, 3);
  recorded.run(7, 12);
  ASSERT_TRUE(recorded.cycle->finish());
  ASSERT_EQ(recorded.verdicts.size(), 3u);
  EXPECT_EQ(recorded.verdicts[1].label, -1);
  EXPECT_EQ(recorded.verdicts[1].frames, 0);
  EXPECT_EQ(recorded.verdicts[1].scene.sequence, -1);
  EXPECT_EQ(recorded.verdicts[2].frames, 2);
}

TEST(RecordedCycle, APartWhoseFramesWereLostShowsItsFirst) {
  Recorded recorded({1, 2});
  for (int64_t i = 0; i < 3; ++i) recorded.cycle->take(frame_of(i));
  recorded.cycle->lost();
  recorded.cycle->lost();
  ASSERT_TRUE(recorded.cycle->finish());
  ASSERT_EQ(recorded.verdicts.size(), 1u);
  EXPECT_EQ(recorded.verdicts[0].frames, 0);
  EXPECT_EQ(recorded.verdicts[0].scene.sequence, 1);
}

TEST(RecordedCycle, ARecordingThatEndsBeforeItsStopsIsAFault) {
  Recorded whole({1, 2, 4, 5});
  whole.run(0, 6);
  ASSERT_TRUE(whole.cycle->finish());
  EXPECT_FALSE(whole.cycle->fault());
  Recorded cut({1, 2, 4, 5});
  cut.run(0, 5);
  ASSERT_TRUE(cut.cycle->finish());
  EXPECT_EQ(cut.verdicts.size(), 2u);
  ASSERT_TRUE(cut.cycle->fault());
  EXPECT_EQ(cut.cycle->phase(), Phase::fault);
  EXPECT_EQ(cut.cycle->fault()->text,
            "the frames end at 4 and the stops at 5: 1 of 2 parts were seen whole");
}

TEST(RecordedCycle, TellsItsPhase) {
  Recorded recorded({1, 2});
  EXPECT_EQ(recorded.cycle->phase(), Phase::idle);
  recorded.run(0, 1);
  EXPECT_EQ(recorded.cycle->phase(), Phase::moving);
  recorded.run(1, 2);
  EXPECT_EQ(recorded.cycle->phase(), Phase::judging);
  recorded.run(2, 4);
  ASSERT_TRUE(recorded.cycle->finish());
  EXPECT_EQ(recorded.cycle->phase(), Phase::idle);
}

// The recording's frames, with what people said of each, give the six verdicts that they said of
// the parts.
TEST(RecordedCycle, FollowsTheTurntable) {
  const char* given = std::getenv("TURNSTONE_DATA");
  const std::filesystem::path folder =
      std::filesystem::path(given ? given : TURNSTONE_SOURCE_DIR "/../shared/data") / "turntable";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  const auto manifest = read_text(folder / "turntable.manifest");
  const auto stops = parse_stops(*read_text(folder / "stops.txt"), "stops.txt");
  ASSERT_TRUE(manifest && stops);
  auto reader = open_video(folder / "turntable.mkv");
  ASSERT_TRUE(reader) << reader.error().text;

  Recorded recorded(*stops);
  int judged = 0;
  for (;;) {
    const auto grab = (*reader)->next(std::chrono::seconds(10));
    ASSERT_TRUE(grab);
    if (grab->kind == Grab::end) break;
    ASSERT_EQ(grab->kind, Grab::frame);
    const auto sequence = grab->picture.sequence;
    const auto line = manifest->find(fmt::format("img{:05d}.jpg", sequence));
    const bool standing = recorded.cycle->take(grab->picture);
    ASSERT_EQ(standing, line != std::string::npos) << sequence;
    if (!standing) continue;
    ++judged;
    const auto name = manifest->find("\"class-name\": \"", line) + 15;
    recorded.cycle->judged(scene_of(sequence, manifest->compare(name, 4, "Fail") == 0 ? 1 : 0));
  }
  ASSERT_TRUE(recorded.cycle->finish());
  EXPECT_EQ(judged, 192);
  std::vector<int> labels;
  for (const auto& verdict : recorded.verdicts) labels.push_back(verdict.label);
  EXPECT_EQ(labels, (std::vector<int>{1, 0, 1, 1, 0, 1}));
}

}  // namespace
}  // namespace turnstone
