#include "vision/model_info.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "vision/decoders.h"

namespace turnstone {
namespace {

constexpr std::string_view turntable = R"({"format": 1, "name": "turntable",
 "inputs": [{"name": "input", "dtype": "f32", "shape": [4,3,224,224], "layout": "NCHW",
   "preprocess": {"size": [224,224], "fit": "letterbox", "crop": [10,10,224,224],
                  "resize": "area", "color": "bgr", "mean": [1,2,3], "scale": [0.5,0.25,0.125],
                  "fill": 0}}],
 "outputs": [{"name": "scores", "role": "class_scores"}],
 "task": "classification",
 "decoder": {"kind": "softmax", "score": 0.5, "iou": 0.45},
 "labels": ["Pass","Fail"], "background": null, "thresholds": {"Fail": 0.25},
 "provenance": {"by": "turnstone", "runs": [1, 2]}})";

std::string error_of(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  const auto model = parse_model(text.replace(at, from.size(), to));
  return model ? "none" : model.error().text;
}

TEST(ModelInfo, EveryFieldIsRead) {
  const auto read = parse_model(turntable);
  ASSERT_TRUE(read) << read.error().text;
  const auto& model = *read;
  EXPECT_EQ(model.name, "turntable");
  ASSERT_EQ(model.inputs.size(), 1U);
  EXPECT_EQ(model.inputs[0].shape, (std::vector<int64_t>{4, 3, 224, 224}));
  EXPECT_EQ(model.inputs[0].layout, Layout::nchw);
  const auto& preprocess = *model.inputs[0].preprocess;
  EXPECT_EQ(preprocess.width, 224);
  EXPECT_EQ(preprocess.fit, Fit::letterbox);
  EXPECT_EQ(*preprocess.crop, (std::array<int, 4>{10, 10, 224, 224}));
  EXPECT_EQ(preprocess.resize, Resize::area);
  EXPECT_EQ(preprocess.color, ColorOrder::bgr);
  EXPECT_EQ(preprocess.scale, (std::vector<double>{0.5, 0.25, 0.125}));
  EXPECT_EQ(preprocess.fill, 0);
  EXPECT_EQ(model.outputs[0].role, "class_scores");
  EXPECT_EQ(model.task, Task::classification);
  EXPECT_EQ(model.labels[1], "Fail");
  EXPECT_FALSE(model.background);
  EXPECT_EQ(model.thresholds.at("Fail"), 0.25);
  EXPECT_EQ(model.provenance, R"({"by":"turnstone","runs":[1,2]})");
}

TEST(ModelInfo, AnInputTakesPicturesOrWindows) {
  EXPECT_EQ(error_of(std::string(turntable), "\"preprocess\"", "\"window\": {}, \"preprocess\""),
            "inputs[0].preprocess and inputs[0].window exclude each other, choose one");
  EXPECT_EQ(error_of(std::string(turntable), "\"preprocess\"",
                     "\"window\": {\"order\": \"rows\"}, \"preprocess\""),
            "inputs[0].window.order: \"rows\" is wrong, legal are channels, steps");
}

