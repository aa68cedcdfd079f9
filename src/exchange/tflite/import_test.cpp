#include "exchange/tflite/import.h"

#include <flatbuffers/flexbuffers.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "exchange/tflite/testing.h"
#include "ir/text.h"

namespace turnstone {
namespace {

using tflite::FileMaker;
using Made = FileMaker::Made;

constexpr auto f32 = fbs::TensorType_FLOAT32;
constexpr auto i8 = fbs::TensorType_INT8;
constexpr auto u8 = fbs::TensorType_UINT8;
constexpr auto i32 = fbs::TensorType_INT32;

std::string problem(const std::string& file, const ImportOptions& options = {}) {
  const auto model = import_tflite(file, options);
  return model ? "no error" : model.error().text;
}

std::vector<double> run(const std::string& file, const std::vector<Tensor>& in) {
  const auto model = import_tflite(file);
  if (!model) ADD_FAILURE() << model.error().text;
  if (!model) return {};
  const auto out = evaluate(model->graph, in);
  if (!out) ADD_FAILURE() << out.error().text;
  if (!out) return {};
  std::vector<double> values;
  for (int64_t i = 0; i < (*out)[0].size(); ++i) values.push_back((*out)[0].real_at(i));
  return values;
}

// y = relu6(conv(x, w) + bias), stride 2, SAME.
std::string convolution(const std::vector<int32_t>& weights = {1, 3, 3, 2}) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {1, 5, 5, 2}});
  const auto w = m.constant<float>("w", {f32, weights}, std::vector<float>(18, 0.5));
  const auto bias = m.constant<float>("bias", {f32, {1}}, {-1});
  const auto y = m.tensor("y", {f32, {1, 3, 3, 1}});
  const auto options = fbs::CreateConv2DOptions(m.builder(), fbs::Padding_SAME, 2, 2,
                                                fbs::ActivationFunctionType_RELU6);
  m.op(fbs::BuiltinOperator_CONV_2D, {x, w, bias}, {y}, fbs::BuiltinOptions_Conv2DOptions,
       options.Union());
  return m.finish({x}, {y});
}

TEST(ImportTflite, ConvolutionIsWiredFromCoreOperators) {
  const auto model = import_tflite(convolution());
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_EQ(print(model->graph, 2),
            "graph(x: f32[1,5,5,2]) {\n"
            "  c0 = f32[1,3,3,2] {...}\n"
            "  v0 = conv(x, c0, strides=[2,2], pads=[1,1,1,1])  # f32[1,3,3,1]\n"
            "  v1 = add(v0, f32[1] [-1])  # f32[1,3,3,1]\n"
            "  v2 = clamp(v1, low=0.0, high=6.0)  # f32[1,3,3,1]\n"
            "  y: v2\n"
            "}\n");
  EXPECT_EQ(model->input_layouts, std::vector<std::string>{"NHWC"});
}

TEST(ImportTflite, ConvolutionCountsOnlyWhatLiesInside) {
  const auto y = run(convolution(), {Tensor::filled(DType::f32, {1, 5, 5, 2}, 1)});
  EXPECT_THAT(y, testing::ElementsAre(3, 5, 3, 5, 6, 5, 3, 5, 3));
}

TEST(ImportTflite, DepthwiseWeightsHaveTheirChannelsLast) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {1, 1, 2, 2}});
  const auto w = m.constant<float>("w", {f32, {1, 1, 1, 4}}, {1, 10, 100, 1000});
  const auto y = m.tensor("y", {f32, {1, 1, 2, 4}});
  const auto options = fbs::CreateDepthwiseConv2DOptions(m.builder(), fbs::Padding_VALID, 1, 1, 2);
  m.op(fbs::BuiltinOperator_DEPTHWISE_CONV_2D, {x, w}, {y},
       fbs::BuiltinOptions_DepthwiseConv2DOptions, options.Union());
  const auto values =
      run(m.finish({x}, {y}), {Tensor::of<float>({1, 1, 2, 2}, std::vector<float>{1, 2, 3, 4})});
  EXPECT_THAT(values, testing::ElementsAre(1, 10, 200, 2000, 3, 30, 400, 4000));
}

