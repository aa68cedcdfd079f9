#include "train/backbone.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "base/files.h"
#include "exchange/onnx/export.h"
#include "ops/ops.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

fs::path data_folder() {
  const char* given = std::getenv("TURNSTONE_DATA");
  return given ? fs::path(given) : fs::path(TURNSTONE_SOURCE_DIR) / "../shared/data";
}

class BackboneFile : public testing::Test {
 protected:
  BackboneFile() : folder_(*TemporaryFolder::make("backbone")) {}

  // A squeeze, as the gates of some nets have, then a 1x1 convolution and a pooling at the end; or
  // instead of the pooling the map itself, channels first as ONNX has maps.
  BackboneSettings write(bool pooled = true) {
    Graph graph(core_ops());
    const auto x = graph.input("picture", {DType::f32, {1, 8, 6, 3}});
    const std::vector<int64_t> places = {1, 2};
    const auto gate = graph.call("sigmoid", {graph.call("reduce_mean", {x}, {{"axes", places}})});
    const auto w = graph.constant(Tensor::filled(DType::f32, {5, 1, 1, 3}, 0.5));
    auto y = graph.call("conv", {graph.call("mul", {x, gate}), w});
    if (pooled) {
      y = graph.call("reduce_mean", {y}, {{"axes", places}});
      y = graph.call("affine", {y}, {{"scale", 2.0}});
    } else {
      y = graph.call("transpose", {y}, {{"axes", std::vector<int64_t>{0, 3, 1, 2}}});
    }
    graph.output("y", y);
    const auto status = graph.status();
    EXPECT_TRUE(status) << status.error().text;
    EXPECT_TRUE(write_file(folder_.path() / "net.onnx", *export_onnx(graph, "net")));
    return {folder_.path() / "net.onnx", "", ""};
  }

  TemporaryFolder folder_;
};

TEST_F(BackboneFile, IsCutAtItsLastGlobalPooling) {
  const auto backbone = read_backbone(write());
  ASSERT_TRUE(backbone) << backbone.error().text;
  EXPECT_EQ(backbone->features(), 5);
  EXPECT_EQ(backbone->graph.outputs()[0].name, "features");
  const auto ones = Tensor::filled(DType::f32, {1, 8, 6, 3}, 1);
  const auto features = evaluate(backbone->graph, std::span(&ones, 1));
  ASSERT_TRUE(features) << features.error().text;
  const double gate = 1 / (1 + std::exp(-1.0));
  EXPECT_NEAR((*features)[0].real_at(0), 1.5 * gate, 1e-5);
}

TEST_F(BackboneFile, TakesPicturesFromMinusOneToOneUnlessItSaysOtherwise) {
  auto settings = write();
  const auto plain = read_backbone(settings);
  ASSERT_TRUE(plain) << plain.error().text;
  EXPECT_EQ(plain->input.preprocess->fit, Fit::crop);
  EXPECT_THAT(plain->input.preprocess->mean, ElementsAre(127.5));
  EXPECT_THAT(plain->notes, Contains(HasSubstr("-1..1 is assumed")));
  settings.preprocess = "unit,fit=stretch";
  const auto told = read_backbone(settings);
  ASSERT_TRUE(told) << told.error().text;
  EXPECT_EQ(told->input.preprocess->fit, Fit::stretch);
  EXPECT_THAT(told->input.preprocess->mean, ElementsAre(0));
  EXPECT_THAT(told->notes, Not(Contains(HasSubstr("assumed"))));
}

TEST_F(BackboneFile, AsksForATapWhereThereIsNoPooling) {
  auto settings = write();
  Graph graph(core_ops());
  graph.output("y", graph.call("affine", {graph.input("x", {DType::f32, {1, 8, 6, 3}})}));
  ASSERT_TRUE(write_file(settings.file, *export_onnx(graph, "net")));
  const auto none = read_backbone(settings);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::missing);
  EXPECT_THAT(none.error().text, HasSubstr("give the value to cut at with --tap"));
}

TEST_F(BackboneFile, AveragesAMapThatTheTapNames) {
  auto settings = write(false);
  settings.tap = "y";
  const auto backbone = read_backbone(settings);
  ASSERT_TRUE(backbone) << backbone.error().text;
  EXPECT_EQ(backbone->features(), 5);
  EXPECT_THAT(backbone->cut, HasSubstr("'y'"));
}

TEST(QuantisedBackbone, BecomesFloatWithTheRangeOfItsIntegers) {
  const auto file = data_folder() / "models/tf2_mobilenet_v2_1.0_224_ptq.tflite";
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not there, give its folder by TURNSTONE_DATA";
  const auto backbone = read_backbone({file, "", ""});
  ASSERT_TRUE(backbone) << backbone.error().text;
  EXPECT_EQ(backbone->features(), 1280);
  EXPECT_EQ(backbone->input.dtype, DType::f32);
  EXPECT_THAT(backbone->input.preprocess->mean, ElementsAre(127));
  EXPECT_NEAR(backbone->input.preprocess->scale[0], 1 / 127.5, 1e-6);
  for (const auto* made : backbone->graph.live_calls())
    for (const auto value : made->out) EXPECT_EQ(backbone->graph.type(value).dtype, DType::f32);
}

}  // namespace
}  // namespace turnstone