TEST(ModelInfo, PrintingAndParsingIsTheIdentity) {
  auto model = *parse_model(turntable);
  EXPECT_EQ(*parse_model(print_model(model)), model);
  model.background = 1;
  model.inputs[0].dtype = DType::i8;
  model.inputs[0].quantisation = Quantisation{1.0 / 128, -128};
  model.inputs.push_back({"more \"quoted\"", DType::i64, {}, Layout::none, {}, {}});
  model.inputs.back().window = Windowing{.steps_first = true, .mean = {1, 2}, .scale = {0.5}};
  model.outputs.push_back({"boxes", "boxes"});
  model.decoder->kind = DecoderKind::ssd;
  model.decoder->suppress = Suppression::weighted;
  model.decoder->anchors.layers = {{19, 10, {{0.1, 0.2}, {0.3, 0.1}}}};
  model.decoder->anchors.boxes = {{0.5, 0.5, 0.1, 0.1}};
  model.decoder->anchors.variances = {0.2, 0.2, 0.4, 0.4};
  const auto again = parse_model(print_model(model));
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(*again, model);
  EXPECT_EQ(*parse_model(print_model(Model{})), Model{});
  model.decoder = DecoderSettings{.kind = DecoderKind::yolo,
                                  .agnostic = true,
                                  .form = HeadForm::offsets,
                                  .layout = Layout::nhwc,
                                  .units = Units::fractions,
                                  .temperature = 2.5,
                                  .keypoints = 17,
                                  .scale_xy = {1.1},
                                  .percentile = 99,
                                  .range = {-1, 3},
                                  .gallery = {{"Pass", {0.5F, -2}}}};
  EXPECT_EQ(parse_model(print_model(model)).value().decoder, model.decoder);
  model.decoder->scale_xy = {1.2, 1.1, 1.05};
  model.decoder->gallery = {};
  model.decoder->gallery_file = "gallery.json";
  EXPECT_EQ(parse_model(print_model(model)).value().decoder, model.decoder);
}

TEST(ModelInfo, UnknownKeysSuggestTheNearest) {
  const std::string text(turntable);
  EXPECT_EQ(error_of(text, "\"labels\"", "\"label\""), "label: unknown key, did you mean 'labels'");
  EXPECT_EQ(error_of(text, "\"task\"", "\"tasc\""), "tasc: unknown key, did you mean 'task'");
  EXPECT_EQ(error_of(text, "\"resize\"", "\"rezise\""),
            "inputs[0].preprocess.rezise: unknown key, did you mean 'resize'");
}

TEST(ModelInfo, WrongValuesAreNamedWithTheLegalOnes) {
  const std::string text(turntable);
  EXPECT_EQ(error_of(text, "\"letterbox\"", "\"pad\""),
            "inputs[0].preprocess.fit: \"pad\" is wrong, legal are stretch, letterbox, crop");
  EXPECT_EQ(error_of(text, "\"f32\"", "\"float\""),
            "inputs[0].dtype: 'float' is wrong, legal are f32, u8, i8 and other element types");
  EXPECT_EQ(error_of(text, "[4,3,224,224]", "[4,-3,224,224]"),
            "inputs[0].shape: expected a list of at most 8 extents of 1 or more");
  EXPECT_EQ(error_of(text, "[224,224]", "[224]"),
            "inputs[0].preprocess.size: expected [width, height] of 1..16384");
  EXPECT_EQ(error_of(text, "\"softmax\"", "\"yola\""),
            "decoder.kind: \"yola\" is wrong, legal are " + decoder_names());
  EXPECT_EQ(error_of(text, "\"score\": 0.5", "\"score\": 1.5"),
            "decoder.score: 1.5 is wrong, legal are numbers 0..1");
  EXPECT_EQ(error_of(text, "\"background\": null", "\"background\": 2"),
            "background: 2 is wrong, legal are 0..1");
  EXPECT_EQ(error_of(text, "{\"Fail\"", "{\"Fai\""),
            "thresholds.Fai: unknown key, did you mean 'Fail'");
  EXPECT_EQ(error_of(text, "\"name\": \"input\", ", ""), "inputs[0].name: is missing");
}

TEST(ModelInfo, AnotherFormatIsUnsupported) {
  const auto model = parse_model(R"({"format": 2, "name": "x", "new": 1})");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, Code::unsupported);
  EXPECT_EQ(model.error().text, "format: 2 is not known, legal is 1");
  EXPECT_EQ(parse_model(R"({"format": 2.0})").error().text, "format: 2 is not known, legal is 1");
  EXPECT_EQ(parse_model("{}").error().text, "format: is missing");
  EXPECT_EQ(parse_model(R"({"format": "1"})").error().code, Code::invalid);
  EXPECT_EQ(parse_model("[]").error().text, "expected an object");
}

