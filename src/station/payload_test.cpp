#include "station/payload.h"

#include <gtest/gtest.h>

#include "station/testing_outcomes.h"

namespace turnstone {
namespace {

using testing_tools::some_classes;
using testing_tools::some_faces;
using testing_tools::some_verdict;

std::string printed(const Outcome& outcome, const PayloadOptions& options) {
  const auto payload = Payload::make(options);
  if (!payload) return payload.error().text;
  return payload->print(outcome).value_or("nothing");
}

TEST(Payload, VerdictOfThePart) {
  EXPECT_EQ(printed(some_verdict(), {.shape = "verdict"}),
            R"({"image":"img00091.jpg","result":"Fail","confidence":0.987})");
  auto named = some_verdict();
  named.scene.file = "part7.png";
  EXPECT_EQ(printed(named, {}), R"({"image":"part7.png","result":"Fail","confidence":0.987})");
}

TEST(Payload, APartWithoutJudgedFramesIsUndecidedAndHasNoImage) {
  auto outcome = some_verdict();
  outcome.verdict = Vote(Voting::mean).verdict(3);
  EXPECT_EQ(printed(outcome, {}), R"({"image":null,"result":"undecided","confidence":0.0})");
}

TEST(Payload, WithoutAShapeAnOutcomeIsSaidAsItIs) {
  EXPECT_EQ(printed(some_verdict(), {}), printed(some_verdict(), {.shape = "verdict"}));
  EXPECT_EQ(printed(some_faces(), {}), print_outcome(some_faces()));
}

TEST(Payload, TurntableWithItsWord) {
  EXPECT_EQ(printed(some_verdict(), {.shape = "turntable", .words = {"Fail=Defective"}}),
            R"({"image":"img00091.jpg","result":"Defective"})");
}

TEST(Payload, PredictionOfTheAcceleratorsConnector) {
  EXPECT_EQ(printed(some_classes({"ak47", "american-flag"}), {.shape = "prediction"}),
            R"({"confidence":0.217,"prediction":"american-flag"})");
}

TEST(Payload, PredictionsOfTheAcceleratorsOwnModel) {
  auto outcome = some_classes({"x", "n03983396 pop bottle, soda bottle"});
  outcome.top = 1;
  EXPECT_EQ(
      printed(outcome, {.shape = "predictions"}),
      R"([{"confidence":"0.217","prediction":"n03983396 pop bottle, soda bottle","image_name":"x.jpg"}])");
}

TEST(Payload, KeyedAsTheGpuBoardSaysIt) {
  const PayloadOptions options{.shape = "keyed", .key = "dinosaur"};
  EXPECT_EQ(printed(some_classes({"Unknown", "Triceratops"}), options),
            R"({"dinosaur":"Triceratops","confidence":"0.22"})");
  EXPECT_EQ(printed(some_classes({"Triceratops", "Unknown"}), options),
            R"({"dinosaur":"unknown","confidence":"0.22","url":""})");
}

TEST(Payload, FacesOfTheWorkshop) {
  EXPECT_EQ(printed(some_faces(), {.shape = "deeplens-a"}),
            R"({"1":0.87,"null":0.0,"all":[["1",0.87],["1",0.55]]})");
  EXPECT_EQ(printed(some_faces(), {.shape = "deeplens-a", .words = {"face=face"}}),
            R"({"face":0.87,"null":0.0,"all":[["face",0.87],["face",0.55]]})");
  auto none = some_faces();
  none.scene.detections.clear();
  EXPECT_EQ(printed(none, {.shape = "deeplens-a"}), R"({"null":0.0})");
}

TEST(Payload, FacesOfTheProject) {
  EXPECT_EQ(printed(some_faces(), {.shape = "deeplens-b"}), R"({"face":0.87})");
  auto none = some_faces();
  none.scene.detections.clear();
  EXPECT_EQ(printed(none, {.shape = "deeplens-b"}), "nothing");
}

TEST(Payload, AFaceWithItsPicture) {
  const auto text = printed(some_faces(), {.shape = "deeplens-crop"});
  EXPECT_TRUE(text.starts_with(R"({"face":"/9j/)")) << text.substr(0, 30);  // a JPEG begins so
  EXPECT_TRUE(text.ends_with(R"(","confidence":0.87})")) << text.substr(text.size() - 30);
}

TEST(Payload, ResultsOfTheComponents) {
  auto outcome = some_classes({"cat", "cougar, puma"});
  outcome.top = 1;
  EXPECT_EQ(
      printed(outcome, {.shape = "greengrass"}),
      R"({"timestamp":"2026-03-07 08:05:09.250000","inference-type":"image-classification",)"
      R"("inference-description":"Top 1 predictions with score 0.3 or above ",)"
      R"("inference-results":[{"Label":"cougar, puma","Score":"0.217"}],"score-unit":"0..1"})");
  EXPECT_NE(printed(some_faces(), {.shape = "greengrass"})
                .find(R"({"Label":"face","Score":"0.87","Boundaries":"[20 20 60 60]"})"),
            std::string::npos);
}

TEST(Payload, TemplatesSayWhatIsWanted) {
  const PayloadOptions options{.shape = "template",
                               .text = R"({{"line":3,"verdict":"{label}","score":{score:.3}}})",
                               .words = {"Fail=Ausschuss"}};
  EXPECT_EQ(printed(some_verdict(), options), R"({"line":3,"verdict":"Ausschuss","score":0.987})");
}

TEST(Payload, ATemplateOfAFindingSaysNothingWhereNothingWasFound) {
  auto none = some_faces();
  none.scene.detections.clear();
  EXPECT_EQ(printed(none, {.shape = "template", .text = R"({{"score":{score:.2}}})"}), "nothing");
  EXPECT_EQ(printed(none, {.shape = "template", .text = R"({{"frame":{frame}}})"}),
            R"({"frame":91})");
}

TEST(Payload, WrongOptionsAreRefused) {
  EXPECT_EQ(printed(some_verdict(), {.shape = "template"}),
            "template and payload = \"template\" belong together");
  EXPECT_EQ(printed(some_verdict(), {.text = "x"}),
            "template and payload = \"template\" belong together");
  EXPECT_EQ(printed(some_verdict(), {.words = {"Fail"}}), "words: 'Fail' is not LABEL=WORD");
  EXPECT_TRUE(printed(some_verdict(), {.shape = "verdikt"}).starts_with("payload 'verdikt' is "));
}

}  // namespace
}  // namespace turnstone
