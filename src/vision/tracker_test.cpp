#include "vision/tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

namespace turnstone {
namespace {

// A recording of 768 x 576 pixels, as tools/references/tracker.py wrote it: detections whose track
// is what supervision made of them.
std::vector<std::vector<Detection>> read_recording() {
  std::ifstream file(std::string(TURNSTONE_SOURCE_DIR) +
                     "/src/vision/testdata/tracker/pedestrians.txt");
  std::vector<std::vector<Detection>> frames;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    auto& frame = frames.emplace_back();
    std::istringstream parts(line);
    for (std::string part; std::getline(parts, part, ',');) {
      std::istringstream words(part);
      Detection one;
      float percent = 0;
      words >> one.box.left >> one.box.top >> one.box.right >> one.box.bottom >> percent >>
          one.track;
      one.box = {one.box.left / 768, one.box.top / 576, one.box.right / 768, one.box.bottom / 576};
      one.score = percent / 100;
      frame.push_back(one);
    }
  }
  return frames;
}

TEST(Tracker, ARecordingIsTrackedAsSupervisionDoesInEveryFrame) {
  const auto expected = read_recording();
  ASSERT_GE(expected.size(), 300U);
  Tracker tracker;
  std::map<int, int> ours_of, theirs_of;
  size_t tracked = 0;
  for (size_t k = 0; k < expected.size(); ++k) {
    auto frame = expected[k];
    tracker.track(frame, 768.0 / 576);
    for (size_t i = 0; i < frame.size(); ++i) {
      const int theirs = expected[k][i].track;
      const int ours = frame[i].track;
      ASSERT_EQ(ours < 0, theirs < 0) << "frame " << k << ", detection " << i;
      if (theirs < 0) continue;
      ++tracked;
      ASSERT_EQ(ours_of.try_emplace(theirs, ours).first->second, ours) << "frame " << k;
      ASSERT_EQ(theirs_of.try_emplace(ours, theirs).first->second, theirs) << "frame " << k;
    }
  }
  EXPECT_GT(tracked, 1500U);
  EXPECT_GT(ours_of.size(), 30U);
}

Detection detected(const Box& box, float score, int label = 0) {
  Detection detection;
  detection.box = box;
  detection.label = label;
  detection.score = score;
  return detection;
}

Detection person(float x, float y = 0.5F, float score = 0.9F, int label = 0) {
  return detected({x - 0.05F, y - 0.2F, x + 0.05F, y + 0.2F}, score, label);
}

// The tracks of the next frame.
std::vector<int> next(Tracker& tracker, std::vector<Detection> detections) {
  tracker.track(detections, 1);
  std::vector<int> tracks;
  for (const auto& detection : detections) tracks.push_back(detection.track);
  return tracks;
}

using Tracks = std::vector<int>;

TEST(Tracker, TwoWhoPassEachOtherKeepTheirTracks) {
  Tracker tracker;
  for (int k = 0; k <= 40; ++k) {
    const float x = 0.1F + 0.02F * static_cast<float>(k);
    // One a little nearer, so that they overlap by three quarters as they meet.
    ASSERT_EQ(next(tracker, {person(x, 0.5F), person(1 - x, 0.55F)}), (Tracks{1, 2})) << k;
  }
}

TEST(Tracker, WhoIsHiddenForLessThanTheBufferKeepsTheTrack) {
  Tracker tracker;
  for (int k = 0; k < 10; ++k) next(tracker, {person(0.2F + 0.01F * static_cast<float>(k))});
  for (int k = 10; k < 25; ++k) EXPECT_EQ(next(tracker, {}), Tracks{});
  // Carried on at the speed it had.
  EXPECT_EQ(next(tracker, {person(0.45F)}), Tracks{1});
}

// As supervision 0.25.1 does it with the same detections.
TEST(Tracker, WhoComesBackAfterTheBufferIsSomebodyElse) {
  for (const int hidden : {31, 32}) {
    Tracker tracker;
    for (int k = 0; k < 3; ++k) next(tracker, {person(0.5F)});
    for (int k = 0; k < hidden; ++k) next(tracker, {});
    EXPECT_EQ(next(tracker, {person(0.5F)}), Tracks{hidden == 31 ? 1 : -1});
    EXPECT_EQ(next(tracker, {person(0.5F)}), Tracks{hidden == 31 ? 1 : 2});
  }
}

TEST(Tracker, ATrackStartsInTheFirstFrameOrWhenItIsSeenTwice) {
  Tracker tracker;
  EXPECT_EQ(next(tracker, {person(0.2F)}), Tracks{1});
  EXPECT_EQ(next(tracker, {person(0.2F), person(0.8F)}), (Tracks{1, -1}));
  EXPECT_EQ(next(tracker, {person(0.2F), person(0.8F)}), (Tracks{1, 2}));
}

TEST(Tracker, ALowScoreCarriesOnButDoesNotStart) {
  Tracker tracker;
  EXPECT_EQ(next(tracker, {person(0.2F), person(0.8F, 0.5F, 0.2F)}), (Tracks{1, -1}));
  EXPECT_EQ(next(tracker, {person(0.2F, 0.5F, 0.2F), person(0.8F, 0.5F, 0.34F)}), (Tracks{1, -1}));
  EXPECT_EQ(next(tracker, {person(0.2F, 0.5F, 0.05F), person(0.8F, 0.5F, 0.34F)}),
            (Tracks{-1, -1}));
}

TEST(Tracker, ALostTrackInTheSamePlaceAsAnotherIsForgotten) {
  Tracker tracker;
  const auto nearly = person(0.503F);
  for (int k = 0; k < 3; ++k) EXPECT_EQ(next(tracker, {person(0.5F), nearly}), (Tracks{1, 2}));
  EXPECT_EQ(next(tracker, {person(0.5F)}), Tracks{1});
  EXPECT_EQ(next(tracker, {person(0.5F), nearly}), (Tracks{1, -1}));
  EXPECT_EQ(next(tracker, {person(0.5F), nearly}), (Tracks{1, 3}));
}

TEST(Tracker, ByClassATrackKeepsToOneLabel) {
  for (const bool by_class : {false, true}) {
    Tracker tracker({.by_class = by_class});
    EXPECT_EQ(next(tracker, {person(0.5F, 0.5F, 0.9F, 0)}), Tracks{1});
    EXPECT_EQ(next(tracker, {person(0.5F, 0.5F, 0.9F, 1)}), Tracks{by_class ? -1 : 1});
    EXPECT_EQ(next(tracker, {person(0.5F, 0.5F, 0.9F, 1)}), Tracks{by_class ? 2 : 1});
  }
}

TEST(Tracker, BoxesThatAreNoneHaveNoTrackAndHarmNobody) {
  Tracker tracker;
  const float nan = std::nanf("");
  const std::vector<Detection> odd = {person(0.5F), person(nan), person(0.3F, 0.5F, nan),
                                      detected({0.5F, 0.5F, 0.5F, 0.6F}, 1),
                                      detected({0.6F, 0.6F, 0.5F, 0.5F}, 1)};
  EXPECT_EQ(next(tracker, odd), (Tracks{1, -1, -1, -1, -1}));
  EXPECT_EQ(next(tracker, odd), (Tracks{1, -1, -1, -1, -1}));
}

TEST(Tracker, OfVeryManyTheBestAreTracked) {
  Tracker tracker;
  std::vector<Detection> many;
  for (int k = 0; k < 500; ++k) {
    const auto x = static_cast<float>(k);
    many.push_back(detected({x, 0, x + 0.9F, 1}, k % 2 ? 0.9F : 0.5F));
  }
  for (int round = 0; round < 5; ++round) {
    const auto tracks = next(tracker, many);
    EXPECT_EQ(std::ranges::count_if(tracks, [](int track) { return track > 0; }),
              static_cast<ptrdiff_t>(most_tracked_detections));
    EXPECT_EQ(tracks[0], -1);
    EXPECT_EQ(tracks[1], 1);
    for (auto& one : many) one.box.left -= 1e-4F;
  }
}

}  // namespace
}  // namespace turnstone
