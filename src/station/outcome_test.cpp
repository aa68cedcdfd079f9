#include "station/outcome.h"

#include <gtest/gtest.h>

#include "station/template.h"
#include "station/testing_outcomes.h"

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
      R"({"part":3,"label":"undecided","class":-1,"score":0.0,"frames":0,"inspections":1,"picture":null,"top":[],)"
      R"("source":"camera","model":"inspection","frame":91,"time":"1970-01-01T00:01:00.000Z"})");
}

TEST(Outcome, APartWithoutFramesHasNoFrame) {
  const auto line = print_outcome(undecided(Vote(Voting::mean)));
  EXPECT_NE(line.find(R"("frame":null)"), std::string::npos) << line;
}

TEST(Outcome, VerdictLine) {
  EXPECT_EQ(
      print_outcome(verdict_outcome()),
      R"({"part":3,"label":"Fail","class":1,"score":0.987,"frames":34,"inspections":1,)"
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

std::string scene_text(const Scene& scene, Task task) {
  Model model;
  model.task = task;
  model.labels = {"ground", "cat"};
  return print_json(scene_json(scene, model, "p.jpg", 5));
}

TEST(SceneJson, ASegmentationTellsSharesAndRuns) {
  Scene scene;
  scene.mask = Mask{2, 2, {1, 1, 1, Mask::no_label}, {-0.5, 0, 2, 1}};
  scene.shares = {0, 0.75F};
  EXPECT_EQ(scene_text(scene, Task::segmentation),
            R"({"picture":"p.jpg","shares":[{"label":"cat","class":1,"share":0.75}],)"
            R"("mask":{"width":2,"height":2,"box":[-0.5,0.0,1.5,1.0],"runs":[[1,3],[-1,1]]}})");
}

TEST(SceneJson, ADetectionTellsKeypointsWithTheirScoreAndItsMask) {
  Scene scene;
  scene.detections = {{{0, 0, 0.5F, 1}, 1, 0.5F, {{0.25F, 0.5F, 0.75F}, {0.125F, 1}}}};
  scene.detections[0].mask = Mask{2, 1, {0, 1}, {0, 0, 0.5, 1}};
  EXPECT_EQ(scene_text(scene, Task::detection),
            R"({"picture":"p.jpg","detections":[{"label":"cat","class":1,"score":0.5,)"
            R"("box":[0.0,0.0,0.5,1.0],"keypoints":[[0.25,0.5,0.75],[0.125,1.0]],)"
            R"("mask":{"width":2,"height":1,"box":[0.0,0.0,0.5,1.0],"runs":[[0,1],[1,1]]}}]})");
}

TEST(SceneJson, AnAnomalyTellsWhereItIs) {
  Scene scene;
  scene.classes = {{1, 0.75F}};
  scene.anomaly = Anomaly{0.75F, 2, 1, {0.25F, 0.75F}, {}};
  EXPECT_EQ(scene_text(scene, Task::anomaly),
            R"({"picture":"p.jpg","label":"cat","class":1,"score":0.75,)"
            R"("top":[{"label":"cat","class":1,"score":0.75}],)"
            R"("anomaly":{"score":0.75,"at":[0.75,0.5]}})");
}

TEST(SceneJson, ValuesAndEmbeddingsAreLists) {
  Scene scene;
  scene.values = {{0, 1.5F}};
  EXPECT_EQ(scene_text(scene, Task::regression),
            R"({"picture":"p.jpg","values":[{"label":"ground","value":1.5}]})");
  scene = {};
  scene.classes = {{-1, 0.25F}};
  scene.embedding = {0.5F, -0.5F};
  EXPECT_EQ(scene_text(scene, Task::embedding),
            R"({"picture":"p.jpg","label":"unknown","class":-1,"score":0.25,)"
            R"("top":[{"label":"unknown","class":-1,"score":0.25}],"embedding":[0.5,-0.5]})");
  EXPECT_EQ(scene_text({}, Task::detection), R"({"picture":"p.jpg","detections":[]})");
}

TEST(Outcome, OfAThingItTellsWhatAndWhere) {
  auto outcome = testing_tools::some_classes({"closed", "open"});
  outcome.scene.piece = std::make_shared<const Piece>(
      Piece{.place = {}, .box = {0.25F, 0.5F, 0.5F, 1}, .of = "eye", .track = 3, .path = "/0"});
  const auto json = *parse_json(print_outcome(outcome));
  EXPECT_EQ(json["of"], "eye");
  EXPECT_EQ(json["box"], Json({0.25, 0.5, 0.5, 1}));
  EXPECT_EQ(json["track"], 3);
  EXPECT_EQ(json["label"], "open");
  EXPECT_FALSE(json.contains("message"));
  const auto text = Template::parse("{of} {track} {label} {left} {bottom}");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->print(values_of(outcome)), "eye 3 open 0.25 1");
}

}  // namespace
}  // namespace turnstone