TEST(ImportTflite, QuantisedFullyConnectedStaysInIntegers) {
  FileMaker m;
  const auto x = m.tensor("x", {i8, {1, 2}, {0.5}, {-1}});
  const auto w = m.constant<int8_t>("w", {i8, {2, 2}, {0.25}, {0}}, {2, 4, -6, 8});
  const auto bias = m.constant<int32_t>("bias", {i32, {2}, {0.125}, {0}}, {8, -8});
  const auto y = m.tensor("y", {i8, {1, 2}, {1}, {3}});
  m.op(fbs::BuiltinOperator_FULLY_CONNECTED, {x, w, bias}, {y});
  const auto file = m.finish({x}, {y});
  const auto values = run(file, {Tensor::of<int8_t>({1, 2}, std::vector<int8_t>{9, 19})});
  // x = [5, 10], w = [[.5, 1], [-1.5, 2]], bias = [1, -1]: 13.5 and 11.5, halves away from zero
  EXPECT_THAT(values, testing::ElementsAre(17, 15));
  const auto model = import_tflite(file);
  EXPECT_EQ(model->graph.inputs()[0].quantisation, (Quantisation{0.5, -1}));
  EXPECT_EQ(model->graph.outputs()[0].quantisation, (Quantisation{1, 3}));
}

TEST(ImportTflite, SubtractionOfStoredNumbersUsesTheirScales) {
  FileMaker m;
  const auto a = m.tensor("a", {u8, {3}, {0.5}, {10}});
  const auto b = m.tensor("b", {u8, {3}, {0.25}, {20}});
  const auto y = m.tensor("y", {u8, {3}, {0.5}, {100}});
  m.op(fbs::BuiltinOperator_SUB, {a, b}, {y});
  const auto values =
      run(m.finish({a, b}, {y}), {Tensor::of<uint8_t>({3}, std::vector<uint8_t>{14, 10, 255}),
                                  Tensor::of<uint8_t>({3}, std::vector<uint8_t>{24, 28, 0})});
  EXPECT_THAT(values, testing::ElementsAre(102, 96, 255));
}

TEST(ImportTflite, LogisticOfBytesIsATable) {
  FileMaker m;
  const auto x = m.tensor("x", {i8, {3}, {0.1F}, {0}});
  const auto y = m.tensor("y", {i8, {3}, {1.0F / 256}, {-128}});
  m.op(fbs::BuiltinOperator_LOGISTIC, {x}, {y});
  const auto values =
      run(m.finish({x}, {y}), {Tensor::of<int8_t>({3}, std::vector<int8_t>{0, 10, -128})});
  EXPECT_THAT(values, testing::ElementsAre(0, 59, -128));
}

TEST(ImportTflite, HalfWeightsBehindDequantizeAreConstants) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {2}});
  const auto half = m.constant<uint16_t>("half", {fbs::TensorType_FLOAT16, {2}}, {0x3C00, 0xC000});
  const auto real = m.tensor("real", {f32, {2}});
  const auto y = m.tensor("y", {f32, {2}});
  m.op(fbs::BuiltinOperator_DEQUANTIZE, {half}, {real});
  m.op(fbs::BuiltinOperator_ADD, {x, real}, {y});
  const auto model = import_tflite(m.finish({x}, {y}));
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_THAT(print(model->graph), testing::HasSubstr("f32[2] [1 -2]"));
}

TEST(ImportTflite, TheSmallestIntegerHasAnIndex) {
  FileMaker m;
  const auto x = m.tensor("x", {i32, {3}});
  const auto axis = m.constant<int32_t>("axis", {i32, {}}, {0});
  const auto y = m.tensor("y", {i32, {}});
  m.op(fbs::BuiltinOperator_ARG_MIN, {x, axis}, {y});
  const auto values =
      run(m.finish({x}, {y}), {Tensor::of<int32_t>({3}, std::vector<int32_t>{5, INT32_MIN, -7})});
  EXPECT_THAT(values, testing::ElementsAre(1));
}

TEST(ImportTflite, SumsRefuseOperandsThatAreLeftOut) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {2}});
  const auto y = m.tensor("y", {f32, {2}});
  m.op(fbs::BuiltinOperator_ADD_N, {x, -1}, {y});
  EXPECT_EQ(problem(m.finish({x}, {y})), "operator 0 (ADD_N) 'y': operand 1 is left out");
}

TEST(ImportTflite, ResultsMayBeEmpty) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {0, 3}});
  const auto none = m.tensor("none", {f32, {0, 3}});
  const auto between = m.tensor("between", {f32, {0, 3}});
  const auto y = m.tensor("y", {f32, {0, 3}});
  m.op(fbs::BuiltinOperator_ABS, {x}, {between});
  m.op(fbs::BuiltinOperator_ADD, {between, none}, {y});
  const auto model = import_tflite(m.finish({x}, {y}));
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_EQ(print(model->graph),
            "graph(x: f32[0,3]) {\n"
            "  v0 = abs(x)  # f32[0,3]\n"
            "  v1 = add(v0, f32[0,3] [])  # f32[0,3]\n"
            "  y: v1\n"
            "}\n");
}