TEST(ModelInfo, APictureInputTellsItsExtents) {
  auto input = parse_model(turntable)->inputs[0];
  auto shape = *picture_shape(input);
  EXPECT_EQ(shape.batch, 4);
  EXPECT_EQ(shape.channels, 3);
  input.layout = Layout::nhwc;
  input.shape = {1, 48, 320, 1};
  shape = *picture_shape(input);
  EXPECT_EQ(shape.height, 48);
  EXPECT_EQ(shape.width, 320);
  EXPECT_EQ(shape.channels, 1);
  input.shape = {1, 48, 320, 4};
  EXPECT_EQ(picture_shape(input).error().text, "input 'input' has 4 channels, legal are 1 and 3");
  input.layout = Layout::none;
  EXPECT_FALSE(picture_shape(input));
}

TEST(Spec, PresetsSetMeanAndScale) {
  EXPECT_EQ(parse_preprocess_spec("signed")->mean, std::vector<double>{127.5});
  EXPECT_EQ(parse_preprocess_spec("signed,mean=1,2,3").error().text,
            "--preprocess: '2' is wrong, numbers of a list are separated by ':'");
  EXPECT_EQ(parse_preprocess_spec("unit")->scale, std::vector<double>{1.0 / 255});
  EXPECT_EQ(parse_preprocess_spec("raw")->scale, std::vector<double>{1});
  const auto imagenet = *parse_preprocess_spec("imagenet");
  EXPECT_NEAR((255 - imagenet.mean[0]) * imagenet.scale[0], (1 - 0.485) / 0.229, 1e-12);
  const auto reversed = *parse_preprocess_spec("color=bgr,imagenet");
  EXPECT_EQ(reversed.mean[0], imagenet.mean[2]);
}

