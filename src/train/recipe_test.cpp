// The recipe from pictures to a compiled package, on pictures and a backbone made here.
#include "train/recipe.h"

#include <gmock/gmock.h>

#include <random>

#include "base/files.h"
#include "base/text.h"
#include "exchange/onnx/export.h"
#include "media/image.h"
#include "media/picture.h"
#include "ops/ops.h"
#include "tensor/npy.h"
#include "train/compiled_model.h"
#include "vision/preprocess.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

const fs::path compiler = fs::path(TURNSTONE_BINARY_DIR) / "bin/turnstone-compiler";
constexpr int per_part = 6;  // pictures

// Noise; pictures of class 1 have a bright square somewhere.
Image picture(int label, uint32_t seed) {
  std::mt19937 random(seed);
  auto image = *make_image(PixelFormat::rgb, 48, 40);
  const int left = static_cast<int>(random() % 20), top = static_cast<int>(random() % 16);
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width() * 3; ++x) {
      const bool inside = x / 3 >= left && x / 3 < left + 24 && y >= top && y < top + 20;
      image.row(y)[x] = static_cast<uint8_t>(random() % 100 + (label && inside ? 130 : 0));
    }
  return image;
}

// Ten parts of six pictures each, five of every class; returns the manifest's path.
fs::path write_pictures(const fs::path& folder, const std::string& broken = "none") {
  std::string lines;
  for (int part = 0; part < 10; ++part)
    for (int i = 0; i < per_part; ++i) {
      const auto name = fmt::format("part{}_{}.png", part, i);
      const int label = part % 2;
      auto written =
          write_png(folder / name, picture(label, static_cast<uint32_t>(part * 10 + i)).frame());
      if (broken == "all" || (broken == "some" && i == 0))
        written = write_file(folder / name, std::string_view("no picture"));
      EXPECT_TRUE(written);
      lines += fmt::format(
          "{{\"source-ref\": \"{}\", \"check\": {}, \"check-metadata\": {{\"class-name\": \"{}\", "
          "\"type\": \"groundtruth/image-classification\"}}, \"part\": {}}}\n",
          name, label, label ? "square" : "plain", part);
    }
  EXPECT_TRUE(write_file(folder / "parts.manifest", lines));
  return folder / "parts.manifest";
}

Tensor noise(Shape shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.4F);
  Tensor tensor(DType::f32, std::move(shape));
  for (auto& x : tensor.mutable_as<float>()) x = normal(random);
  return tensor;
}

// Two convolutions, a pooling over all places, and a classifier of its own that is to be cut off.
// With weights that are `larger` times larger nothing keeps the numbers small.
fs::path write_backbone(const fs::path& folder, float larger = 1) {
  Graph graph(core_ops());
  const std::vector<int64_t> half = {2, 2}, around = {0, 0, 1, 1};
  auto x = graph.input("picture", {DType::f32, {1, 32, 32, 3}});
  for (const int64_t channels : {8, 12}) {
    const auto from = graph.shape(x)[3];
    auto weights = noise({channels, 3, 3, from}, static_cast<uint32_t>(channels));
    for (auto& weight : weights.mutable_as<float>()) weight *= larger;
    const auto w = graph.constant(std::move(weights));
    x = graph.call("conv", {x, w}, {{"strides", half}, {"pads", around}});
    if (larger == 1) x = graph.call("clamp", {x}, {{"low", 0.0}, {"high", 6.0}});
  }
  x = graph.call("reduce_mean", {x}, {{"axes", std::vector<int64_t>{1, 2}}});
  x = graph.call("reshape", {x}, {{"shape", std::vector<int64_t>{1, 12}}});
  x = graph.call("matmul", {x, graph.constant(noise({12, 5}, 3))});
  graph.output("logits", x);
  const auto status = graph.status();
  EXPECT_TRUE(status) << status.error().text;
  const auto onnx = export_onnx(graph, "tiny");
  EXPECT_TRUE(onnx) << onnx.error().text;
  EXPECT_TRUE(write_file(folder / "tiny.onnx", *onnx));
  return folder / "tiny.onnx";
}

class HeadRecipe : public testing::Test {
 protected:
  HeadRecipe() : folder_(*TemporaryFolder::make("recipe")) {}

  fs::path path(std::string_view name) const { return folder_.path() / name; }