TEST(ImportTflite, EmptyResultsAreNotReadBeforeTheyAreComputed) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {0}});
  const auto late = m.tensor("late", {f32, {0}});
  const auto y = m.tensor("y", {f32, {0}});
  m.op(fbs::BuiltinOperator_ABS, {late}, {y});
  m.op(fbs::BuiltinOperator_ABS, {x}, {late});
  EXPECT_EQ(problem(m.finish({x}, {y})),
            "operator 0 (ABS) 'y': tensor 1 'late' is read before it is computed");
}

TEST(ImportTflite, StridedSliceFollowsItsMasks) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {2, 3, 4}});
  const auto begin = m.constant<int32_t>("begin", {i32, {3}}, {1, 0, 9});
  const auto end = m.constant<int32_t>("end", {i32, {3}}, {2, 0, 0});
  const auto strides = m.constant<int32_t>("strides", {i32, {3}}, {1, 1, -2});
  const auto y = m.tensor("y", {f32, {3, 2}});
  // x[1, ..., 9:0:-2]
  const auto options = fbs::CreateStridedSliceOptions(m.builder(), 0, 0, 2, 0, 1);
  m.op(fbs::BuiltinOperator_STRIDED_SLICE, {x, begin, end, strides}, {y},
       fbs::BuiltinOptions_StridedSliceOptions, options.Union());
  std::vector<float> numbers(24);
  for (size_t i = 0; i < 24; ++i) numbers[i] = static_cast<float>(i);
  EXPECT_THAT(run(m.finish({x}, {y}), {Tensor::of<float>({2, 3, 4}, numbers)}),
              testing::ElementsAre(15, 13, 19, 17, 23, 21));
}

TEST(ImportTflite, OpenExtentsAreBound) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {1, 4}, {}, {}, 0, {-1, 4}});
  const auto y = m.tensor("y", {f32, {1, 4}, {}, {}, 0, {-1, 4}});
  m.op(fbs::BuiltinOperator_RELU, {x}, {y});
  const auto file = m.finish({x}, {y});
  ImportOptions options;
  options.batch = 3;
  EXPECT_EQ(import_tflite(file, options)->graph.shape(Value{0}), (Shape{3, 4}));
  options.shapes["x"] = {7, 4};
  EXPECT_EQ(import_tflite(file, options)->graph.shape(Value{0}), (Shape{7, 4}));
  options.shapes["x"] = {7, 5};
  EXPECT_EQ(problem(file, options),
            "input 'x': shape [7,5] differs from the model's extent 4 at place 1");
  options.shapes.erase("x");
  options.shapes["z"] = {1};
  EXPECT_EQ(problem(file, options), "'z' is not an input, inputs: x");
}

TEST(ImportTflite, AllUnsupportedOperatorsAreListed) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {4}});
  const auto a = m.tensor("a", {f32, {4}});
  const auto b = m.tensor("b", {f32, {4}});
  const auto c = m.tensor("c", {f32, {4}});
  m.op(fbs::BuiltinOperator_CUSTOM, {x}, {a}, fbs::BuiltinOptions_NONE, 0, "Foo");
  m.op(fbs::BuiltinOperator_CUMSUM, {a}, {b});
  m.op(fbs::BuiltinOperator_CUSTOM, {b}, {c}, fbs::BuiltinOptions_NONE, 0, "Foo");
  EXPECT_EQ(problem(m.finish({x}, {c})),
            "2 operators are not supported: CUMSUM, 1 time, first operator 1; CUSTOM Foo, 2 times, "
            "first operator 0");
}

TEST(ImportTflite, UnreadOperatorsAreLeftOut) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {4}});
  const auto a = m.tensor("a", {f32, {4}});
  const auto y = m.tensor("y", {f32, {4}});
  m.op(fbs::BuiltinOperator_CUMSUM, {x}, {a});
  m.op(fbs::BuiltinOperator_ABS, {x}, {y});
  const auto model = import_tflite(m.finish({x}, {y}));
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_THAT(model->notes, testing::ElementsAre("1 operators that no output reads are left out"));
}

TEST(ImportTflite, IndependentProblemsAreToldTogether) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {4}});
  const auto a = m.tensor("a", {f32, {4}});
  const auto b = m.tensor("b", {f32, {4}});
  const auto y = m.tensor("y", {f32, {4}});
  m.op(fbs::BuiltinOperator_ABS, {x, x}, {a});
  m.op(fbs::BuiltinOperator_NEG, {-1}, {b});
  m.op(fbs::BuiltinOperator_ADD, {a, b}, {y});
  EXPECT_EQ(problem(m.finish({x}, {y})),
            "2 problems: operator 0 (ABS) 'a': 2 operands are given, wanted: 1; operator 1 (NEG) "
            "'b': operand 0 is left out");
}

