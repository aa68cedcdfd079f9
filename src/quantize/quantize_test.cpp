#include "quantize/quantize.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "media/image.h"
#include "media/picture.h"
#include "quantize/sensitivity.h"
#include "quantize/testing.h"
#include "tensor/npy.h"

namespace turnstone::int8 {
namespace {

using testing::HasSubstr;

TEST(Sensitivity, LeavesNothingInRealsWhereNothingIsLost) {
  const auto chosen = choose_layers({1, 0, 2}, 0.4, 0.5, [](const Chosen&) -> Result<double> {
    ADD_FAILURE() << "nothing is to be tried";
    return 0;
  });
  EXPECT_EQ(*chosen, (Chosen{1, 1, 1}));
}

TEST(Sensitivity, FindsTheFewestOfTheWorst) {
  // Layers 3 and 1 lose 5 % each, all others nothing.
  const auto loss = [](const Chosen& chosen) -> Result<double> {
    return 5.0 * chosen[3] + 5.0 * chosen[1];
  };
  const auto order = worst_first({40, 8, 30, 2, 50});
  EXPECT_EQ(order, (std::vector<size_t>{3, 1, 2, 0, 4}));
  EXPECT_EQ(*choose_layers(order, 10, 0.5, loss), (Chosen{1, 0, 1, 0, 1}));
  EXPECT_EQ(*choose_layers(order, 10, 5, loss), (Chosen{1, 1, 1, 0, 1}));
}

TEST(Sensitivity, MayLeaveAllInReals) {
  const auto loss = [](const Chosen&) -> Result<double> { return 1; };
  EXPECT_EQ(*choose_layers({0, 1}, 1, 0.5, loss), (Chosen{0, 0}));
}

class Quantize : public testing::Test {
 protected:
  void SetUp() override {
    input_.name = "x";
    input_.shape = {1, 6, 6, 3};
    input_.layout = Layout::nhwc;
    settings_.quiet = true;
    settings_.pictures = {folder_.path()};
    settings_.classes = 0;
  }
  void write_tensors(int count, const Shape& shape = {1, 6, 6, 3}) const {
    std::mt19937 random(7);
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(
          write_npy(folder_.path() / fmt::format("{}.npy", i), random_tensor(shape, random)));
  }
  std::string error(const Graph& graph) const {
    const auto made = quantize(graph, input_, make_interpreted_run, settings_);
    return made ? "no error" : made.error().text;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-quantize");
  ModelInput input_;
  QuantizeSettings settings_;
};

TEST_F(Quantize, KeepsWhatTheModelSays) {
  write_tensors(40);
  settings_.max_drop_percent = 10;
  const auto made = quantize(small_net(), input_, make_interpreted_run, settings_);
  ASSERT_TRUE(made) << made.error().text;
  ASSERT_TRUE(verify(made->graph));
  EXPECT_EQ(made->report["calibration_pictures"], 20);
  EXPECT_EQ(made->report["held_back_pictures"], 20);
  EXPECT_EQ(made->report["integer_layers"], 5);
  EXPECT_GE(made->report["result"]["agreeing"], 18);
  EXPECT_LT(made->report["result"]["relative_error"], 0.05);
  EXPECT_EQ(made->report["layers"][0]["layer"], "1 conv 3x3, 3 to 8, [1,6,6,8]");
  EXPECT_GT(made->report["layers"][0]["snr_db"], 25);
}

// The first layer's values are tiny but for one that is seldom huge, so that integers of 8 bits
// hold nothing else.
TEST_F(Quantize, LeavesThePlantedBadLayerInReals) {
  write_tensors(24, {1, 1, 1, 2});
  input_.shape = {1, 1, 1, 2};
  const auto graph = graph_of(R"(graph(x: f32[1,1,1,2]) {
    a = clamp(add(conv(x, f32[2,1,1,2] [1 0.5  0.25 1]), f32[2] [3 3]), low=0.0)
    b = conv(a, f32[3,1,1,2] [1 0.2  0.1 1  0 0])
    huge = add(b, f32[3] [0 0 10000])
    c = conv(huge, f32[2,1,1,3] [1 0 0  0 1 0])
    "y": add(conv(clamp(c, low=0.0, high=100.0), f32[2,1,1,2] [1 0  0 1]), f32[2] [0 0])
  })");
  settings_.range = RangeMethod::minmax;
  settings_.max_drop_percent = 2;
  settings_.classes.reset();
  const auto made = quantize(graph, input_, make_interpreted_run, settings_);
  ASSERT_TRUE(made) << made.error().text;
  const auto& layers = made->report["layers"];
  ASSERT_EQ(layers.size(), 4u);
  EXPECT_FALSE(layers[2]["integers"].get<bool>()) << print_json_pretty(made->report);
  EXPECT_EQ(made->report["integer_layers"], 3) << print_json_pretty(made->report);
  EXPECT_GT(made->report["all_integers"]["drop_percent"], 10);
  EXPECT_LE(made->report["result"]["drop_percent"], 2);
}

TEST_F(Quantize, SaysThatABoundCannotBeKept) {
  write_tensors(4);
  settings_.classes.reset();
  settings_.max_drop_percent = 0;
  EXPECT_THAT(error(small_net()), HasSubstr("every layer in integers loses more than 0 %"));
}

TEST_F(Quantize, WantsTwoPictures) {
  EXPECT_THAT(error(small_net()), HasSubstr("holds no picture, legal are .jpg, .jpeg, .png"));
  write_tensors(1);
  EXPECT_EQ(error(small_net()), "1 of 1 pictures can be read, wanted: 2 or more");
  settings_.pictures = {folder_.path() / "none"};
  EXPECT_THAT(error(small_net()), HasSubstr("none: is not there"));
}

TEST_F(Quantize, LeavesOutPicturesThatCannotBeRead) {
  write_tensors(6);
  ASSERT_TRUE(write_file(folder_.path() / "7.npy", "no tensor"));
  ASSERT_TRUE(write_npy(folder_.path() / "8.npy", Tensor(DType::f32, {2, 2})));
  settings_.max_drop_percent = 100;
  const auto made = quantize(small_net(), input_, make_interpreted_run, settings_);
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(made->report["unreadable"].size(), 2u);
  EXPECT_THAT(print_json(made->report["unreadable"]),
              HasSubstr("8.npy: is f32[2,2], wanted: f32[1,6,6,3]"));
}

TEST_F(Quantize, ReadsPicturesAsTheModelWantsThem) {
  for (int i = 0; i < 4; ++i) {
    auto picture = *make_image(PixelFormat::rgb, 12, 12);
    for (int y = 0; y < 12; ++y)
      for (int k = 0; k < 36; ++k) picture.row(y)[k] = static_cast<uint8_t>(i * 60 + y + k);
    ASSERT_TRUE(write_png(folder_.path() / fmt::format("{}.png", i), picture.frame()));
  }
  EXPECT_THAT(error(small_net()), HasSubstr("nobody said how pictures become input 'x', say it"));
  input_.preprocess = *parse_preprocess_spec("signed");
  settings_.max_drop_percent = 100;
  EXPECT_EQ(error(small_net()), "no error");
}

TEST_F(Quantize, TellsWhichPictureMakesValuesThatAreNoNumbers) {
  write_tensors(3);
  ASSERT_TRUE(write_npy(folder_.path() / "nan.npy", Tensor::filled(DType::f32, {1, 6, 6, 3}, NAN)));
  settings_.held_back = 0.01;
  settings_.seed = 1;
  const auto text = error(small_net());
  EXPECT_THAT(text, HasSubstr("is infinite or no number"));
  EXPECT_THAT(text, HasSubstr("nan.npy: "));
}

TEST_F(Quantize, TakesValuesThatAreAlwaysZero) {
  write_tensors(4);
  const auto graph = graph_of(R"(graph(x: f32[1,6,6,3]) {
    a = clamp(add(conv(x, f32[2,1,1,3] [0 0 0  0 0 0]), f32[2] [-1 -2]), low=0.0)
    "y": conv(a, f32[2,1,1,2] [1 2  3 4])
  })");
  EXPECT_EQ(error(graph), "no error");
}

TEST_F(Quantize, RefusesWhatItCannotQuantise) {
  write_tensors(2);
  EXPECT_EQ(error(graph_of("graph(x: f32[1,6,6,3]) { \"y\": exp(x) }")),
            "no convolution and no matrix product with known weights is in it");
  EXPECT_EQ(error(graph_of("graph(x: f32[1,1,1,2]) {\n"
                           " q = cast(x, to=\"i8\")\n"
                           " \"y\": conv(q, i8[1,1,1,2] [1 2]) }")),
            "its convolutions and matrix products are in integers already");
  EXPECT_EQ(error(graph_of("graph(x: f32[1], y: f32[1]) { add(x, y) }")),
            "the model has 2 inputs, wanted: 1");
}

TEST_F(Quantize, StopsWhenThatIsWanted) {
  write_tensors(4);
  settings_.stopped = [] { return true; };
  EXPECT_EQ(error(small_net()), "interrupted");
}

TEST_F(Quantize, FailsAsTheRunFails) {
  write_tensors(4);
  const MakeRun broken = [](const Graph&) -> Result<int8::Run> {
    return fail(Code::unavailable, "no compiler");
  };
  const auto made = quantize(small_net(), input_, broken, settings_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::unavailable);
}

}  // namespace
}  // namespace turnstone::int8
