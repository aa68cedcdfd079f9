#include "station/verdict.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

// A frame on which label 1 has this score, and label 0 the rest.
Scene scene_of(float score, int64_t sequence = 0) {
  Scene scene;
  scene.sequence = sequence;
  scene.classes = {{0, 1 - score}, {1, score}};
  if (score > 0.5f) std::swap(scene.classes[0], scene.classes[1]);
  return scene;
}

TEST(Vote, TheMeanOutweighsManyNarrowFrames) {
  Vote vote(Voting::mean);
  for (const float score : {0.55f, 0.55f, 0.1f}) vote.add(scene_of(score));
  const auto verdict = vote.verdict(7);
  EXPECT_EQ(verdict.part, 7);
  EXPECT_EQ(verdict.label, 0);
  EXPECT_FLOAT_EQ(verdict.score, 0.6f);
  EXPECT_EQ(verdict.frames, 3);
  ASSERT_EQ(verdict.classes.size(), 2u);
  EXPECT_FLOAT_EQ(verdict.classes[1].score, 0.4f);
}

TEST(Vote, TheLastFrameAloneDecides) {
  Vote vote(Voting::last);
  for (const float score : {0.1f, 0.1f, 0.7f}) vote.add(scene_of(score));
  const auto verdict = vote.verdict(0);
  EXPECT_EQ(verdict.label, 1);
  EXPECT_FLOAT_EQ(verdict.score, 0.7f);
  EXPECT_EQ(verdict.frames, 1);
}

TEST(Vote, TheLastFrameOfTheLastWholeBatchDecides) {
  Vote vote(Voting::batch);
  for (int i = 0; i < 3; ++i) vote.add(scene_of(0.9f, i));
  EXPECT_EQ(vote.verdict(0).label, -1);
  vote.add(scene_of(0.2f, 3));
  for (int i = 4; i < 7; ++i) vote.add(scene_of(0.9f, i));
  EXPECT_EQ(vote.verdict(0).label, 0);
  EXPECT_FLOAT_EQ(vote.verdict(0).score, 0.8f);
  EXPECT_EQ(vote.verdict(0).frames, 1);
  EXPECT_EQ(vote.verdict(0).scene.sequence, 3);
  vote.add(scene_of(0.7f, 7));
  EXPECT_EQ(vote.verdict(0).label, 1);
}

TEST(Vote, ALabelThatAFrameDoesNotNameHasNoScoreThere) {
  Vote vote(Voting::mean);
  Scene scene;
  scene.classes = {{5, 0.9f}};
  vote.add(scene);
  vote.add(scene_of(0.5f));
  EXPECT_EQ(vote.verdict(0).label, 5);
  EXPECT_FLOAT_EQ(vote.verdict(0).score, 0.45f);
}

TEST(Vote, FramesWithoutClassesHaveNoSay) {
  Vote vote(Voting::mean);
  vote.add({});
  const auto verdict = vote.verdict(0);
  EXPECT_EQ(verdict.frames, 0);
  EXPECT_EQ(verdict.label, -1);
  EXPECT_EQ(verdict.score, 0);
  EXPECT_TRUE(verdict.classes.empty());
}

TEST(Vote, KeepsTheSceneOfTheLastFrame) {
  Vote vote(Voting::mean);
  vote.add(scene_of(0.2f, 4));
  vote.add(scene_of(0.2f, 5));
  EXPECT_EQ(vote.verdict(0).scene.sequence, 5);
}

TEST(Voting, HasTwoNames) {
  EXPECT_EQ(*parse_voting("mean"), Voting::mean);
  EXPECT_EQ(*parse_voting("last"), Voting::last);
  EXPECT_EQ(parse_voting("most").error().text, "vote 'most' is not one of mean, last, batch");
}

}  // namespace
}  // namespace turnstone
