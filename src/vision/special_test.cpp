// Decoders of anomalies, embeddings and named numbers.
#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "vision/package.h"
#include "vision/test_decoding.h"

namespace turnstone {
namespace {

using testing_tools::classifier;
using testing_tools::decode;
using testing_tools::Floats;

Model model_with(DecoderSettings settings, std::vector<std::string> labels) {
  auto model = classifier(std::move(labels));
  model.decoder = std::move(settings);
  return model;
}

std::string error_of(const Model& model, const Floats& output) {
  const auto decoder = make_decoder(model);
  if (!decoder) return decoder.error().text;
  const auto view = output.view();
  const auto scene = (*decoder)->decode({&view, 1}, 0, {});
  return scene ? "none" : scene.error().text;
}

TEST(AnomalyDecoder, TheLargestCellIsTheScoreAndTheThresholdComesToAHalf) {
  const auto model =
      model_with({.kind = DecoderKind::anomaly, .score = 0.25, .range = {0, 4}}, {"Pass", "Fail"});
  const Floats map{"map", DType::f32, {1, 1, 2, 2}, {0, 0.5, 1, 2}};
  auto scene = decode(model, {map.view()});
  ASSERT_TRUE(scene.anomaly);
  EXPECT_NEAR(scene.anomaly->score, 0.5 + 0.5 * 0.25 / 0.75, 1e-6);
  EXPECT_NEAR(scene.anomaly->cells[1], 0.25, 1e-6);
  EXPECT_NEAR(scene.anomaly->cells[2], 0.5, 1e-6);
  EXPECT_EQ(scene.classes[0].label, 1);
  const Floats score{"score", DType::f32, {1, 1}, {0.5}};
  scene = decode(model, {map.view(), score.view()});
  EXPECT_NEAR(scene.anomaly->score, 0.25, 1e-6);
  EXPECT_EQ(scene.classes[0].label, 0);
  EXPECT_NEAR(scene.classes[0].score, 0.75, 1e-6);
}

TEST(AnomalyDecoder, AMapWithoutAnExtentIsNone) {
  auto model = model_with({.kind = DecoderKind::anomaly}, {});
  model.outputs = {{"map", "anomaly_map"}};
  EXPECT_EQ(error_of(model, {"map", DType::f32, {}, {0.5}}), "output map f32[] holds no picture 0");
}

TEST(AnomalyDecoder, APercentileIsNumPys) {
  auto model = model_with({.kind = DecoderKind::anomaly, .score = 0, .percentile = 90}, {});
  const Floats map{"map",
                   DType::f32,
                   {3, 4},
                   {0.0F, 0.1F, 0.9F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F, 0.2F, 1.0F, 0.05F}};
  EXPECT_NEAR(decode(model, {map.view()}).anomaly->score, 0.5 + 0.5 * 0.89, 1e-6);
}

TEST(AnomalyDecoder, NumbersThatAreNoneAreNoPass) {
  const auto model = model_with({.kind = DecoderKind::anomaly}, {"Pass", "Fail"});
  EXPECT_EQ(error_of(model, {"m", DType::f32, {1, 1, 1, 2}, {NAN, 0}}),
            "anomaly: output m f32[1,1,1,2] holds values that are no numbers");
  EXPECT_EQ(error_of(model_with({.kind = DecoderKind::anomaly}, {"a"}), {}),
            "anomaly: there are 1 labels, legal are two: of the normal (the background, or the "
            "first) and of the other");
}

DecoderSettings gallery() {
  return {.kind = DecoderKind::embedding,
          .score = 0.8,
          .gallery = {{"ann", {2, 0}}, {"bob", {0, 3}}, {"ann", {3, 4}}}};
}

TEST(EmbeddingDecoder, TheNearestKnownVectorNamesThePicture) {
  const auto model = model_with(gallery(), {"ann", "bob"});
  auto scene = decode(model, {Floats{"e", DType::f32, {1, 2}, {6, 8}}.view()});
  ASSERT_EQ(scene.classes.size(), 2U);
  EXPECT_EQ(scene.classes[0].label, 0);
  EXPECT_NEAR(scene.classes[0].score, 1, 1e-6);
  EXPECT_NEAR(scene.classes[1].score, 0.8, 1e-6);
  EXPECT_NEAR(scene.embedding[0], 0.6, 1e-6);
  scene = decode(model, {Floats{"e", DType::f32, {1, 2}, {1, -1}}.view()});
  EXPECT_EQ(scene.classes[0].label, -1);
  EXPECT_NEAR(scene.classes[0].score, std::sqrt(0.5), 1e-6);
}

TEST(EmbeddingDecoder, WhatDoesNotFitTheGalleryIsNamed) {
  const Floats wide{"e", DType::f32, {1, 3}, {1, 2, 3}};
  EXPECT_EQ(error_of(model_with(gallery(), {"ann", "bob"}), wide),
            "embedding: output e f32[1,3] has 3 numbers, the gallery's vectors have 2");
  EXPECT_EQ(error_of(model_with(gallery(), {"ann"}), wide),
            "decoder.gallery[1]: label 'bob' is none of the model's");
  EXPECT_EQ(error_of(model_with(gallery(), {"ann", "bob"}), {"e", DType::f32, {1, 2}, {0, 0}}),
            "embedding: output e f32[1,2]: the vector has no direction");
}

TEST(EmbeddingDecoder, AGalleryMayBeAFileOfThePackage) {
  const auto folder = *TemporaryFolder::make();
  auto model = model_with({.kind = DecoderKind::embedding}, {"ann"});
  model.decoder->gallery_file = "gallery.json";
  ASSERT_TRUE(write_file(folder.path() / "model.json", std::string_view(print_model(model))));
  ASSERT_TRUE(write_file(folder.path() / "compiled.so", std::string_view("code")));
  EXPECT_EQ(open_package(folder.path()).error().code, Code::missing);
  ASSERT_TRUE(write_file(folder.path() / "gallery.json",
                         std::string_view(R"([{"label": "ann", "vector": [1, 2]}])")));
  const auto package = open_package(folder.path());
  ASSERT_TRUE(package) << package.error().text;
  EXPECT_EQ(package->model->decoder->gallery,
            (std::vector<GalleryEntry>{{.label = "ann", .vector = {1, 2}}}));
}

TEST(RegressionDecoder, ValuesHaveTheNamesOfTheLabels) {
  const auto model = model_with({.kind = DecoderKind::regression}, {"width", "height"});
  const auto scene = decode(model, {Floats{"y", DType::f32, {1, 2}, {3.5, -2}}.view()});
  ASSERT_EQ(scene.values.size(), 2U);
  EXPECT_EQ(scene.values[1].label, 1);
  EXPECT_EQ(scene.values[1].value, -2);
  EXPECT_EQ(error_of(model, {"y", DType::f32, {1, 3}, {1, 2, 3}}),
            "regression: y f32[1,3] hold 3 values, the model has 2 labels");
  EXPECT_EQ(error_of(model, {"y", DType::f32, {1, 2}, {1, INFINITY}}),
            "regression: output y f32[1,2] holds values that are no numbers");
}

TEST(MaskDecoder, SharesAreOfWhatThePictureShows) {
  const auto model = model_with({.kind = DecoderKind::mask}, {"ground", "cat"});
  const Floats logits{"y", DType::f32, {1, 2, 2, 2}, {1, 0, 1, 0, 0, 1, 0, NAN}};
  const auto whole = decode(model, {logits.view()});
  EXPECT_EQ(whole.mask->cells, (std::vector<uint8_t>{0, 1, 0, 0}));
  EXPECT_EQ(whole.shares, (std::vector<float>{0.75, 0.25}));
  // The lower half was filled.
  const auto upper = decode(model, {logits.view()}, 0, {0, 0, 1, 2});
  EXPECT_EQ(upper.shares, (std::vector<float>{0.5, 0.5}));
}

TEST(MaskDecoder, OtherCountsOfClassesAreNamed) {
  const auto model = model_with({.kind = DecoderKind::mask}, {"a", "b", "c"});
  EXPECT_EQ(error_of(model, {"y", DType::f32, {1, 2, 1, 2}, {0, 0, 0, 0}}),
            "mask: output y f32[1,2,1,2] has 2 classes, legal are the model's 3 labels");
}

}  // namespace
}  // namespace turnstone
