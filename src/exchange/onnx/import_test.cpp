#include "exchange/onnx/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exchange/onnx/export.h"
#include "exchange/onnx/proto.h"
#include "ir/text.h"
#include "ops/ops.h"
#include "tensor/compare.h"

namespace turnstone {
namespace {

using testing::HasSubstr;

OnnxPort port(std::string name, std::vector<OnnxExtent> shape, DType type = DType::f32) {
  return {.name = std::move(name), .dtype = type, .shape = std::move(shape)};
}

OnnxNode node(std::string op, std::vector<std::string> in, std::vector<std::string> out,
              std::string name = {}) {
  return {.op = std::move(op), .in = std::move(in), .out = std::move(out), .name = std::move(name)};
}

OnnxModel model(std::vector<OnnxNode> nodes) {
  return {.name = "m",
          .opset = 13,
          .nodes = std::move(nodes),
          .inputs = {port("x", {int64_t{1}, int64_t{2}})},
          .outputs = {port("y", {})}};
}

std::string error_of(const OnnxModel& file, const ImportOptions& options = {}) {
  const auto made = wire_onnx(file, options);
  return made ? "no error" : made.error().text;
}

TEST(ImportOnnx, ListsEveryOperatorThatIsMissing) {
  const auto file = model({node("Foo", {"x"}, {"a"}, "first"), node("Bar", {"a"}, {"b"}, "bar"),
                           node("Foo", {"b"}, {"y"}, "last")});
  EXPECT_EQ(error_of(file),
            "2 operators are not supported: Bar (opset 13), 1 time, first node 'bar' (Bar); "
            "Foo (opset 13), 2 times, first node 'first' (Foo)");
}

TEST(ImportOnnx, TellsIndependentProblemsTogether) {
  auto file = model({node("Reshape", {"x", "x"}, {"a"}, "r"), node("Relu", {"a"}, {"b"}),
                     node("Tile", {"x", "x"}, {"c"}, "t"), node("Add", {"b", "c"}, {"y"})});
  EXPECT_EQ(error_of(file),
            "2 problems: node 'r' (Reshape): the shape is computed at run time; "
            "node 't' (Tile): repeats is computed at run time");
}

TEST(ImportOnnx, SortsNodesThatStandInAnyOrder) {
  const auto made = wire_onnx(model({node("Neg", {"a"}, {"y"}), node("Relu", {"x"}, {"a"})}));
  ASSERT_TRUE(made) << made.error().text;
  const auto y = evaluate(made->graph, std::vector{*parse_tensor("f32[1,2] [-1 2]")});
  EXPECT_EQ(describe_mismatch((*y)[0], *parse_tensor("f32[1,2] [0 -2]"), {}), "");
}

TEST(ImportOnnx, RefusesNodesInACircle) {
  EXPECT_EQ(error_of(model({node("Neg", {"b"}, {"a"}, "n"), node("Neg", {"a"}, {"b"}, "m"),
                            node("Add", {"a", "x"}, {"y"})})),
            "node 'm' (Neg): it depends on its own result");
}

TEST(ImportOnnx, RefusesNamesDefinedNeverOrTwice) {
  EXPECT_EQ(error_of(model({node("Neg", {"z"}, {"y"}, "n")})),
            "node 'n' (Neg): value 'z' is not defined");
  EXPECT_EQ(error_of(model({node("Neg", {"x"}, {"y"}), node("Abs", {"x"}, {"y"}, "n")})),
            "node 'n' (Abs): value 'y' is defined twice");
}

TEST(ImportOnnx, RefusesOtherOpsets) {
  auto file = model({node("Neg", {"x"}, {"y"})});
  file.opset = 6;
  EXPECT_EQ(error_of(file), "opset 6 is not supported, supported: 7 to 22");
}

TEST(ImportOnnx, BindsAnOpenBatchToOne) {
  auto file = model({node("Neg", {"x"}, {"y"})});
  file.inputs = {port("x", {"batch", int64_t{3}})};
  const auto made = wire_onnx(file);
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(print(made->graph.shape(made->graph.inputs()[0].value)), "[1,3]");
}

TEST(ImportOnnx, AsksForOpenExtentsAndTakesThem) {
  auto file = model({node("Neg", {"x"}, {"y"})});
  file.inputs = {port("x", {"batch", "width"})};
  EXPECT_EQ(error_of(file), "input 'x': extent 1 is open, give it with --shape x=...");
  EXPECT_EQ(error_of(file, {.shapes = {{"x", {2, 5}}}}), "no error");
  EXPECT_EQ(error_of(file, {.shapes = {{"z", {2, 5}}}}),
            "2 problems: input 'x': extent 1 is open, give it with --shape x=...; 'z' is not an "
            "input, inputs: x");
}

TEST(ImportOnnx, FoldsTheShapeArithmeticOfExporters) {
  auto file = model({node("Shape", {"x"}, {"s"}), node("Gather", {"s", "last"}, {"n"}),
                     node("Concat", {"one", "n"}, {"to"}), node("Reshape", {"x", "to"}, {"y"})});
  file.nodes[2].attributes["axis"] = int64_t{0};
  file.initialisers = {{"last", *parse_tensor("i64[1] [-1]")},
                       {"one", *parse_tensor("i64[1] [-1]")}};
  file.inputs = {port("x", {int64_t{2}, int64_t{2}, int64_t{3}})};
  const auto made = wire_onnx(file);
  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(print(made->graph),
            "graph(x: f32[2,2,3]) {\n  v0 = reshape(x, shape=[4,3])  # f32[4,3]\n  y: v0\n}\n");
}

TEST(ImportOnnx, CutsTheModelAtAValue) {
  const auto file = model({node("Relu", {"x"}, {"a"}), node("Foo", {"a"}, {"y"})});
  const auto made = wire_onnx(file, {.shapes = {}, .tap = "a"});
  ASSERT_TRUE(made) << made.error().text;
  ASSERT_EQ(made->graph.outputs().size(), 1u);
  EXPECT_EQ(made->graph.outputs()[0].name, "a");
  ASSERT_EQ(made->values.size(), 1u);
  EXPECT_EQ(made->values[0].name, "a");
  EXPECT_EQ(error_of(file, {.shapes = {}, .tap = "b"}), "no value is called 'b', did you mean 'a'");
  EXPECT_EQ(error_of(file, {.shapes = {}, .tap = "features"}),
            "no value is called 'features', 'turnstone inspect --taps' lists them");
}

TEST(ImportOnnx, KeepsHalfFloatsAtTheModelsEdges) {
  auto file = model({node("Mul", {"x", "w"}, {"y"})});
  file.inputs = {port("x", {int64_t{2}}, DType::f16)};
  file.outputs = {port("y", {int64_t{2}}, DType::f16)};
  file.initialisers = {{"w", *parse_tensor("f16[1] [0.5]")}};
  const auto made = wire_onnx(file);
  ASSERT_TRUE(made) << made.error().text;
  const auto y = evaluate(made->graph, std::vector{*parse_tensor("f16[2] [1 3]")});
  EXPECT_EQ(print((*y)[0]), "f16[2] [0.5 1.5]");
}

TEST(ImportOnnx, RefusesWhatIsNotOnnx) {
  EXPECT_EQ(import_onnx("GIF89a").error().text, "neither ONNX nor TFLite, or cut short");
  const auto bytes = *print_onnx(model({node("Neg", {"x"}, {"y"})}));
  for (size_t size = 1; size < bytes.size(); ++size)
    EXPECT_FALSE(import_onnx(std::string_view(bytes).substr(0, size))) << size;
}

TEST(ImportOnnx, RefusesFieldsThatItDoesNotKnow) {
  const auto bytes = *print_onnx(model({node("Neg", {"x"}, {"y"})})) + "\xc8\x06\x01";
  EXPECT_EQ(import_onnx(bytes).error().text,
            "field 105 of ModelProto is unknown: the file is newer than ONNX IR version 8, or "
            "damaged");
}

TEST(ImportOnnx, RefusesALastingChainOfDoublings) {
  std::vector<OnnxNode> nodes;
  for (int i = 0; i < 60; ++i) {
    nodes.push_back(node("Concat", {fmt::format("w{}", i), fmt::format("w{}", i)},
                         {fmt::format("w{}", i + 1)}));
    nodes.back().attributes["axis"] = int64_t{0};
  }
  nodes.push_back(node("Add", {"x", "w60"}, {"y"}));
  auto file = model(std::move(nodes));
  file.initialisers = {{"w0", *parse_tensor("f32[2] [1 2]")}};
  EXPECT_THAT(error_of(file, {.most_folded = 1 << 20}),
              HasSubstr("concat: the model computes too many constants"));
}

// The same numbers before and behind a way through an ONNX file.
void expect_round_trip(std::string_view text, const std::vector<std::string>& inputs) {
  const auto graph = parse_graph(text, core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto bytes = export_onnx(*graph, "trip", {{"turnstone.model", "{}"}});
  ASSERT_TRUE(bytes) << bytes.error().text;
  const auto back = import_onnx(*bytes);
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(back->metadata.at("turnstone.model"), "{}");
  std::vector<Tensor> tensors;
  for (const auto& input : inputs) tensors.push_back(*parse_tensor(input));
  const auto before = evaluate(*graph, tensors);
  const auto behind = evaluate(back->graph, tensors);
  ASSERT_TRUE(before && behind);
  ASSERT_EQ(before->size(), behind->size());
  for (size_t i = 0; i < before->size(); ++i) {
    EXPECT_EQ(back->graph.outputs()[i].name, graph->outputs()[i].name);
    EXPECT_EQ(describe_mismatch((*behind)[i], (*before)[i], {1e-6, 1e-6}), "");
  }
}

TEST(ExportOnnx, WritesPicturesThatComeBackTheSame) {
  expect_round_trip(R"(graph(x: f32[1,2,2,1]) {
    w = f32[2,1,1,1] [2 -3]
    a = add(conv(x, w), f32[2] [1 10])
    b = clamp(mul(a, f32[2] [0.5 2]), low=0.0, high=6.0)
    c = concat(pad(b, low=[0,0,0,1], high=[0,0,0,0], value=2.0), a, axis=-1)
    "scores": reduce_mean(c, axes=[1,2]), "map": c
  })",
                    {"f32[1,2,2,1] [1 -2 3 0.5]"});
}

TEST(ExportOnnx, WritesMovesAndArithmeticThatComeBackTheSame) {
  expect_round_trip(R"(graph(x: f32[2,3], y: f32[3]) {
    a = affine(sub(x, y), scale=2.0, shift=1.0)
    b = slice(a, starts=[1,2], extents=[2,3], steps=[-1,-1])
    c = matmul(b, transpose(x, axes=[1,0]))
    "v0": softmax(c), select(less(a, y), a, broadcast(y, shape=[2,3]))
  })",
                    {"f32[2,3] [1 2 3 -4 5 -6]", "f32[3] [0.5 0 -2]"});
}

