#include "quantize/layer.h"

#include <gmock/gmock.h>

#include "quantize/testing.h"

namespace turnstone::int8 {
namespace {

std::vector<Tensor> results(const Graph& graph, const Tensor& x) {
  return *evaluate(graph, {&x, 1});
}

TEST(Layers, AreConvolutionsAndProductsWithKnownWeights) {
  const auto graph = with_biases(small_net());
  const auto layers = find_layers(graph);
  ASSERT_EQ(layers.size(), 5u);
  EXPECT_EQ(layers[0].name, "1 conv 3x3, 3 to 8, [1,6,6,8]");
  EXPECT_EQ(layers[1].name, "2 depthwise 3x3, 8 to 8, [1,6,6,8]");
  EXPECT_EQ(layers[4].name, "5 matmul, 6 to 5, [1,5]");
  EXPECT_EQ(layers[4].channels, 5);
}

TEST(Layers, GetABiasWhereTheyHaveNone) {
  const auto graph = graph_of(R"(graph(x: f32[1,2,2,1]) {
    a = conv(x, f32[2,1,1,1] [2 -3])
    "b": clamp(a, low=0.0, high=6.0), "c": add(conv(x, f32[1,1,1,1] [4]), f32[] [1])
  })");
  const auto biased = with_biases(graph);
  const auto layers = find_layers(biased);
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(biased.shape(layers[0].bias_operand()), Shape{2});
  EXPECT_EQ(biased.shape(layers[1].bias_operand()), Shape{1});
  std::mt19937 random(1);
  const auto x = random_tensor({1, 2, 2, 1}, random);
  const auto before = results(graph, x), after = results(biased, x);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(same(before[i], after[i]));
}

TEST(Layers, AreNoneWhereWeightsAreComputedOrNoNumbers) {
  const auto graph = graph_of(R"(graph(x: f32[1,1,1,1], w: f32[1,1,1,1]) {
    "a": conv(x, w), "b": conv(x, f32[1,1,1,1] [nan]), "c": matmul(reshape(x, shape=[1,1]), f32[1,1] [inf])
  })");
  EXPECT_TRUE(find_layers(with_biases(graph)).empty());
}

TEST(StoredValues, AreWhatLayersReadAndWhatLeadsThere) {
  const auto graph = with_biases(small_net());
  const auto layers = find_layers(graph);
  const auto stored = stored_values(graph, layers, Chosen(5, 1));
  EXPECT_TRUE(stored.contains(graph.inputs()[0].value));
  EXPECT_FALSE(stored.contains(graph.outputs()[0].value)) << "what the model gives stays real";
  // Inputs of five layers; of the sum both operands, one of which a layer reads too; of the
  // reshape and of the mean one each.
  EXPECT_EQ(stored.size(), 8u);
  Chosen last(5, 0);
  last[4] = 1;
  EXPECT_EQ(stored_values(graph, layers, last).size(), 3u);
  EXPECT_TRUE(stored_values(graph, layers, Chosen(5, 0)).empty());
}

TEST(StoredValues, ShareTheScaleOfWhatIsOnlyMoved) {
  const auto graph = with_biases(graph_of(R"(graph(x: f32[1,4,4,1]) {
    a = clamp(conv(x, f32[1,1,1,1] [2]), low=0.0, high=1.0)
    b = max_pool(a, window=[2,2], strides=[2,2])
    c = concat(b, max_pool(x, window=[2,2], strides=[2,2]), axis=3)
    conv(c, f32[1,1,1,2] [2 3])
  })"));
  const auto stored = stored_values(graph, find_layers(graph), Chosen(2, 1));
  const auto shared = shared_scales(graph, stored);
  std::set<Value> leaders;
  for (const auto& [value, leader] : shared) leaders.insert(leader);
  EXPECT_EQ(stored.size(), 5u);
  EXPECT_EQ(leaders.size(), 1u) << "x, both poolings, a and the concat";
}

}  // namespace
}  // namespace turnstone::int8
