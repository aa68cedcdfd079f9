#include "vision/decoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "vision/suppress.h"
#include "vision/test_decoding.h"

namespace turnstone {
namespace {

using testing_tools::classifier;
using testing_tools::decode;
using testing_tools::Floats;
using testing_tools::Output;

TEST(ClassDecoder, LogitsBecomeScoresThatFall) {
  const Floats logits{"y", DType::f32, {1, 3}, {1, 3, 2}};
  const auto scene = decode(classifier({"a", "b", "c"}), {logits.view()});
  ASSERT_EQ(scene.classes.size(), 3U);
  EXPECT_EQ(scene.classes[0].label, 1);
  EXPECT_NEAR(scene.classes[0].score, 0.66524096, 1e-6);
  EXPECT_EQ(scene.classes[1].label, 2);
  EXPECT_NEAR(scene.classes[1].score, 0.24472847, 1e-6);
  EXPECT_EQ(scene.classes[2].label, 0);
}

TEST(ClassDecoder, HugeLogitsDoNotOverflow) {
  const Floats logits{"y", DType::f32, {1, 2}, {10000, -10000}};
  EXPECT_EQ(decode(classifier({"a", "b"}), {logits.view()}).classes[0].score, 1);
}

TEST(ClassDecoder, ScoresStayAsTheyAre) {
  const Floats scores{"y", DType::f32, {1, 2}, {0.25, 0.75}};
  EXPECT_EQ(decode(classifier({"a", "b"}), {scores.view()}).classes[0].score, 0.75F);
  auto model = classifier({"a", "b"});
  model.outputs = {{"y", "class_logits"}};
  EXPECT_NEAR(decode(model, {scores.view()}).classes[0].score, 0.62245933, 1e-6);
  const Floats apart{"y", DType::f32, {1, 2}, {0.9, 0.8}};
  model.outputs[0].role = "class_scores";
  EXPECT_EQ(decode(model, {apart.view()}).classes[0].score, 0.9F);
}

TEST(ClassDecoder, QuantisedScoresAreTakenForScoresByTheirRange) {
  const Output<uint8_t> scores{
      "y", DType::u8, {1, 1, 1, 3}, {0, 128, 64}, Quantisation{1.0 / 256, 0}};
  const auto scene = decode(classifier({"a", "b", "c"}), {scores.view()});
  EXPECT_EQ(scene.classes[0].label, 1);
  EXPECT_EQ(scene.classes[0].score, 0.5F);
  const Output<int8_t> logits{"y", DType::i8, {1, 2}, {20, 10}, Quantisation{0.1, 0}};
  EXPECT_NEAR(decode(classifier({"a", "b"}), {logits.view()}).classes[0].score, 0.7310586, 1e-6);
}

TEST(ClassDecoder, EveryPictureOfABatchHasItsOwnScene) {
  const Floats scores{"y", DType::f32, {2, 2}, {0.25, 0.75, 1, 0}};
  const auto model = classifier({"a", "b"});
  EXPECT_EQ(decode(model, {scores.view()}, 0).classes[0].label, 1);
  EXPECT_EQ(decode(model, {scores.view()}, 1).classes[0].label, 0);
  const auto view = scores.view();
  const auto beyond = (*make_decoder(model))->decode({&view, 1}, 2, {});
  EXPECT_EQ(beyond.error().text, "output y f32[2,2] holds no picture 2");
}

TEST(ClassDecoder, TheOutputIsFoundByRoleOrBySize) {
  const Floats features{"f", DType::f32, {1, 4}, {9, 9, 9, 9}};
  const Floats scores{"y", DType::f32, {1, 2}, {0.25, 0.75}};
  auto model = classifier({"a", "b"});
  EXPECT_EQ(decode(model, {features.view(), scores.view()}).classes[0].label, 1);
  model.labels = {};
  const OutputView both[] = {features.view(), scores.view()};
  EXPECT_EQ((*make_decoder(model))->decode(both, 0, {}).error().text,
            "which output holds the classes is not known, give one the role class_scores: f "
            "f32[1,4], y f32[1,2]");
  model.outputs = {{"f", "features"}, {"y", "class_scores"}};
  EXPECT_EQ(decode(model, {features.view(), scores.view()}).classes.size(), 2U);
}

TEST(ClassDecoder, AsManyLabelsAsClassesAreWanted) {
  const Floats scores{"y", DType::f32, {1, 3}, {0.25, 0.75, 0}};
  const auto view = scores.view();
  EXPECT_EQ((*make_decoder(classifier({"a", "b"})))->decode({&view, 1}, 0, {}).error().text,
            "output y f32[1,3] holds 3 classes, the model has 2 labels");
}

TEST(ClassDecoder, IdentityChangesNothingAndMostLimitsTheList) {
  auto model = classifier({});
  model.decoder = DecoderSettings{.kind = DecoderKind::identity, .anchors = {}, .most = 2};
  const Floats values{"y", DType::f32, {1, 4}, {-3, 5, NAN, 5}};
  const auto scene = decode(model, {values.view()});
  ASSERT_EQ(scene.classes.size(), 2U);
  EXPECT_EQ(scene.classes[0].label, 1);
  EXPECT_EQ(scene.classes[1].label, 3);
  EXPECT_EQ(scene.classes[1].score, 5);
}

TEST(Multilabel, EveryLabelHasItsOwnThreshold) {
  auto model = classifier({"a", "b", "c", "d"});
  model.decoder = DecoderSettings{.kind = DecoderKind::multilabel};
  model.thresholds = {{"c", 0.2}};
  model.background = 3;
  const Floats logits{"y", DType::f32, {1, 4}, {0.5, -1, -1, 9}};
  const auto scene = decode(model, {logits.view()});
  ASSERT_EQ(scene.classes.size(), 2U);
  EXPECT_EQ(scene.classes[0].label, 0);
  EXPECT_EQ(scene.classes[1].label, 2);
  EXPECT_NEAR(scene.classes[1].score, 0.26894142, 1e-6);
  model.outputs = {{"y", "class_scores"}};
  EXPECT_EQ(decode(model, {logits.view()}).classes[0].score, 0.5F);
}

Model face_model(int size) {
  Model model;
  model.task = Task::detection;
  model.labels = {"face"};
  model.inputs = {{"input", DType::f32, {1, size, size, 3}, Layout::nhwc, {}, Preprocess{}}};
  model.decoder = DecoderSettings{.kind = DecoderKind::blazeface, .anchors = {}, .score = 0.75};
  return model;
}

// Outputs of BlazeFace with nothing in them; the maps of 512 and 384 anchors apart.
struct Faces {
  Floats scores_a{"s16", DType::f32, {1, 512, 1}, std::vector<float>(512, -20)};
  Floats scores_b{"s8", DType::f32, {1, 384, 1}, std::vector<float>(384, -20)};
  Floats boxes_a{"b16", DType::f32, {1, 512, 16}, std::vector<float>(512 * 16)};
  Floats boxes_b{"b8", DType::f32, {1, 384, 16}, std::vector<float>(384 * 16)};
  std::vector<OutputView> views() const {
    return {boxes_b.view(), scores_a.view(), boxes_a.view(), scores_b.view()};
  }
  void put(int index, float logit, const std::vector<float>& raw) {
    const bool first = index < 512;
    const int at = first ? index : index - 512;
    (first ? scores_a : scores_b).values[at] = logit;
    std::copy(raw.begin(), raw.end(), (first ? boxes_a : boxes_b).values.begin() + 16L * at);
  }
};

TEST(BlazeFace, ABoxIsItsAnchorPlusTheRawValuesInPixels) {
  Faces faces;
  // Row 3, column 5 of the first map, second anchor; then row 2, column 1 of the other, fifth.
  faces.put((3 * 16 + 5) * 2 + 1, 3, {12.8, -6.4, 25.6, 12.8, 1.28, 2.56});
  faces.put(512 + (2 * 8 + 1) * 6 + 4, 2, {0, 0, 12.8, 12.8});
  const auto scene = decode(face_model(128), faces.views());
  ASSERT_EQ(scene.detections.size(), 2U);
  const auto& first = scene.detections[0];
  EXPECT_NEAR(first.score, 0.95257413, 1e-6);
  EXPECT_EQ(first.label, 0);
  EXPECT_NEAR(first.box.left, 5.5 / 16 + 0.1 - 0.1, 1e-6);
  EXPECT_NEAR(first.box.right, 5.5 / 16 + 0.1 + 0.1, 1e-6);
  EXPECT_NEAR(first.box.top, 3.5 / 16 - 0.05 - 0.05, 1e-6);
  EXPECT_NEAR(first.box.bottom, 3.5 / 16 - 0.05 + 0.05, 1e-6);
  ASSERT_EQ(first.keypoints.size(), 6U);
  EXPECT_NEAR(first.keypoints[0].x, 5.5 / 16 + 0.01, 1e-6);
  EXPECT_NEAR(first.keypoints[0].y, 3.5 / 16 + 0.02, 1e-6);
  EXPECT_NEAR(scene.detections[1].box.left, 1.5 / 8 - 0.05, 1e-6);
  EXPECT_NEAR(scene.detections[1].box.top, 2.5 / 8 - 0.05, 1e-6);
}

TEST(BlazeFace, JoinedOutputsGiveTheSameAndTheSizeScales) {
  Floats scores{"s", DType::f32, {1, 896, 1}, std::vector<float>(896, -20)};
  Floats boxes{"b", DType::f32, {1, 896, 16}, std::vector<float>(896 * 16)};
  const int index = 512 + (2 * 8 + 1) * 6;
  scores.values[index] = 5;
  boxes.values[16 * index + 2] = boxes.values[16 * index + 3] = 51.2F;
  const auto scene = decode(face_model(256), {scores.view(), boxes.view()});
  ASSERT_EQ(scene.detections.size(), 1U);
  EXPECT_NEAR(scene.detections[0].box.left, 1.5 / 8 - 0.1, 1e-6);
}

TEST(BlazeFace, TheFullRangeHasOneMapOf48) {
  Floats scores{"s", DType::f32, {1, 2304, 1}, std::vector<float>(2304, -20)};
  Floats boxes{"b", DType::f32, {1, 2304, 16}, std::vector<float>(2304 * 16)};
  const int index = 20 * 48 + 30;
  scores.values[index] = 5;
  boxes.values[16 * index + 2] = boxes.values[16 * index + 3] = 19.2F;
  const auto scene = decode(face_model(192), {boxes.view(), scores.view()});
  ASSERT_EQ(scene.detections.size(), 1U);
  EXPECT_NEAR(scene.detections[0].box.left, 30.5 / 48 - 0.05, 1e-6);
  EXPECT_NEAR(scene.detections[0].box.bottom, 20.5 / 48 + 0.05, 1e-6);
}

TEST(BlazeFace, BoxesStandInFractionsOfTheLetterboxedPicture) {
  Faces faces;
  // In the middle of the input, half as wide and a quarter as high as it.
  faces.put((8 * 16 + 8) * 2, 5, {-4, -4, 64, 32});
  Preprocess letterbox;
  letterbox.fit = Fit::letterbox;
  const auto geometry = *geometry_of(letterbox, 128, 128, 640, 320);
  const auto scene = decode(face_model(128), faces.views(), 0, geometry);
  ASSERT_EQ(scene.detections.size(), 1U);
  const auto& box = scene.detections[0].box;
  EXPECT_NEAR(box.left, 0.25, 1e-6);
  EXPECT_NEAR(box.right, 0.75, 1e-6);
  EXPECT_NEAR(box.top, 0.25, 1e-6);
  EXPECT_NEAR(box.bottom, 0.75, 1e-6);
}

TEST(BlazeFace, BoxesOutsideThePictureAreCutOrDropped) {
  Faces faces;
  faces.put(0, 5, {0, 0, 64, 64});
  faces.put(40, 5, {1000, 1000, 8, 8});
  faces.put(80, 5, {0, 0, -8, 8});
  faces.put(120, 5, {NAN, 0, 8, 8});
  faces.put(160, NAN, {0, 0, 8, 8});
  const auto scene = decode(face_model(128), faces.views());
  ASSERT_EQ(scene.detections.size(), 1U);
  EXPECT_EQ(scene.detections[0].box.left, 0);
  EXPECT_EQ(scene.detections[0].box.top, 0);
}

TEST(BlazeFace, TheThresholdOfTheLabelGoesBeforeTheDecoders) {
  Faces faces;
  faces.put(0, 0.5F, {0, 0, 64, 64});  // a score of 0.62
  auto model = face_model(128);
  EXPECT_TRUE(decode(model, faces.views()).detections.empty());
  model.thresholds["face"] = 0.6;
  EXPECT_EQ(decode(model, faces.views()).detections.size(), 1U);
}

TEST(BlazeFace, OtherOutputsAreNamed) {
  const Floats scores{"s", DType::f32, {1, 100, 1}, std::vector<float>(100)};
  const auto view = scores.view();
  const auto scene = (*make_decoder(face_model(128)))->decode({&view, 1}, 0, {});
  EXPECT_EQ(scene.error().text,
            "blazeface needs boxes [batch,896,16] and scores [batch,896,1], or 2304 of them, in "
            "one piece or one a map, the model has s f32[1,100,1]");
}

Model ssd_model() {
  Model model;
  model.labels = {"nothing", "cat", "dog"};
  model.background = 0;
  model.decoder = DecoderSettings{.kind = DecoderKind::ssd, .anchors = {}};
  model.decoder->anchors.layers = {{2, 2, {{0.4, 0.2}}}};
  return model;
}

TEST(Ssd, OffsetsAreRelativeToTheAnchorWithVariances) {
  Floats boxes{"boxes", DType::f32, {1, 4, 4}, std::vector<float>(16)};
  Floats scores{
      "scores", DType::f32, {1, 4, 3}, {1, 0, 0, 0.1, 0.2, 0.7, 0.9, 0, 0.1, 0.2, 0.8, 0}};
  const std::vector<float> raw = {1, -1, 5 * std::log(1.5F), 0};
  std::copy(raw.begin(), raw.end(), boxes.values.begin() + 4);
  const auto scene = decode(ssd_model(), {scores.view(), boxes.view()});
  ASSERT_EQ(scene.detections.size(), 2U);
  EXPECT_EQ(scene.detections[0].label, 1);
  EXPECT_NEAR(scene.detections[0].box.left, 0.75 - 0.2, 1e-6);
  EXPECT_NEAR(scene.detections[0].box.top, 0.75 - 0.1, 1e-6);
  EXPECT_EQ(scene.detections[1].label, 2);
  EXPECT_NEAR(scene.detections[1].box.left, 0.75 + 0.04 - 0.3, 1e-6);
  EXPECT_NEAR(scene.detections[1].box.bottom, 0.25 - 0.02 + 0.1, 1e-6);
}

TEST(Ssd, RolesSayHowScoresAreMeant) {
  const Floats boxes{"b", DType::f32, {1, 4, 4}, std::vector<float>(16)};
  Floats logits{"s", DType::f32, {1, 4, 3}, std::vector<float>(12)};
  logits.values[2] = 1;
  auto model = ssd_model();
  model.outputs = {{"b", "boxes"}, {"s", "class_logits"}};
  const auto soft = decode(model, {boxes.view(), logits.view()});
  ASSERT_EQ(soft.detections.size(), 1U);
  EXPECT_NEAR(soft.detections[0].score, std::exp(1) / (std::exp(1) + 2), 1e-6);
  model.outputs[1].role = "box_logits";
  model.decoder->score = 0.6;
  const auto apart = decode(model, {boxes.view(), logits.view()});
  ASSERT_EQ(apart.detections.size(), 1U);
  EXPECT_NEAR(apart.detections[0].score, 0.7310586, 1e-6);
}

TEST(Ssd, EveryLabelWhoseSoftmaxReachesItsScoreIsFound) {
  constexpr int rows = 400;
  constexpr int classes = 37;
  auto model = ssd_model();
  model.labels.clear();
  model.outputs = {{"b", "boxes"}, {"s", "class_logits"}};
  model.decoder->anchors.layers = {{20, 20, {{0.01, 0.01}}}};
  model.decoder->suppress = Suppression::none;
  model.decoder->score = 0.3;
  model.decoder->most = rows * classes;
  const Floats boxes{"b", DType::f32, {1, rows, 4}, std::vector<float>(rows * 4)};
  Floats logits{"s", DType::f32, {1, rows, classes}, std::vector<float>(rows * classes)};
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 2.5F);
  for (auto& value : logits.values) value = noise(random);
  size_t expected = 0;
  for (int row = 0; row < rows; ++row) {
    const auto* values = logits.values.data() + row * classes;
    double sum = 0;
    for (int label = 0; label < classes; ++label) sum += std::exp(double{values[label]});
    for (int label = 1; label < classes; ++label)
      expected += std::exp(double{values[label]}) / sum >= 0.3;
  }
  ASSERT_GT(expected, 50U);
  EXPECT_EQ(decode(model, {boxes.view(), logits.view()}).detections.size(), expected);
}

TEST(RetinaNet, ABoxGrowsToAtMostAThousandSixteenths) {
  auto model = face_model(128);
  model.decoder = DecoderSettings{.kind = DecoderKind::retinanet, .anchors = {}};
  model.decoder->anchors.boxes = {{0.5, 0.5, 0.004, 0.5}};
  const Floats logits{"s", DType::f32, {1, 1, 1}, {3}};
  const Floats boxes{"b", DType::f32, {1, 1, 4}, {0, 0, 9, 0}};
  const auto scene = decode(model, {logits.view(), boxes.view()});
  ASSERT_EQ(scene.detections.size(), 1U);
  EXPECT_NEAR(scene.detections[0].box.left, 0.375, 1e-6);
  EXPECT_NEAR(scene.detections[0].box.right, 0.625, 1e-6);
}

TEST(Ssd, WithoutAnchorsThereIsNoDecoder) {
  auto model = ssd_model();
  model.decoder->anchors = {};
  EXPECT_EQ(make_decoder(model).error().text, "decoder.anchors: ssd needs layers or boxes");
}

TEST(Decoder, AModelThatNamesNoneIsUnsupported) {
  Model model;
  model.name = "features";
  EXPECT_EQ(make_decoder(model).error().code, Code::unsupported);
}

TEST(Suppress, TheOverlapIsIntersectionOverUnion) {
  EXPECT_NEAR(overlap({0, 0, 2, 2}, {1, 0, 3, 2}), 1.0 / 3, 1e-9);
  EXPECT_EQ(overlap({0, 0, 1, 1}, {1, 0, 2, 1}), 0);
  EXPECT_EQ(overlap({0, 0, 1, 1}, {0, 0, 1, 1}), 1);
  EXPECT_EQ(overlap({0, 0, 0, 0}, {0, 0, 0, 0}), 0);
}

TEST(Suppress, TheBestOfOverlappingOnesStaysPerLabel) {
  const std::vector<Detection> found = {{{0, 0, 1, 1}, 0, 0.8F, {}},
                                        {{0, 0, 1, 0.9F}, 0, 0.9F, {}},
                                        {{0, 0, 1, 1}, 1, 0.7F, {}},
                                        {{2, 0, 3, 1}, 0, 0.6F, {}}};
  const auto kept = suppress(found, {.how = Suppression::hard, .iou = 0.5});
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].score, 0.9F);
  EXPECT_EQ(kept[0].box.bottom, 0.9F);
  EXPECT_EQ(kept[1].label, 1);
  EXPECT_EQ(kept[2].score, 0.6F);
  EXPECT_EQ(suppress(found, {.how = Suppression::none}).size(), 4U);
  EXPECT_EQ(suppress(found, {.how = Suppression::hard, .most = 1}).size(), 1U);
}