TEST(ExportOnnx, LimitsOutsideATypeLimitNothing) {
  expect_round_trip(R"(graph(x: u8[3], y: i8[3]) {
    "a": clamp(x, low=-5.0, high=300.0), "b": clamp(y, low=-1000.0, high=100.0)
  })",
                    {"u8[3] [0 100 255]", "i8[3] [-128 0 127]"});
}

TEST(ExportOnnx, WritesIntegersThatStandForReals) {
  const auto graph = parse_graph(R"(graph(x: f32[1,2,2,1]) {
    q = quantize(x, scale=0.5, zero=3, to="u8")
    w = dequantize(i8[2,1,1,1] [5 -7], f32[2] [0.1 0.2], i32[2] [0 0], axis=0)
    bias = dequantize(i32[2] [50 60], f32[2] [0.05 0.1], i32[2] [0 0], axis=0)
    y = add(conv(dequantize(q, f32[1] [0.5], i32[1] [3]), w), bias)
    "y": dequantize(quantize(y, scale=0.25, to="i8"), f32[1] [0.25], i32[1] [0])
  })",
                                 core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto file = parse_onnx(*export_onnx(*graph, "g"));
  ASSERT_TRUE(file) << file.error().text;
  std::vector<std::string> ops;
  for (const auto& node : file->nodes) ops.push_back(node.op);
  EXPECT_THAT(ops, testing::ElementsAre("QuantizeLinear", "DequantizeLinear", "DequantizeLinear",
                                        "DequantizeLinear", "Transpose", "Conv", "QuantizeLinear",
                                        "DequantizeLinear", "Transpose"));
  const auto& weights = file->nodes[1];
  EXPECT_EQ(std::get<int64_t>(weights.attributes.at("axis")), 0);
  EXPECT_EQ(print(file->initialisers.at(weights.in[0])), "i8[2,1,1,1] [5 -7]");
  EXPECT_EQ(file->nodes[5].in.size(), 3u) << "the bias is the convolution's";
  EXPECT_EQ(print(file->initialisers.at(file->nodes[0].in[2])), "u8[] [3]");
}