TEST(ImportTflite, ACircleIsRefused) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {4}});
  const auto a = m.tensor("a", {f32, {4}});
  const auto b = m.tensor("b", {f32, {4}});
  m.op(fbs::BuiltinOperator_ADD, {x, b}, {a});
  m.op(fbs::BuiltinOperator_ABS, {a}, {b});
  EXPECT_EQ(problem(m.finish({x}, {b})),
            "operator 0 (ADD) 'a': tensor 2 'b' is read before it is computed");
}

TEST(ImportTflite, ATensorIsComputedOnce) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {4}});
  m.op(fbs::BuiltinOperator_ABS, {x}, {x});
  EXPECT_EQ(problem(m.finish({x}, {x})),
            "operator 0 (ABS) 'x': tensor 0 is computed twice, or is a constant or an input");
}

TEST(ImportTflite, BadNumbersAreNamed) {
  EXPECT_EQ(problem("nonsense"), "the file is not TFLite: the mark 'TFL3' is missing");
  EXPECT_EQ(problem(convolution({1, 3, 3, 1})),
            "operator 0 (CONV_2D) 'y': tensor 1 'w': the constant has 72 bytes, shape [1,3,3,1] of "
            "f32 needs 36");
  {
    FileMaker m;
    const auto x = m.tensor("x", {f32, {4}});
    EXPECT_EQ(problem(m.finish({x}, {7})), "outputs: tensor 7 does not exist, the file has 1");
  }
  {
    FileMaker m;
    const auto x = m.tensor("x", {f32, {-4}});
    EXPECT_THAT(problem(m.finish({x}, {x})), testing::StartsWith("tensor 0 'x': "));
  }
  {
    FileMaker m;
    const auto x = m.tensor("x", {f32, {1 << 30, 1 << 30, 1 << 30}});
    EXPECT_THAT(problem(m.finish({x}, {x})), testing::StartsWith("tensor 0 'x': "));
  }
  {
    FileMaker m;
    const auto x = m.tensor("x", {f32, {4}}, 9);
    EXPECT_EQ(problem(m.finish({x}, {x})), "tensor 0 'x': buffer 9 does not exist, the file has 1");
  }
  {
    FileMaker m;
    const auto x = m.tensor("x", {f32, {4}});
    EXPECT_EQ(problem(m.finish({x}, {x}, 2)), "format version 2 is not supported, supported: 3");
  }
  {
    FileMaker m;
    const auto x = m.tensor("x", {i8, {4}, {0}, {0}});
    const auto y = m.tensor("y", {i8, {4}, {1}, {0}});
    m.op(fbs::BuiltinOperator_LOGISTIC, {x}, {y});
    EXPECT_EQ(problem(m.finish({x}, {y})),
              "operator 0 (LOGISTIC) 'y': operand 0: scale 0 is not a positive number");
  }
}

TEST(ImportTflite, OptionsOfAnotherOperatorAreRefused) {
  FileMaker m;
  const auto x = m.tensor("x", {f32, {1, 2, 2, 1}});
  const auto y = m.tensor("y", {f32, {1, 2, 2, 1}});
  const auto options = fbs::CreateSoftmaxOptions(m.builder(), 1);
  m.op(fbs::BuiltinOperator_MAX_POOL_2D, {x}, {y}, fbs::BuiltinOptions_SoftmaxOptions,
       options.Union());
  EXPECT_EQ(problem(m.finish({x}, {y})),
            "operator 0 (MAX_POOL_2D) 'y': its options are those of another operator (kind 9)");
}

TEST(ImportTflite, EveryTruncationIsAnError) {
  const auto file = convolution();
  constexpr size_t padding = 3;  // the most that may follow the last text
  for (size_t size = 0; size + padding < file.size(); ++size)
    EXPECT_FALSE(import_tflite(file.substr(0, size))) << size;
}

TEST(ImportTflite, FlippedBitsGiveAModelOrAnError) {
  const auto file = convolution();
  std::mt19937 rng(1);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    auto damaged = file;
    for (int i = 0; i < 1 + round % 4; ++i)
      damaged[rng() % damaged.size()] ^= static_cast<char>(1U << rng() % 8);
    refused += !import_tflite(damaged);
  }
  EXPECT_GT(refused, 300);
}

