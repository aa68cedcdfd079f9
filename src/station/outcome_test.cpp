#include "station/outcome.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

std::shared_ptr<const Model> inspection() {
  auto model = std::make_shared<Model>();
  model->task = Task::classification;
  model->labels = {"Pass", "Fail"};
  return model;
}

Outcome verdict_outcome() {
  Outcome outcome{.model = inspection(), .top = 1, .scene = {}, .verdict = Verdict{}};
  outcome.scene.source = "camera";
  outcome.scene.model = "inspection";
  outcome.scene.sequence = 91;
  outcome.verdict->part = 3;
  outcome.verdict->label = 1;
  outcome.verdict->score = 0.987f;
  outcome.verdict->frames = 34;
  outcome.verdict->classes = {{1, 0.987f}, {0, 0.013f}};
  outcome.verdict->scene = outcome.scene;
  return outcome;
}

TEST(Outcome, ALineEndsInTheId) {
  auto outcome = verdict_outcome();
  outcome.id = "7";
  EXPECT_TRUE(print_outcome(outcome).ends_with(R"("time":"1970-01-01T00:00:00.000Z","id":"7"})"));
}

Outcome undecided(const Vote& vote) {
  const auto verdict = vote.verdict(3);
  Outcome outcome{.model = inspection(), .top = 1, .scene = verdict.scene, .verdict = verdict};
  outcome.scene.source = "camera";
  outcome.scene.model = "inspection";
  return outcome;
}

TEST(Outcome, APartWithoutJudgedFramesTellsItsFirstFrame) {
  Frame frame;
  frame.sequence = 91;
  frame.wall = std::chrono::system_clock::time_point(std::chrono::seconds(60));
  Vote vote(Voting::mean);
  vote.show(frame);
  frame.sequence = 92;
  vote.show(frame);
  EXPECT_EQ(
      print_outcome(undecided(vote)),
      R"({"part":3,"label":"undecided","class":-1,"score":0.0,"frames":0,"picture":null,"top":[],)"
      R"("source":"camera","model":"inspection","frame":91,"time":"1970-01-01T00:01:00.000Z"})");
}

TEST(Outcome, APartWithoutFramesHasNoFrame) {
  const auto line = print_outcome(undecided(Vote(Voting::mean)));
  EXPECT_NE(line.find(R"("frame":null)"), std::string::npos) << line;
}

TEST(Outcome, VerdictLine) {
  EXPECT_EQ(
      print_outcome(verdict_outcome()),
      R"({"part":3,"label":"Fail","class":1,"score":0.987,"frames":34,)"
      R"("picture":"img00091.jpg","top":[{"label":"Fail","class":1,"score":0.987}],)"
      R"("source":"camera","model":"inspection","frame":91,"time":"1970-01-01T00:00:00.000Z"})");
}

TEST(Outcome, ClassificationHasItsKeys) {
  Scene scene;
  scene.classes = {{0, 0.75f}, {1, 0.25f}};
  EXPECT_EQ(print_json(scene_json(scene, *inspection(), "a.jpg", 2)),
            R"({"picture":"a.jpg","label":"Pass","class":0,"score":0.75,"top":[)"
            R"({"label":"Pass","class":0,"score":0.75},{"label":"Fail","class":1,"score":0.25}]})");
}

TEST(Outcome, DetectionHasItsKeys) {
  Model model;
  model.task = Task::detection;
  model.labels = {"face"};
  Scene scene;
  scene.detections.push_back(
      {.box = {0.1f, 0.2f, 0.3f, 0.5f}, .label = 0, .score = 0.9f, .keypoints = {}});
  EXPECT_EQ(print_json(scene_json(scene, model, "a.jpg", 5)),
            R"({"picture":"a.jpg","detections":[{"label":"face","class":0,"score":0.9,)"
            R"("box":[0.1,0.2,0.3,0.5]}]})");
}

TEST(Outcome, ADetectionThatIsTrackedNamesItsTrack) {
  Model model;
  model.task = Task::detection;
  model.labels = {"face"};
  Scene scene;
  scene.detections.resize(2);
  scene.detections[0].track = 12;
  const auto detections = scene_json(scene, model, "a.jpg", 5)["detections"];
  EXPECT_EQ(detections[0]["track"], 12);
  EXPECT_FALSE(detections[1].contains("track"));
}

TEST(Outcome, NoDetectionIsAnEmptyList) {
  Model model;
  model.task = Task::detection;
  EXPECT_EQ(print_json(scene_json({}, model, "a.jpg", 5)),
            R"({"picture":"a.jpg","detections":[]})");
}

}  // namespace
}  // namespace turnstone
