#include "codegen/group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ir/text.h"
#include "ops/ops.h"
#include "ops/testing_graphs.h"

namespace turnstone {
namespace {

Graph graph_of(const std::string& text) {
  auto graph = parse_graph(text, core_ops());
  EXPECT_TRUE(graph) << graph.error().text;
  return graph ? std::move(*graph) : Graph(core_ops());
}

// One word for each call, groups in brackets: "[conv add clamp] [reshape]".
std::string groups_of(const std::string& text) {
  const auto graph = graph_of(text);
  std::string all;
  for (const auto& group : make_groups(graph)) {
    all += (all.empty() ? "[" : " [") + std::string(group.anchor->op());
    for (const auto* made : group.epilogue) all += " " + std::string(made->op());
    all += group.is_view ? "]view" : "]";
  }
  return all;
}

const std::string conv = "conv(x, f32[2,1,1,2] [1 2 3 4])";

TEST(Groups, BiasResidualAndActivationJoinTheirConvolution) {
  EXPECT_EQ(
      groups_of("graph(x: f32[1,3,3,2]) { clamp(add(add(" + conv + ", f32[2] [1 2]), x), low=0) }"),
      "[conv add add clamp]");
}

TEST(Groups, TheLaterOfTwoConvolutionsThatAreAddedTakesTheSum) {
  EXPECT_EQ(groups_of("graph(x: f32[1,3,3,2]) {\n a = " + conv +
                      "\n b = conv(neg(x), f32[2,1,1,2] [1 2 3 4])\n add(a, b) }"),
            "[neg] [conv] [conv add]");
}

TEST(Groups, ADiamondThatEndsInOneValueStaysWhole) {
  EXPECT_EQ(groups_of("graph(x: f32[1,3,3,2]) {\n v = add(" + conv +
                      ", f32[2] [1 2])\n mul(v, sigmoid(v)) }"),
            "[conv add sigmoid mul]");
}

TEST(Groups, AValueThatTwoGroupsReadEscapes) {
  EXPECT_EQ(groups_of("graph(x: f32[1,3,3,2]) {\n v = clamp(" + conv +
                      ", low=0)\n a: conv(v, f32[1,1,1,2] [1 2]), b: neg(v) }"),
            "[conv clamp] [conv] [neg]");
}

TEST(Groups, AValueThatIsAnOutputIsStored) {
  EXPECT_EQ(groups_of("graph(x: f32[1,3,3,2]) {\n v = " + conv + "\n a: v, b: neg(v) }"),
            "[conv] [neg]");
}

TEST(Groups, PortableCallsTakeNoEpilogue) {
  EXPECT_EQ(groups_of("graph(x: f32[1,4,4,2]) { neg(softmax(max_pool(x, window=[2,2]))) }"),
            "[max_pool] [softmax] [neg]");
}

TEST(Groups, ComputedWeightsMakeAConvolutionPortable) {
  EXPECT_EQ(groups_of("graph(x: f32[1,3,3,2], w: f32[2,1,1,2]) { neg(conv(x, w)) }"),
            "[conv] [neg]");
}

TEST(Groups, IntegerConvolutionsTakeBiasAndRequantisation) {
  const std::string head = "graph(x: i8[1,3,3,2]) {\n v = conv(x, i8[2,1,1,2] [1 2 3 4])\n ";
  const std::string scales = ", i32[2] [1073741824 1073741824], i32[2] [-7 -7])";
  EXPECT_EQ(groups_of(head + "requantize(add(v, i32[2] [1 2])" + scales + " }"),
            "[conv add requantize]");
  EXPECT_EQ(groups_of(head + "requantize(v" + scales + " }"), "[conv requantize]");
  EXPECT_EQ(groups_of(head + "w = add(v, i32[2] [1 2])\n a: requantize(w" + scales + ", b: w }"),
            "[conv add] [requantize]");
  EXPECT_EQ(groups_of(head + "add(v, v) }"), "[conv] [add]");
  const std::string far = ", i32[2] [1073741824 1073741824], i32[2] [-7 -99])";
  EXPECT_EQ(groups_of(head + "requantize(v" + far + " }"), "[conv] [requantize]");
  EXPECT_EQ(groups_of(head + "rescale(add(v, i32[2] [1 2]), f32[2] [0.5 0.25]) }"),
            "[conv add rescale]");
  EXPECT_EQ(groups_of(head + "a: rescale(v, f32[1] [0.5]), b: v }"), "[conv] [rescale]");
  const std::string r = "r = rescale(v, f32[1] [0.5])\n ";
  const std::string w = "w = rescale(conv(x, i8[2,1,1,2] [4 3 2 1]), f32[1] [0.5])\n ";
  EXPECT_EQ(groups_of(head + r + "rescaled_add(x, r) }"), "[conv rescale rescaled_add]");
  EXPECT_EQ(groups_of(head + r + "rescaled_add(r, r) }"), "[conv rescale] [rescaled_add]");
  EXPECT_EQ(groups_of(head + r + w + "rescaled_add(r, w) }"),
            "[conv rescale] [conv rescale rescaled_add]");
  EXPECT_EQ(groups_of(head + "quantized_add(x, requantize(v" + scales + ") }"),
            "[conv requantize quantized_add]");
}

TEST(Groups, ChainsBreakWhereTheShapeGrows) {
  EXPECT_EQ(groups_of("graph(x: f32[1,3], y: f32[2,3]) { exp(add(neg(x), y)) }"),
            "[neg] [add exp]");
}

TEST(Groups, ReshapesAreViews) {
  EXPECT_EQ(groups_of("graph(x: f32[2,3]) { neg(reshape(exp(x), shape=[6])) }"),
            "[exp] [reshape]view [neg]");
}

TEST(Groups, OperandsBesideAResult) {
  const Shape result = {2, 5, 5, 5};
  EXPECT_EQ(beside({2, 5, 5, 5}, result), Beside::whole);
  EXPECT_EQ(beside({5}, result), Beside::channel);
  EXPECT_EQ(beside({1, 1, 1, 5}, result), Beside::channel);
  EXPECT_EQ(beside({2, 5, 5, 1}, result), Beside::pixel);
  EXPECT_EQ(beside({}, result), Beside::scalar);
  EXPECT_EQ(beside({1, 1, 1, 1}, result), Beside::scalar);
  EXPECT_EQ(beside({5, 1}, result), Beside::other);
  EXPECT_EQ(beside({2, 1, 1, 5}, result), Beside::other);
  EXPECT_EQ(beside({1, 5, 5, 1}, result), Beside::other);
}

// Every live call is in one group; what a group reads was written before; what others read is
// written.
void check_order(const Graph& graph) {
  std::set<Value> written;
  std::set<const Made*> seen;
  for (const auto& port : graph.inputs()) written.insert(port.value);
  const auto groups = make_groups(graph);
  for (const auto& group : groups) {
    for (const auto value : group.inputs)
      ASSERT_TRUE(graph.constant_of(value) || written.contains(value)) << "value " << value.id;
    ASSERT_TRUE(seen.insert(group.anchor).second);
    for (const auto* made : group.epilogue) ASSERT_TRUE(seen.insert(made).second);
    written.insert(group.outputs.begin(), group.outputs.end());
  }
  ASSERT_EQ(seen.size(), graph.live_calls().size());
  for (const auto& port : graph.outputs())
    ASSERT_TRUE(graph.constant_of(port.value) || written.contains(port.value));
}

TEST(Groups, OfRandomGraphsHoldEveryCallOnceInOrder) {
  const auto seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
  SCOPED_TRACE(fmt::format("--gtest_random_seed={}", seed));
  std::mt19937 rng(seed);
  for (int round = 0; round < 300; ++round) {
    const auto graph = testing_support::random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    check_order(*graph);
    if (HasFatalFailure()) FAIL() << print(*graph, 8);
  }
}

}  // namespace
}  // namespace turnstone
