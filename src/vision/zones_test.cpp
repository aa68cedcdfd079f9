#include "vision/zones.h"

#include <gtest/gtest.h>

#include <cmath>

namespace turnstone {
namespace {

using std::chrono::milliseconds;

Zone::Time at(int ms) { return Zone::Time{} + milliseconds(ms); }

// A box that stands at the point.
Detection standing(int track, float x, float y) {
  Detection detection;
  detection.box = {x - 0.05F, y - 0.2F, x + 0.05F, y};
  detection.track = track;
  return detection;
}

Zone middle() { return *make_zone({{0.4F, 0.4F}, {0.6F, 0.4F}, {0.6F, 0.6F}, {0.4F, 0.6F}}); }

TEST(Zone, AStayLastsFromTheFirstToTheLastFrameInside) {
  auto zone = middle();
  const float places[] = {0.3F, 0.45F, 0.5F, 0.55F, 0.7F};
  for (int k = 0; k < 5; ++k) {
    const Detection one[] = {standing(7, places[k], 0.5F)};
    zone.update(one, at(100 * k));
    EXPECT_EQ(zone.stays().size(), k >= 1 && k <= 3 ? 1U : 0U) << k;
  }
  ASSERT_EQ(zone.ended().size(), 1U);
  EXPECT_EQ(zone.ended()[0].track, 7);
  EXPECT_EQ(zone.ended()[0].dwell(), milliseconds(200));
}

TEST(Zone, WhoIsHiddenForLessThanThePatienceStays) {
  auto zone = middle();
  const Detection one[] = {standing(1, 0.5F, 0.5F)};
  zone.update(one, at(0));
  zone.update({}, at(1000));
  EXPECT_EQ(zone.stays().size(), 1U);
  zone.update(one, at(2000));
  EXPECT_EQ(zone.stays().at(0).dwell(), milliseconds(2000));
  zone.update({}, at(4001));
  EXPECT_TRUE(zone.stays().empty());
  EXPECT_EQ(zone.ended().at(0).dwell(), milliseconds(2000));
}

TEST(Zone, WhoComesBackAfterThePatienceStaysAnew) {
  auto zone = middle();
  const Detection one[] = {standing(1, 0.5F, 0.5F)};
  zone.update(one, at(0));
  zone.update(one, at(5000));
  ASSERT_EQ(zone.ended().size(), 1U);
  EXPECT_EQ(zone.ended()[0].dwell(), milliseconds(0));
  EXPECT_EQ(zone.stays().at(0).since, at(5000));
}

TEST(Zone, EveryTrackIsCountedForItselfAndWhatHasNoTrackIsNot) {
  auto zone = middle();
  const Detection some[] = {standing(9, 0.5F, 0.5F), standing(-1, 0.5F, 0.5F),
                            standing(4, 0.45F, 0.55F), standing(5, 0.9F, 0.5F)};
  zone.update(some, at(0));
  ASSERT_EQ(zone.stays().size(), 2U);
  EXPECT_EQ(zone.stays()[0].track, 4);
  EXPECT_EQ(zone.stays()[1].track, 9);
}

TEST(Zone, ABentPolygonLeavesItsBayOut) {
  // A U that is open at the top.
  const auto zone = *make_zone({{0.1F, 0.1F},
                                {0.3F, 0.1F},
                                {0.3F, 0.7F},
                                {0.7F, 0.7F},
                                {0.7F, 0.1F},
                                {0.9F, 0.1F},
                                {0.9F, 0.9F},
                                {0.1F, 0.9F}});
  EXPECT_TRUE(zone.contains({0.2F, 0.3F}));
  EXPECT_FALSE(zone.contains({0.5F, 0.3F}));
  EXPECT_TRUE(zone.contains({0.8F, 0.3F}));
  EXPECT_TRUE(zone.contains({0.5F, 0.8F}));
  EXPECT_FALSE(zone.contains({0.5F, 0.95F}));
}

TEST(Zone, TheFootOrTheCentreOfABoxCounts) {
  const Box box{0.2F, 0.1F, 0.4F, 0.9F};
  EXPECT_FLOAT_EQ(point_of(box, Foothold::foot).x, 0.3F);
  EXPECT_FLOAT_EQ(point_of(box, Foothold::foot).y, 0.9F);
  EXPECT_FLOAT_EQ(point_of(box, Foothold::centre).y, 0.5F);
}

TEST(Zone, MistakesAreNamed) {
  EXPECT_EQ(make_zone({{0, 0}, {1, 1}}).error().text, "zone has 2 corners, legal are 3 to 100");
  EXPECT_EQ(make_zone({{0, 0}, {1, 1}, {NAN, 0}}).error().text,
            "zone corner [nan, 0] is wrong, legal are finite numbers");
  EXPECT_EQ(make_zone({{0, 0}, {1, 1}, {1, 0}}, Foothold::foot, milliseconds(-1)).error().text,
            "zone: patience -1 ms is wrong, legal is 0 and more");
}

// Track 3 at these heights, one a frame; how often it crossed downwards and upwards.
std::pair<int64_t, int64_t> crossings(std::initializer_list<float> heights, float x = 0.5F) {
  // From left to right: down is to the right.
  auto gate = *make_gate({0.2F, 0.5F}, {0.8F, 0.5F});
  int now = 0;
  for (const float y : heights) {
    const Detection one[] = {standing(3, x, y)};
    gate.update(one, at(now += 100));
  }
  return {gate.count_to_right(), gate.count_to_left()};
}

using Counts = std::pair<int64_t, int64_t>;

TEST(Gate, EachCrossingCountsOnceInItsDirection) {
  EXPECT_EQ(crossings({0.4F, 0.45F, 0.55F, 0.6F}), Counts(1, 0));
  EXPECT_EQ(crossings({0.6F, 0.4F}), Counts(0, 1));
  EXPECT_EQ(crossings({0.4F, 0.6F, 0.4F, 0.6F}), Counts(2, 1));
  EXPECT_EQ(crossings({0.4F, 0.45F, 0.4F}), Counts(0, 0));
}

TEST(Gate, StandingOnTheLineIsNoCrossing) {
  EXPECT_EQ(crossings({0.4F, 0.5F, 0.5F, 0.4F}), Counts(0, 0));
  EXPECT_EQ(crossings({0.4F, 0.5F, 0.5F, 0.6F}), Counts(1, 0));
  EXPECT_EQ(crossings({0.6F, 0.5F, 0.6F}), Counts(0, 0));
  EXPECT_EQ(crossings({0.5F, 0.6F, 0.4F}), Counts(0, 1));
}

TEST(Gate, PassingBesideItsEndsIsNoCrossing) {
  EXPECT_EQ(crossings({0.4F, 0.6F}, 0.1F), Counts(0, 0));
  EXPECT_EQ(crossings({0.4F, 0.6F}, 0.9F), Counts(0, 0));
  EXPECT_EQ(crossings({0.4F, 0.6F}, 0.79F), Counts(1, 0));
}

TEST(Gate, TwoTracksCrossAtOnce) {
  auto gate = *make_gate({0.2F, 0.5F}, {0.8F, 0.5F});
  const Detection before[] = {standing(1, 0.4F, 0.4F), standing(2, 0.6F, 0.6F),
                              standing(-1, 0.5F, 0.4F)};
  const Detection after[] = {standing(1, 0.4F, 0.6F), standing(2, 0.6F, 0.4F),
                             standing(-1, 0.5F, 0.6F)};
  gate.update(before, at(0));
  EXPECT_TRUE(gate.crossings().empty());
  gate.update(after, at(100));
  ASSERT_EQ(gate.crossings().size(), 2U);
  EXPECT_EQ(gate.crossings()[0].track, 1);
  EXPECT_TRUE(gate.crossings()[0].to_right);
  EXPECT_EQ(gate.crossings()[1].track, 2);
  EXPECT_FALSE(gate.crossings()[1].to_right);
  gate.update(after, at(200));
  EXPECT_TRUE(gate.crossings().empty());
}

TEST(Gate, WhoWasAwayLongerThanThePatienceHasNotCrossed) {
  auto gate = *make_gate({0.2F, 0.5F}, {0.8F, 0.5F});
  const Detection before[] = {standing(1, 0.4F, 0.4F)};
  const Detection after[] = {standing(1, 0.4F, 0.6F)};
  gate.update(before, at(0));
  gate.update(after, at(2001));
  EXPECT_EQ(gate.count_to_right(), 0);
}

TEST(Gate, MistakesAreNamed) {
  EXPECT_EQ(make_gate({0.5F, 1}, {0.5F, 1}).error().text,
            "gate from [0.5, 1] to [0.5, 1] is wrong, legal are two different points");
  EXPECT_EQ(make_gate({0, 0}, {0, 1}, Foothold::foot, milliseconds(-2)).error().text,
            "gate: patience -2 ms is wrong, legal is 0 and more");
}

}  // namespace
}  // namespace turnstone
