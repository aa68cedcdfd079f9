#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "vision/test_decoding.h"

namespace turnstone {
namespace {

using testing_tools::decode;
using testing_tools::Floats;

Model yolo_model(HeadForm form) {
  Model model;
  model.task = Task::detection;
  model.labels = {"a", "b"};
  model.inputs = {{"input", DType::f32, {1, 3, 32, 64}, Layout::nchw, {}, Preprocess{}}};
  model.decoder = DecoderSettings{.kind = DecoderKind::yolo, .form = form};
  return model;
}

TEST(Yolo, AFormMustBeSaid) {
  EXPECT_THAT(
      make_decoder(yolo_model(HeadForm::none)).error().text,
      testing::StartsWith("decoder.form: yolo needs one, legal are exponential (v3, v4), "));
}

TEST(Yolo, ThePixelsAreThoseOfTheInput) {
  const Floats table{"y", DType::f32, {1, 6, 1}, {16, 8, 32, 4, 0.2, 0.9}};
  const auto scene = decode(yolo_model(HeadForm::columns), {table.view()});
  ASSERT_EQ(scene.detections.size(), 1U);
  EXPECT_EQ(scene.detections[0].label, 1);
  EXPECT_NEAR(scene.detections[0].box.right, 0.5, 1e-6);
  EXPECT_NEAR(scene.detections[0].box.top, 0.1875, 1e-6);
}

TEST(Yolo, ThresholdsOfLabelsAndTheBackgroundChooseTheLabel) {
  auto model = yolo_model(HeadForm::columns);
  const Floats table{"y", DType::f32, {1, 6, 2}, {16, 48, 8, 8, 8, 8, 8, 8, 0.6, 0.6, 0.8, 0.7}};
  model.thresholds = {{"b", 0.75}};
  auto scene = decode(model, {table.view()});
  ASSERT_EQ(scene.detections.size(), 2U);
  EXPECT_EQ(scene.detections[0].label, 1);
  EXPECT_EQ(scene.detections[1].label, 0);
  model.background = 1;
  scene = decode(model, {table.view()});
  ASSERT_EQ(scene.detections.size(), 2U);
  EXPECT_EQ(scene.detections[0].label, 0);
}

TEST(Yolo, NumbersThatAreNoneAreDropped) {
  Floats table{"y", DType::f32, {1, 6, 3}, std::vector<float>(18, 0.9F)};
  for (int i = 0; i < 4; ++i) table.values[3 * i] = NAN;
  table.values[13] = table.values[16] = INFINITY;
  table.values[14] = NAN;
  table.values[17] = NAN;
  EXPECT_TRUE(decode(yolo_model(HeadForm::columns), {table.view()}).detections.empty());
}

TEST(Yolo, ManyCandidatesAreCutToTheBest) {
  Floats table{"y", DType::f32, {1, 20000, 6}, {}};
  for (int i = 0; i < 20000; ++i)
    for (const float value : {i % 64 + 0.5F, 16.0F, 0.1F, 0.1F, 0.5F + float(i) / 1e5F, 0.0F})
      table.values.push_back(value);
  auto model = yolo_model(HeadForm::columns);
  model.decoder->most = 100000;
  model.decoder->suppress = Suppression::none;
  const auto scene = decode(model, {table.view()});
  ASSERT_EQ(scene.detections.size(), 4096U);
  EXPECT_NEAR(scene.detections[0].score, 0.69999, 1e-5);
  EXPECT_NEAR(scene.detections[4095].score, 0.65904, 1e-5);
}

TEST(Yolo, EachMapHasItsScaleOrAllHaveOne) {
  auto model = yolo_model(HeadForm::exponential);
  model.decoder->scale_xy = {1.2, 1.1, 1.05};
  const Floats map{"y", DType::f32, {1, 21, 4, 8}, std::vector<float>(672)};
  const auto view = map.view();
  EXPECT_EQ((*make_decoder(model))->decode({&view, 1}, 0, {}).error().text,
            "decoder.scale_xy: has 3 numbers, the model 1 maps");
}

TEST(Yolo, TablesThatDoNotFitAreNamed) {
  const Floats table{"y", DType::f32, {1, 7, 9}, std::vector<float>(63)};
  const auto view = table.view();
  const auto error = [&](HeadForm form) {
    const auto decoder = make_decoder(yolo_model(form));
    return (*decoder)->decode({&view, 1}, 0, {}).error().text;
  };
  EXPECT_EQ(
      error(HeadForm::columns),
      "yolo: output y f32[1,7,9] has 7 numbers for each place, which does not fit 2 labels, 0 "
      "keypoints and 0 mask coefficients");
  EXPECT_EQ(error(HeadForm::squared),
            "yolo: form needs maps of four extents, the model has y f32[1,7,9]");
  auto model = yolo_model(HeadForm::offsets);
  model.labels = {"a", "b", "c", "d"};
  EXPECT_EQ(
      (*make_decoder(model))->decode({&view, 1}, 0, {}).error().text,
      "yolo: output y f32[1,7,9] has 7 rows, an input of 64 x 32 has other counts of cells at "
      "strides 8, 16, 32 (and 64)");
}

}  // namespace
}  // namespace turnstone
