#include "quantize/equalise.h"

#include <algorithm>
#include <cmath>

#include "quantize/testing.h"
#include "tensor/compare.h"

namespace turnstone::int8 {
namespace {

// Largest over smallest size of a channel's weights.
double spread(const Graph& graph, const Layer& layer) {
  const auto& weights = *graph.constant_of(layer.weights);
  const auto inner = weights.size() / layer.channels;
  double least = INFINITY, most = 0;
  for (int64_t c = 0; c < layer.channels; ++c) {
    double size = 0;
    for (int64_t i = 0; i < inner; ++i)
      size = std::max(size, std::fabs(weights.real_at(c * inner + i)));
    least = std::min(least, size);
    most = std::max(most, size);
  }
  return most / least;
}

TEST(Equalise, LeavesWhatTheGraphComputes) {
  std::mt19937 random(2);
  const auto graph = with_biases(small_net());
  const auto layers = find_layers(graph);
  ASSERT_EQ(find_pairs(graph, layers).size(), 1u) << "what the depthwise one gives is read twice";
  const auto equal = equalise(graph, layers);
  for (int round = 0; round < 5; ++round) {
    const auto x = random_tensor({1, 6, 6, 3}, random);
    EXPECT_EQ(describe_mismatch((*evaluate(equal, {&x, 1}))[0], (*evaluate(graph, {&x, 1}))[0],
                                {1e-4, 1e-4}),
              "");
  }
}

TEST(Equalise, MakesChannelsOfLikeSize) {
  const auto graph = with_biases(small_net());
  const auto equal = equalise(graph, find_layers(graph));
  EXPECT_GT(spread(graph, find_layers(graph)[0]), 10);
  EXPECT_LT(spread(equal, find_layers(equal)[0]), spread(graph, find_layers(graph)[0]) / 2);
}

TEST(Equalise, DoesNotPassALimitThatFactorsDoNotPass) {
  const auto graph = with_biases(small_net(6));
  EXPECT_TRUE(find_pairs(graph, find_layers(graph)).empty());
}

TEST(Equalise, ReachesTheRightChannelsOfGroups) {
  const auto graph = with_biases(graph_of(R"(graph(x: f32[1,1,1,2]) {
    a = conv(x, f32[4,1,1,2] [1 2  100 3  -4 5  0 0])
    conv(clamp(a, low=0.0), f32[2,1,1,2] [1 2  0 4], groups=2)
  })"));
  const auto layers = find_layers(graph);
  ASSERT_EQ(find_pairs(graph, layers).size(), 1u);
  const auto equal = equalise(graph, layers);
  for (const auto& x : {*parse_tensor("f32[1,1,1,2] [1 2]"), *parse_tensor("f32[1,1,1,2] [-3 1]")})
    EXPECT_EQ(describe_mismatch((*evaluate(equal, {&x, 1}))[0], (*evaluate(graph, {&x, 1}))[0],
                                {1e-5, 1e-5}),
              "");
}

}  // namespace
}  // namespace turnstone::int8