TEST(ExportOnnx, ABiasThatComesBehindItsConvolutionIsAdded) {
  const auto graph = parse_graph(R"(graph(x: f32[1,2,2,1]) {
    y = conv(x, f32[2,1,1,1] [5 -7])
    "y": add(y, dequantize(i32[2] [50 60], f32[2] [0.05 0.1], i32[2] [0 0], axis=0))
  })",
                                 core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto file = parse_onnx(*export_onnx(*graph, "g"));
  ASSERT_TRUE(file) << file.error().text;
  const auto conv = std::ranges::find(file->nodes, "Conv", &OnnxNode::op);
  EXPECT_EQ(conv->in.size(), 2u);
}

TEST(ExportOnnx, RefusesIntegersThatOnnxDoesNotHold) {
  const auto graph =
      parse_graph("graph(x: f32[2]) { quantize(x, scale=0.5, to=\"i16\") }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  EXPECT_THAT(export_onnx(*graph, "g").error().text,
              HasSubstr("quantize: the result is i16[2], wanted: i8 or u8"));
}

TEST(ExportOnnx, RefusesAnAverageOfPlacesApart) {
  const auto graph = parse_graph(
      "graph(x: f32[1,4,4,1]) { average_pool(x, window=[2,2], dilations=[2,2]) }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  EXPECT_THAT(export_onnx(*graph, "g").error().text,
              HasSubstr("average_pool: dilations [2,2] are not supported"));
}

TEST(ExportOnnx, ListsOperatorsThatOnnxLacks) {
  const auto graph = parse_graph("graph(x: i32[2], y: i32[2]) { floor_div(x, y) }", core_ops());
  ASSERT_TRUE(graph);
  EXPECT_EQ(export_onnx(*graph, "g").error().text, "ONNX has no equal for: floor_div");
}

}  // namespace
}  // namespace turnstone