  RecipeSettings settings() {
    RecipeSettings settings;
    settings.data = {write_pictures(folder_.path())};
    settings.backbone.file = write_backbone(folder_.path());
    settings.split = {"part", 0.4, 3};
    settings.head.epochs = 60;
    settings.folder = path("model");
    settings.compiler = compiler;
    settings.quiet = true;
    return settings;
  }

  std::string error_of(const RecipeSettings& settings) {
    const auto done = run_head_recipe(settings);
    return done ? "done" : done.error().text;
  }

  TemporaryFolder folder_;
};

std::vector<Json> lines_of(const fs::path& path) {
  std::vector<Json> lines;
  for (const auto& line : split(*read_text(path), '\n'))
    if (!line.empty()) lines.push_back(*parse_json(line));
  return lines;
}

TEST_F(HeadRecipe, LearnsAndTellsHowGoodItIs) {
  const auto metrics = run_head_recipe(settings());
  ASSERT_TRUE(metrics) << metrics.error().text;
  EXPECT_GE((*metrics)["val"]["accuracy"]["value"].get<double>(), 0.9);
  EXPECT_EQ((*metrics)["train"]["pictures"].get<int>() + (*metrics)["val"]["pictures"].get<int>(),
            10 * per_part);
  EXPECT_TRUE((*metrics)["held_out"].is_null());
  EXPECT_EQ(*read_json(path("model/metrics.json")), *metrics);
  for (const auto* name : {"config.json", "split.json", "history.json", "training.png",
                           "confusion.png", "model.onnx", "model.json", "predictions.jsonl"})
    EXPECT_TRUE(fs::exists(path("model") / name)) << name;
  const auto curves = read_picture(path("model/training.png"));
  EXPECT_TRUE(curves) << curves.error().text;
}

TEST_F(HeadRecipe, DeployedEqualsTrained) {
  const auto done = run_head_recipe(settings());
  ASSERT_TRUE(done) << done.error().text;
  const auto compiled =
      compile_onnx(compiler, *read_text(path("model/model.onnx")), path("package"));
  ASSERT_TRUE(compiled) << compiled.error().text;
  const auto info = read_model(path("package/model.json"));
  ASSERT_TRUE(info) << info.error().text;
  EXPECT_EQ(info->labels, (std::vector<std::string>{"plain", "square"}));
  auto model = CompiledModel::open(path("package"));
  ASSERT_TRUE(model) << model.error().text;
  auto preprocessor = make_preprocessor(info->inputs[0]);
  ASSERT_TRUE(preprocessor) << preprocessor.error().text;
  const auto lines = lines_of(path("model/predictions.jsonl"));
  ASSERT_EQ(lines.size(), size_t{10 * per_part});
  for (const auto& line : lines) {
    const auto frame = read_picture(line["picture"].get<std::string>());
    ASSERT_TRUE(preprocessor->run(*frame, 0, model->input().data()));
    const auto scores = model->run();
    ASSERT_TRUE(scores);
    for (size_t k = 0; k < 2; ++k)
      EXPECT_NEAR((*scores)[k], line["scores"][k].get<double>(), 1e-4) << line["picture"];
  }
}

TEST_F(HeadRecipe, TestsOnWhatTheConditionsLeaveOutGroupByGroup) {
  auto some = settings();
  some.where = {{"part", {"0", "1", "2", "3"}}};
  some.split = {"part", {}, 0};
  const auto metrics = run_head_recipe(some);
  ASSERT_TRUE(metrics) << metrics.error().text;
  EXPECT_TRUE((*metrics)["val"].is_null());
  EXPECT_EQ((*metrics)["train"]["pictures"], 4 * per_part);
  const auto& groups = (*metrics)["held_out"]["groups"];
  EXPECT_EQ(groups.size(), 6U);
  EXPECT_EQ(groups["9"]["of"], per_part);
}

TEST_F(HeadRecipe, GivesTheSameModelForTheSameSeed) {
  auto once = settings();
  ASSERT_EQ(error_of(once), "done");
  const auto first = *read_text(path("model/model.onnx"));
  ASSERT_EQ(error_of(once), "done");
  EXPECT_EQ(*read_text(path("model/model.onnx")), first);
}

TEST_F(HeadRecipe, LeavesUnreadablePicturesOutAndCountsThem) {
  auto some = settings();
  some.data = {write_pictures(folder_.path(), "some")};
  const auto metrics = run_head_recipe(some);
  ASSERT_TRUE(metrics) << metrics.error().text;
  EXPECT_EQ((*metrics)["unreadable"], 10);
}