TEST(Suppress, AgnosticOnesYieldToAnyLabel) {
  const std::vector<Detection> found = {{{0, 0, 1, 1}, 0, 0.8F}, {{0, 0, 1, 0.9F}, 1, 0.9F}};
  EXPECT_EQ(suppress(found, {.iou = 0.5}).size(), 2U);
  std::vector<size_t> origins;
  EXPECT_EQ(suppress(found, {.iou = 0.5, .agnostic = true}, &origins).size(), 1U);
  EXPECT_EQ(origins, std::vector<size_t>{1});
}

TEST(Suppress, WeightedTakesTheMeanByScore) {
  const std::vector<Detection> found = {{{0, 0, 1, 1}, 0, 0.75F, {{0, 0}}},
                                        {{0.2F, 0, 1.2F, 1}, 0, 0.25F, {{0.4F, 1}}}};
  const auto kept = suppress(found, {.how = Suppression::weighted, .iou = 0.3});
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].score, 0.75F);
  EXPECT_NEAR(kept[0].box.left, 0.05, 1e-6);
  EXPECT_NEAR(kept[0].keypoints[0].x, 0.1, 1e-6);
  EXPECT_NEAR(kept[0].keypoints[0].y, 0.25, 1e-6);
}

}  // namespace
}  // namespace turnstone