struct DetectionMade {
  std::vector<int32_t> scores = {1, 2, 3};
  double classes = 2;
  double iou = 0.6;
  bool by_class = false;
  bool reads_result = false;
};

// A model that ends in the operator of detectors: y = boxes and scores, doubled, over two anchors.
std::string detector(const DetectionMade& made) {
  FileMaker m;
  flexbuffers::Builder options;
  options.Map([&] {
    options.Int("max_detections", 10);
    options.Int("max_classes_per_detection", 1);
    options.Double("num_classes", made.classes);
    options.Double("nms_iou_threshold", made.iou);
    options.Double("nms_score_threshold", 1e-8);
    options.Bool("use_regular_nms", made.by_class);
    options.Double("y_scale", 10);
    options.Double("x_scale", 8);
    options.Double("h_scale", 5);
    options.Double("w_scale", 4);
  });
  options.Finish();
  const auto x = m.tensor("x", {f32, {1, 2, 4}});
  const auto boxes = m.tensor("encoded", {f32, {1, 2, 4}});
  const auto scores = m.tensor("scores", {f32, made.scores});
  const auto anchors =
      m.constant<float>("anchors", {f32, {2, 4}}, {0.5, 0.25, 0.125, 1, 0.75, 0.5, 0.25, 0.5});
  std::vector<int32_t> out;
  for (const auto& [name, shape] : std::vector<std::pair<std::string, std::vector<int32_t>>>{
           {"found", {1, 10, 4}}, {"labels", {1, 10}}, {"best", {1, 10}}, {"count", {1}}})
    out.push_back(m.tensor(name, {f32, shape}));
  m.op(fbs::BuiltinOperator_ADD, {x, x}, {boxes});
  m.op(fbs::BuiltinOperator_CUSTOM, {boxes, scores, anchors}, out, fbs::BuiltinOptions_NONE, 0,
       "TFLite_Detection_PostProcess", options.GetBuffer());
  if (!made.reads_result) return m.finish({x, scores}, out);
  const auto negated = m.tensor("negated", {f32, {1, 10}});
  m.op(fbs::BuiltinOperator_NEG, {out[2]}, {negated});
  return m.finish({x, scores}, {out[0], out[1], negated});
}

TEST(ImportTflite, TheDetectionOperatorBecomesTheDecodersSettings) {
  const auto model = import_tflite(detector({}));
  ASSERT_TRUE(model) << model.error().text;
  EXPECT_EQ(print(model->graph),
            "graph(x: f32[1,2,4], scores: f32[1,2,3]) {\n"
            "  v0 = add(x, x)  # f32[1,2,4]\n"
            "  v1 = gather(v0, i64[4] [1 0 3 2], axis=2)  # f32[1,2,4]\n"
            "  encoded: v1, scores: scores\n}\n");
  EXPECT_EQ(model->metadata.at(std::string(model_json_key)),
            R"({"format":1,"task":"detection","outputs":[{"name":"boxes","role":"boxes"},)"
            R"({"name":"scores","role":"box_scores"}],"decoder":{"kind":"ssd","iou":0.6,"most":10,)"
            R"("agnostic":true,"anchors":{"boxes":[[0.25,0.5,1.0,0.125],[0.5,0.75,0.5,0.25]],)"
            R"("variances":[0.125,0.1,0.25,0.2]}},"background":0})");
}

TEST(ImportTflite, DetectorsWithoutABackgroundAndWithSuppressionByClass) {
  const auto model = import_tflite(detector({.classes = 3, .by_class = true}));
  ASSERT_TRUE(model) << model.error().text;
  const auto& json = model->metadata.at(std::string(model_json_key));
  EXPECT_THAT(json, testing::HasSubstr(R"("agnostic":false)"));
  EXPECT_THAT(json, testing::Not(testing::HasSubstr("background")));
}

TEST(ImportTflite, WrongDetectionOperatorsAreRefused) {
  const std::string name = "CUSTOM TFLite_Detection_PostProcess: ";
  EXPECT_EQ(problem(detector({.scores = {1, 3, 3}})),
            name + "boxes [1,2,4] and scores [1,3,3] do not fit 2 anchors");
  EXPECT_EQ(problem(detector({.classes = 7})),
            name + "it counts 7 classes, and there are scores of 3");
  EXPECT_EQ(problem(detector({.iou = 2})),
            name + "its option 'nms_iou_threshold' is 2, legal are 0..1");
  EXPECT_THAT(problem(detector({.reads_result = true})),
              testing::HasSubstr("CUSTOM TFLite_Detection_PostProcess"));
}

}  // namespace
}  // namespace turnstone
