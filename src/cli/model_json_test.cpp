#include "cli/model_json.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "ir/text.h"
#include "ops/ops.h"

namespace turnstone {
namespace {

ImportedModel imported(std::string_view text) {
  auto graph = parse_graph(text, core_ops());
  EXPECT_TRUE(graph) << graph.error().text;
  return {.graph = std::move(*graph)};
}

// Functions, since the table of operators is whole only when the program runs.
ImportedModel one_output() {
  return imported(R"(graph(x: f32[1,3]) { "logits": clamp(x, low=0.0, high=6.0) })");
}
// Features and logits, in the order in which exporters often write them.
ImportedModel two_outputs() {
  return imported(R"(graph(x: f32[1,3], f: f32[1,8]) {
  "features": clamp(f, low=0.0, high=6.0), "logits": clamp(x, low=0.0, high=6.0) })");
}

ImportedModel picture() {
  auto model = imported(R"(graph(x: f32[1,3,4,4]) { "y": clamp(x, low=0.0, high=6.0) })");
  model.input_layouts = {"NCHW"};
  return model;
}

// What a model becomes with a decoder and so many labels, or none.
Result<Model> labelled(const ImportedModel& model, const std::string& decoder, int labels) {
  const auto folder = *TemporaryFolder::make();
  ModelOptions options{.labels = {}, .preprocess = {}, .decoder = decoder};
  std::string text;
  for (int i = 0; i < labels; ++i) text += fmt::format("label {}\n", i);
  if (labels > 0) {
    options.labels = folder.path() / "labels.txt";
    EXPECT_TRUE(write_file(options.labels, text));
  }
  return make_model(model, model.graph, "m", options);
}

Result<Model> classifier(const ImportedModel& model, int labels) {
  return labelled(model, "softmax", labels);
}

std::vector<std::string> roles(const Result<Model>& model) {
  std::vector<std::string> roles;
  for (const auto& output : model->outputs) roles.push_back(output.role);
  return roles;
}

TEST(ModelJson, PicturesThatDoNotFitTheInputAreRefused) {
  for (const auto* spec : {"signed,color=gray", "signed,mean=1:2", "signed,scale=0"})
    EXPECT_FALSE(make_model(picture(), picture().graph, "m",
                            {.labels = {}, .preprocess = spec, .decoder = {}}))
        << spec;
  EXPECT_TRUE(make_model(picture(), picture().graph, "m",
                         {.labels = {}, .preprocess = "signed", .decoder = {}}));
}

TEST(ModelJson, WeightsThatAreNoNumbersAreTold) {
  const auto model =
      imported("graph(x: f32[1,2]) { matmul(matmul(x, f32[2,2] [1 2 3 4]), f32[2,1] [1 inf]) }");
  const auto notes = wild_weights(model.graph);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0], "weights f32[2,1] of matmul hold inf, which spoils what it computes");
}

TEST(ModelJson, WeightsTooSmallForF16AreTold) {
  const auto model = imported(
      "graph(x: f32[1,2]) { matmul(matmul(matmul(x, f32[2,2] [1e-8 -3e-8 0 0]), f32[2,2] [1 1e-9 0 "
      "0]), f32[2,1] [0 0]) }");
  const auto notes = faint_weights(model.graph);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0],
            "weights f32[2,2] of matmul are at most 3e-08, where f16 has few digits or none; bf16 "
            "keeps its own");
}

TEST(ModelJson, ALabelForEachClassIsWanted) {
  ASSERT_TRUE(classifier(one_output(), 3));
  EXPECT_EQ(classifier(one_output(), 3)->labels.size(), 3U);
  EXPECT_EQ(classifier(one_output(), 2).error().text,
            "labels: 2 names for the 3 classes of output 'logits'");
  EXPECT_EQ(classifier(one_output(), 4).error().code, Code::invalid);
}

TEST(ModelJson, TheOnlyOutputHoldsTheClasses) {
  EXPECT_EQ(roles(classifier(one_output(), 0)), std::vector<std::string>{"class_logits"});
}

TEST(ModelJson, OfSeveralOutputsTheOneWithAValueForEachLabelHoldsTheClasses) {
  EXPECT_EQ(roles(classifier(two_outputs(), 3)), (std::vector<std::string>{"", "class_logits"}));
  EXPECT_EQ(roles(classifier(two_outputs(), 8)), (std::vector<std::string>{"class_logits", ""}));
}

TEST(ModelJson, NoRoleIsGuessed) {
  EXPECT_EQ(roles(classifier(two_outputs(), 0)), (std::vector<std::string>{"", ""}));
  EXPECT_EQ(roles(classifier(two_outputs(), 5)), (std::vector<std::string>{"", ""}));
}

TEST(ModelJson, WhatTheFileSaysOfItsOutputsStays) {
  auto model = two_outputs();
  model.metadata[std::string(model_json_key)] = R"({"format": 1, "name": "m",
    "inputs": [], "outputs": [{"name": "features", "role": "class_scores"}, {"name": "logits"}],
    "task": "classification"})";
  EXPECT_EQ(roles(classifier(model, 8)), (std::vector<std::string>{"class_scores", ""}));
  EXPECT_EQ(classifier(model, 3).error().text,
            "labels: 3 names for the 8 classes of output 'features'");
}

TEST(ModelJson, ADecoderThatCannotReadTheOutputsIsRefused) {
  EXPECT_EQ(labelled(picture(), "blazeface", 0).error().text,
            "blazeface needs boxes [batch,896,16] and scores "
            "[batch,896,1], or 2304 of them, in one piece or one a map, the model has y "
            "f32[1,3,4,4]");
  EXPECT_EQ(labelled(picture(), "mask", 2).error().text,
            "mask: output y f32[1,3,4,4] has 3 classes, "
            "legal are the model's 2 labels");
}

TEST(ModelJson, WhatADecoderLacksInModelJsonIsANote) {
  const auto& model = one_output();
  EXPECT_TRUE(missing_settings(*classifier(model, 3), model.graph).empty());
  const auto ssd = labelled(model, "ssd", 0);
  ASSERT_TRUE(ssd) << ssd.error().text;
  const auto notes = missing_settings(*ssd, model.graph);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_TRUE(notes[0].ends_with("add it there: decoder.anchors: ssd needs layers or boxes"))
      << notes[0];
}

}  // namespace
}  // namespace turnstone
