// What a station says on the topics of the systems that its users come from: topic and message
// together, each from one section of a configuration.
#include <gtest/gtest.h>

#include "station/testing_kinds.h"
#include "station/testing_outcomes.h"

namespace turnstone {
namespace {

using testing_tools::some_classes;
using testing_tools::some_faces;
using testing_tools::some_verdict;

// "TOPIC MESSAGE" of each message that an mqtt sink with these fields makes, one a line.
std::string said(const Outcome& outcome, const std::string& fields) {
  const auto sink =
      testing_tools::open_sink("kind = \"mqtt\"\nurl = \"tcp://127.0.0.1:1883\"\n" + fields);
  if (!sink) return sink.error().text;
  std::string text;
  for (const auto& message : (*sink)->messages_of(outcome))
    text += (text.empty() ? "" : "\n") + message.address + " " + message.body;
  return text;
}

TEST(Systems, TheInferenceFunctionOfTheTurntable) {
  EXPECT_EQ(said(some_verdict(),
                 "topic = \"greengrass/ml/inference/results\"\n"
                 "payload = \"turntable\"\nwords = [\"Fail=Defective\"]\n"),
            R"(greengrass/ml/inference/results {"image":"img00091.jpg","result":"Defective"})");
}

TEST(Systems, TheAcceleratorsConnector) {
  EXPECT_EQ(said(some_classes({"ak47", "american-flag"}),
                 "topic = \"mli/predictions/{thing}\"\nthing = \"core1\"\n"
                 "payload = \"prediction\"\n"),
            R"(mli/predictions/core1 {"confidence":0.217,"prediction":"american-flag"})");
}

TEST(Systems, TheAcceleratorsLongRunningFunction) {
  EXPECT_EQ(said(some_classes({"x", "n03983396 pop bottle, soda bottle"}),
                 "topic = \"mli/predictions/{thing}\"\nthing = \"core1\"\n"
                 "payload = \"predictions\"\n"),
            R"(mli/predictions/core1 [{"confidence":"0.217",)"
            R"("prediction":"n03983396 pop bottle, soda bottle","image_name":"x.jpg"},)"
            R"({"confidence":"0.1","prediction":"x","image_name":"x.jpg"}])");
}

TEST(Systems, TheVideoAnalyticsOfTheGpuBoard) {
  EXPECT_EQ(said(some_classes({"Unknown", "Triceratops"}),
                 "topic = \"dino-detect\"\npayload = \"keyed\"\nkey = \"dinosaur\"\n"),
            R"(dino-detect {"dinosaur":"Triceratops","confidence":"0.22"})");
}

TEST(Systems, TheFaceDetectionCamera) {
  const std::string topic = "topic = \"$aws/things/{thing}/infer\"\nthing = \"deeplens_1\"\n";
  EXPECT_EQ(said(some_faces(), topic + "payload = \"deeplens-a\"\n"),
            R"($aws/things/deeplens_1/infer {"1":0.87,"null":0.0,"all":[["1",0.87],["1",0.55]]})");
  EXPECT_EQ(said(some_faces(), topic + "payload = \"deeplens-b\"\n"),
            R"($aws/things/deeplens_1/infer {"face":0.87})");
}

TEST(Systems, TheComponents) {
  const std::string middle =
      R"("inference-description":"Top 5 predictions with score 0.3 or above ",)";
  EXPECT_EQ(said(some_classes({"cat", "cougar, puma"}),
                 "topic = \"ml/dlr/image-classification\"\npayload = \"greengrass\"\n"),
            R"(ml/dlr/image-classification {"timestamp":"2026-03-07 08:05:09.250000",)"
            R"("inference-type":"image-classification",)" +
                middle +
                R"("inference-results":[{"Label":"cougar, puma","Score":"0.217"},)"
                R"({"Label":"cat","Score":"0.1"}],"score-unit":"0..1"})");
  EXPECT_EQ(
      said(some_faces(), "topic = \"ml/tflite/object-detection\"\npayload = \"greengrass\"\n"),
      R"(ml/tflite/object-detection {"timestamp":"2026-03-07 08:05:09.250000",)"
      R"("inference-type":"object-detection",)" +
          middle +
          R"("inference-results":[{"Label":"face","Score":"0.87","Boundaries":"[20 20 60 60]"},)"
          R"({"Label":"face","Score":"0.553","Boundaries":"[100 50 200 100]"}],)"
          R"("score-unit":"0..1"})");
}

}  // namespace
}  // namespace turnstone