TEST(Spec, PairsOverrideThePresetWhereverTheyStand) {
  const auto spec = *parse_preprocess_spec("mean=1:2:3,signed,fit=letterbox,fill=0,size=320:240");
  EXPECT_EQ(spec.mean, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(spec.scale, (std::vector<double>{1 / 127.5}));
  EXPECT_EQ(spec.fit, Fit::letterbox);
  EXPECT_EQ(spec.fill, 0);
  EXPECT_EQ(spec.width, 320);
}

TEST(Spec, WhatIsNotNamedIsKept) {
  Preprocess before;
  before.fit = Fit::crop;
  before.crop = std::array<int, 4>{1, 2, 3, 4};
  const auto spec = *parse_preprocess_spec("resize=area", before);
  EXPECT_EQ(spec.fit, Fit::crop);
  EXPECT_EQ(spec.crop, before.crop);
}

TEST(Spec, MistakesAreNamed) {
  EXPECT_EQ(parse_preprocess_spec("unitt").error().text,
            "--preprocess: 'unitt' is wrong, did you mean 'unit'");
  EXPECT_EQ(parse_preprocess_spec("fitt=crop").error().text,
            "--preprocess.fitt: unknown key, did you mean 'fit'");
  EXPECT_EQ(parse_preprocess_spec("mean=a:b").error().text,
            "--preprocess.mean: [\"a\",\"b\"] is wrong, expected a list of 1 to 4 numbers");
  EXPECT_EQ(parse_preprocess_spec("a,,b").error().text,
            "--preprocess: 'a,,b' is wrong, expected key=value pairs separated by commas");
  EXPECT_FALSE(parse_preprocess_spec("color=5,imagenet"));
  EXPECT_FALSE(parse_preprocess_spec("fill=1e300"));
  EXPECT_FALSE(parse_preprocess_spec("mean=nan"));
}

TEST(Spec, DecodersHaveTheirOwnDefaultScore) {
  const auto face = *parse_decoder_spec("blazeface,anchors=front,suppress=weighted,iou=0.3");
  EXPECT_EQ(face.kind, DecoderKind::blazeface);
  EXPECT_EQ(face.anchors.preset, "front");
  EXPECT_EQ(face.score, 0.75);
  EXPECT_EQ(face.iou, 0.3);
  EXPECT_EQ(face.suppress, Suppression::weighted);
  EXPECT_EQ(parse_decoder_spec("kind=ssd")->score, 0.5);
  EXPECT_EQ(parse_decoder_spec("score=0.9", face)->score, 0.9);
  EXPECT_EQ(parse_decoder_spec("iou=0.2", face)->score, 0.75);
  EXPECT_EQ(parse_decoder_spec("ssd,anchors.variances=1:1:2:2")->anchors.variances,
            (std::array<double, 4>{1, 1, 2, 2}));
  EXPECT_EQ(parse_decoder_spec("anchors=side").error().text,
            "--decoder.anchors.preset: \"side\" is wrong, legal are front, back, full, "
            "yolov3, yolov4");
}

TEST(Spec, SpecialKeysAreChecked) {
  const auto spec = *parse_decoder_spec("yolo,form=columns,agnostic=true,range=-1:2");
  EXPECT_EQ(spec.form, HeadForm::columns);
  EXPECT_TRUE(spec.agnostic);
  EXPECT_EQ(spec.range, (std::array<double, 2>{-1, 2}));
  EXPECT_EQ(parse_decoder_spec("yolo,scale_xy=1.05")->scale_xy, std::vector<double>{1.05});
  EXPECT_EQ(parse_decoder_spec("yolo,scale_xy=1.2:1.1:1.05")->scale_xy,
            (std::vector<double>{1.2, 1.1, 1.05}));
  EXPECT_EQ(parse_decoder_spec("yolo,scale_xy=1.2:5").error().text,
            "--decoder.scale_xy: legal are numbers 1..4");
  EXPECT_EQ(parse_decoder_spec("yolo,form=v8").error().text,
            "--decoder.form: \"v8\" is wrong, legal are exponential, squared, distribution, "
            "offsets, rows, columns, final");
  EXPECT_EQ(parse_decoder_spec("yolo,agnostic=maybe").error().text,
            "--decoder.agnostic: \"maybe\" is wrong, legal are true, false");
  EXPECT_EQ(parse_decoder_spec("anomaly,range=2:1").error().text,
            "--decoder.range: expected two numbers that rise");
  EXPECT_EQ(parse_decoder_spec("embedding,gallery=../up").error().text,
            "--decoder.gallery: expected a list or the name of a file in the package");
}

TEST(Labels, OneALineWithoutMarkAndBlanks) {
  const auto folder = *TemporaryFolder::make();
  const auto path = folder.path() / "labels.txt";
  ASSERT_TRUE(write_file(path, std::string_view("\xef\xbb\xbf Pass \r\nFail\r\n\n\n")));
  EXPECT_EQ(*read_labels(path), (std::vector<std::string>{"Pass", "Fail"}));
  ASSERT_TRUE(write_file(path, std::string_view("a\n\nb\n")));
  EXPECT_EQ(read_labels(path).error().text,
            path.string() + ":2: line is empty, each line is a label");
  ASSERT_TRUE(write_file(path, std::string_view("\n")));
  EXPECT_FALSE(read_labels(path));
  EXPECT_EQ(read_labels(folder.path() / "no").error().code, Code::missing);
}

TEST(Labels, ANumberStandsForAMissingLabel) {
  Model model;
  model.labels = {"Pass"};
  EXPECT_EQ(label_of(model, 0), "Pass");
  EXPECT_EQ(label_of(model, 7), "7");
  EXPECT_EQ(label_of(model, -1), "-1");
}

TEST(ModelInfo, KnowsTheNamesOfLayouts) {
  EXPECT_EQ(parse_layout("NCHW"), Layout::nchw);
  EXPECT_EQ(parse_layout("NHWC"), Layout::nhwc);
  EXPECT_EQ(parse_layout(""), Layout::none);
}

}  // namespace
}  // namespace turnstone