TEST_F(HeadRecipe, FailsWhenMostPicturesAreUnreadable) {
  auto some = settings();
  some.data = {write_pictures(folder_.path(), "all")};
  EXPECT_THAT(error_of(some), StartsWith("60 of 60 pictures cannot be read, the first: "));
}

TEST_F(HeadRecipe, NamesThePictureWhoseFeaturesAreNotFinite) {
  auto some = settings();
  some.backbone.file = write_backbone(folder_.path(), 1e30F);
  EXPECT_THAT(error_of(some), testing::ContainsRegex("part._.*png: feature [0-9]+ is -?(nan|inf)"));
}

TEST_F(HeadRecipe, ReplacesNothingButAnEarlierTraining) {
  auto some = settings();
  ASSERT_TRUE(make_folder(path("model")));
  ASSERT_TRUE(write_file(path("model/mine.txt"), "x"));
  EXPECT_THAT(error_of(some), testing::HasSubstr("holds other things than a training"));
  ASSERT_TRUE(write_file(path("model/metrics.json"), "{}"));
  std::filesystem::rename(some.backbone.file, path("model/model.onnx"));
  some.backbone.file = path("model/model.onnx");
  EXPECT_THAT(error_of(some), testing::HasSubstr("model.onnx: is the backbone"));
  EXPECT_TRUE(fs::exists(path("model/mine.txt")));
}

TEST_F(HeadRecipe, KeepsTheModelWhenADrawingCannotBeMade) {
  const auto some = settings();
  ASSERT_TRUE(make_folder(path("model/confusion.png")));
  ASSERT_TRUE(write_file(path("model/metrics.json"), "{}"));
  EXPECT_EQ(error_of(some), "done");
  EXPECT_TRUE(fs::exists(path("model/model.onnx")));
  EXPECT_TRUE(fs::exists(path("model/metrics.json")));
}

TEST_F(HeadRecipe, LearnsFromNumPyFiles) {
  auto some = settings();
  Tensor pictures(DType::u8, {20, 40, 48, 3}), labels(DType::i64, {20});
  for (int64_t i = 0; i < 20; ++i) {
    labels.set_integer(i, i % 2);
    const auto image = picture(static_cast<int>(i % 2), static_cast<uint32_t>(i));
    for (int y = 0; y < 40; ++y)
      std::copy_n(image.row(y), 48 * 3,
                  pictures.mutable_as<uint8_t>().begin() + (i * 40 + y) * 48 * 3);
  }
  ASSERT_TRUE(write_npy(path("data.npy"), pictures));
  ASSERT_TRUE(write_npy(path("labels.npy"), labels));
  some.data = {path("data.npy")};
  some.split = {"", {}, 0};
  const auto metrics = run_head_recipe(some);
  ASSERT_TRUE(metrics) << metrics.error().text;
  EXPECT_EQ((*metrics)["labels"], Json({"Pass", "Fail"}));
  EXPECT_GE((*metrics)["train"]["accuracy"]["value"].get<double>(), 0.9);
}

TEST_F(HeadRecipe, EndsWhenItIsStopped) {
  auto some = settings();
  some.stopped = [] { return true; };
  const auto stopped = run_head_recipe(some);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::cancelled);
  EXPECT_FALSE(fs::exists(path("model")));
}

TEST_F(HeadRecipe, NamesAClassWithoutAPictureToTrainOn) {
  auto some = settings();
  some.where = {{"part", {"0", "2"}}};
  some.split.val = {};
  EXPECT_EQ(error_of(some), "data: no picture to train on is of the class 'square'");
}

TEST_F(HeadRecipe, NamesAGroupFieldThatIsMissing) {
  auto some = settings();
  some.split.group = "stop";
  EXPECT_THAT(error_of(some), HasSubstr("parts.manifest:1: has no field 'stop', there are"));
}

TEST_F(HeadRecipe, NamesAnEmptyManifest) {
  auto some = settings();
  ASSERT_TRUE(write_file(path("empty.manifest"), std::string_view("\n")));
  some.data = {path("empty.manifest")};
  EXPECT_THAT(error_of(some), HasSubstr("holds no picture"));
}

TEST_F(HeadRecipe, NamesATapThatIsMissing) {
  auto some = settings();
  some.backbone.tap = "block_13";
  EXPECT_THAT(error_of(some), HasSubstr("'block_13'"));
}

}  // namespace
}  // namespace turnstone
