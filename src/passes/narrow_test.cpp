#include "passes/narrow.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/testing_graphs.h"
#include "ops/testing_text.h"
#include "passes/testing.h"

namespace turnstone {
namespace {

using testing_support::graph_of;

void expect_weights(std::string_view before, DType type, std::string_view after) {
  const auto narrow = with_narrow_weights(graph_of(before), type);
  ASSERT_TRUE(narrow) << narrow.error().text;
  EXPECT_EQ(print(*narrow), print(graph_of(after)));
}

void expect_math(std::string_view before, std::string_view after) {
  const auto narrow = with_narrow_math(graph_of(before));
  ASSERT_TRUE(narrow) << narrow.error().text;
  EXPECT_EQ(print(*narrow), print(graph_of(after)));
}

TEST(NarrowWeights, RoundToTheNearestAndHalvesToEven) {
  // A bf16 has 8 bits of a number, a f16 has 11. One weight an output: nothing adds up.
  expect_weights("graph(x: f32[1,1]) { matmul(x, f32[1,4] [1.00390625 1.01171875 -257 3e38]) }",
                 DType::bf16,
                 "graph(x: f32[1,1]) { matmul(x, bf16[1,4] [1 1.015625 -256 3.0041e38]) }");
  expect_weights("graph(x: f32[1,1]) { matmul(x, f32[1,4] [1.00048828125 2049 -65504 6e-8]) }",
                 DType::f16, "graph(x: f32[1,1]) { matmul(x, f16[1,4] [1 2048 -65504 6e-8]) }");
}

TEST(NarrowWeights, RoundSomeTheOtherWayWhereErrorsOfAnOutputAddUp) {
  expect_weights("graph(x: f32[1,3]) { matmul(x, f32[3,1] [1.0035 1.0038 1.0031]) }", DType::bf16,
                 "graph(x: f32[1,3]) { matmul(x, bf16[3,1] [1 1.0078125 1]) }");
  expect_weights("graph(x: f32[1,1,1,3]) { conv(x, f32[1,1,1,3] [1.0035 1.0038 1.0031]) }",
                 DType::bf16, "graph(x: f32[1,1,1,3]) { conv(x, bf16[1,1,1,3] [1 1.0078125 1]) }");
}

TEST(NarrowWeights, OfDepthwiseConvolutionsStayReals) {
  const auto* text = "graph(x: f32[1,1,2,2]) { conv(x, f32[2,1,2,1] [1.1 2.2 3.3 4.4], groups=2) }";
  expect_weights(text, DType::f16, text);
  expect_weights(text, DType::bf16, text);
  // One channel in all is no depthwise convolution.
  expect_weights("graph(x: f32[1,1,2,1]) { conv(x, f32[2,1,1,1] [1 257]) }", DType::bf16,
                 "graph(x: f32[1,1,2,1]) { conv(x, bf16[2,1,1,1] [1 256]) }");
}

TEST(NarrowWeights, AreThoseOfProductsAndTheTablesOfGathers) {
  expect_weights(
      "graph(x: f32[1,2,2,2], i: i64[2]) {\n"
      " y = add(conv(x, f32[2,1,1,2] [1 2 3 4]), f32[2] [5 6])\n"
      " z = matmul(reshape(y, shape=[4,2]), gather(f32[3,2] [1 2 3 4 5 6], i))\n"
      " a: z, b: matmul(f32[1,4] [1 2 3 4], z), c: gather(f32[3] [1 2 3], i) }",
      DType::bf16,
      "graph(x: f32[1,2,2,2], i: i64[2]) {\n"
      " y = add(conv(x, bf16[2,1,1,2] [1 2 3 4]), f32[2] [5 6])\n"
      " z = matmul(reshape(y, shape=[4,2]), cast(gather(bf16[3,2] [1 2 3 4 5 6], i)))\n"
      " a: z, b: matmul(f32[1,4] [1 2 3 4], z), c: gather(f32[3] [1 2 3], i) }");
}

TEST(NarrowWeights, OfIntegersAndOfWhatIsComputedStayAsTheyAre) {
  const auto* text =
      "graph(x: u8[1,1,1,2], a: f32[2,3], b: f32[3,2]) {\n"
      " p: conv(x, i8[1,1,1,2] [1 2]), q: matmul(a, b) }";
  expect_weights(text, DType::f16, text);
}

TEST(NarrowWeights, ThatTheTypeCannotHoldAreNamed) {
  const auto error = [](std::string_view weight, DType type) {
    const auto narrow = with_narrow_weights(
        graph_of(fmt::format("graph(x: f32[1,1,1,2]) {{\n y = neg(x)\n conv(y, f32[2,1,1,2] [1 2 "
                             "{} 3]) }}",
                             weight)),
        type);
    EXPECT_FALSE(narrow);
    return narrow ? "" : narrow.error().text;
  };
  EXPECT_EQ(
      error("65505", DType::f16),
      "weights f32[2,1,1,2] of conv, call 2 of the graph, which makes f32[1,1,1,2]: element 2 "
      "is 65505, wanted: f16 within [-65504, 65504]");
  EXPECT_NE(error("nan", DType::f16).find("element 2 is nan"), std::string::npos);
  EXPECT_NE(error("-inf", DType::bf16).find("element 2 is -inf"), std::string::npos);
  EXPECT_TRUE(with_narrow_weights(graph_of("graph(x: f32[1,1]) { matmul(x, f32[1,1] [65505]) }"),
                                  DType::bf16));
}

TEST(NarrowMath, RoundsWhatProductsMultiplyAndWhatIsBetweenThem) {
  expect_math(
      "graph(x: f32[1,2,2,1]) {\n"
      " a = clamp(add(conv(x, f32[2,1,1,1] [1 2]), f32[2] [3 4]), low=0.0)\n"
      " b = add(conv(a, f32[2,1,1,2] [1 2 3 4]), a)\n"
      " conv(b, f32[1,1,1,2] [5 6]) }",
      "graph(x: f32[1,2,2,1]) {\n"
      " y = cast(x, to=\"bf16\")\n"
      " a = cast(clamp(add(conv(y, bf16[2,1,1,1] [1 2]), f32[2] [3 4]), low=0.0), to=\"bf16\")\n"
      " b = cast(add(conv(a, bf16[2,1,1,2] [1 2 3 4]), a), to=\"bf16\")\n"
      " conv(b, bf16[1,1,1,2] [5 6]) }");
}

TEST(NarrowMath, ComputesAllElseInF32) {
  // What a mean and a gate read is stored in bf16; the chain that makes it is not cut.
  expect_math(
      "graph(x: f32[1,2,2,2]) {\n"
      " v = conv(x, f32[2,1,1,2] [1 2 3 4])\n a = mul(v, sigmoid(v))\n"
      " m = reduce_mean(a, axes=[1,2])\n s = softmax(mul(a, sigmoid(m)))\n"
      " conv(s, f32[1,1,1,2] [5 6]) }",
      "graph(x: f32[1,2,2,2]) {\n"
      " v = conv(cast(x, to=\"bf16\"), bf16[2,1,1,2] [1 2 3 4])\n"
      " a = cast(mul(v, sigmoid(v)), to=\"bf16\")\n"
      " m = reduce_mean(cast(a), axes=[1,2])\n s = softmax(mul(a, sigmoid(m)))\n"
      " conv(cast(s, to=\"bf16\"), bf16[1,1,1,2] [5 6]) }");
}

TEST(NarrowMath, LeavesDepthwiseConvolutionsInF32) {
  // Expand, depthwise, project: what the projection reads is rounded, what the other reads is not,
  // unless something else had it stored.
  expect_math(
      "graph(x: f32[1,2,2,2]) {\n a = clamp(conv(x, f32[2,1,1,2] [1 2 3 4]), low=0.0)\n"
      " b = clamp(conv(a, f32[2,1,2,1] [5.1 6 7 8], groups=2), low=0.0)\n"
      " c = conv(b, f32[2,1,1,2] [1 2 3 4])\n"
      " p: conv(c, f32[2,1,1,1] [9.1 9], groups=2), q: conv(c, f32[1,1,1,2] [5 6]) }",
      "graph(x: f32[1,2,2,2]) {\n"
      " a = clamp(conv(cast(x, to=\"bf16\"), bf16[2,1,1,2] [1 2 3 4]), low=0.0)\n"
      " b = cast(clamp(conv(a, f32[2,1,2,1] [5.1 6 7 8], groups=2), low=0.0), to=\"bf16\")\n"
      " c = cast(conv(b, bf16[2,1,1,2] [1 2 3 4]), to=\"bf16\")\n"
      " p: conv(c, f32[2,1,1,1] [9.1 9], groups=2), q: conv(c, bf16[1,1,1,2] [5 6]) }");
}

TEST(NarrowMath, MovesWhatWasRounded) {
  expect_math(
      "graph(x: f32[1,2,2,2], y: f32[1,2,2,1]) {\n"
      " a = conv(x, f32[2,1,1,2] [1 2 3 4])\n"
      " conv(concat(a, y, axis=3), f32[1,1,1,3] [5 6 7]) }",
      "graph(x: f32[1,2,2,2], y: f32[1,2,2,1]) {\n"
      " a = cast(conv(cast(x, to=\"bf16\"), bf16[2,1,1,2] [1 2 3 4]), to=\"bf16\")\n"
      " conv(concat(a, cast(y, to=\"bf16\"), axis=3), bf16[1,1,1,3] [5 6 7]) }");
}

TEST(NarrowMath, LeavesOutputsAsTheyAre) {
  expect_math(
      "graph(x: f32[1,2,2,2]) {\n a = conv(x, f32[2,1,1,2] [1 2 3 4])\n"
      " p: reshape(a, shape=[8]), q: conv(a, f32[1,1,1,2] [5 6]) }",
      "graph(x: f32[1,2,2,2]) {\n"
      " a = conv(cast(x, to=\"bf16\"), bf16[2,1,1,2] [1 2 3 4])\n"
      " p: reshape(a, shape=[8]), q: conv(cast(a, to=\"bf16\"), bf16[1,1,1,2] [5 6]) }");
}

// What products of the graph read on random inputs.
Observed observed_in(const Graph& graph, uint32_t seed) {
  auto all = graph;
  const auto values = inputs_of_products(graph);
  for (const auto value : values) all.output(fmt::format("{}", value.id), value);
  const auto results = *evaluate(all, testing_support::random_inputs_of(graph, seed));
  Observed observed;
  auto result = results.begin() + std::ssize(graph.outputs());
  for (const auto value : values) observed[value] = {*result++};
  return observed;
}

TEST(NarrowWeights, GiveTheirBiasWhatTheyLoseOfTheMean) {
  // Each weight loses 0.00390625 of what it is multiplied with, 2 and 4 in the mean.
  const auto graph = graph_of(
      "graph(x: f32[1,1,2,2]) {\n y = conv(x, f32[1,1,1,2] [1.00390625 1.00390625])\n"
      " p: add(y, f32[1] [5]), q: conv(x, f32[1,1,1,2] [1.00390625 0]) }");
  const auto x = Tensor::of<float>({1, 1, 2, 2}, std::vector<float>{1, 4, 3, 4});
  const auto narrow = with_narrow_weights(graph, DType::bf16, {{graph.inputs()[0].value, {x}}});
  ASSERT_TRUE(narrow) << narrow.error().text;
  EXPECT_EQ(print(*narrow),
            print(graph_of("graph(x: f32[1,1,2,2]) {\n y = conv(x, bf16[1,1,1,2] [1 1])\n"
                           " p: add(y, f32[1] [5.0234375]),\n"
                           " q: add(conv(x, bf16[1,1,1,2] [1 0]), f32[1] [0.0078125]) }")));
}

TEST(NarrowMath, RoundsDifferencesFromALargeMean) {
  // What alone reads the clamp takes single positions: its inputs are near 4 and -6.
  std::string weights = "[2,3,3,2] [";
  for (int i = 0; i < 36; ++i) weights += fmt::format("{} ", i % 5);
  weights += "]";
  const auto graph = graph_of("graph(x: f32[1,2,2,2]) {\n a = clamp(conv(x, f32" + weights +
                              ", pads=[1,1,1,1]), low=-8.0)\n"
                              " add(conv(a, f32[1,1,1,2] [1 2]), f32[1] [3]) }");
  const auto value = *inputs_of_products(graph).rbegin();
  const auto seen = [&](std::vector<float> values) {
    return with_narrow_math(graph, {{value, {Tensor::of<float>({1, 2, 2, 2}, values)}}});
  };
  const auto centred = *seen({4, -6, 5, -6, 3, -6, 4, -6});
  // Of the picture, nothing is rounded. The sum gets 1 * 4 - 2 * 6.
  const auto wanted = graph_of("graph(x: f32[1,2,2,2]) {\n a = clamp(conv(x, bf16" + weights +
                               ", pads=[1,1,1,1]), low=-8.0)\n"
                               " b = cast(add(a, f32[2] [-4 6]), to=\"bf16\")\n"
                               " add(conv(b, bf16[1,1,1,2] [1 2]), f32[1] [-5]) }");
  EXPECT_EQ(print(centred), print(wanted));
  const auto small = print(*seen({4, -6, -5, 6, 3, -6, -4, 6}));
  EXPECT_EQ(small.find("f32[2]"), std::string::npos) << small;
}

TEST(NarrowMath, OfWhatWasObservedIsNearerToWhatGraphsCompute) {
  std::mt19937 rng(6);
  int nearer = 0, farther = 0;
  for (int round = 0; round < 80; ++round) {
    const auto best = *testing_support::optimised_random_graph(rng);
    const auto seed = static_cast<uint32_t>(rng());
    const auto inputs = testing_support::random_inputs_of(best, seed);
    const auto expected = *evaluate(best, inputs);
    const auto error = [&](const Result<Graph>& narrow) {
      EXPECT_TRUE(narrow) << narrow.error().text;
      double apart = 0;
      const auto actual = *evaluate(*narrow, inputs);
      for (size_t i = 0; i < expected.size(); ++i)
        apart += compare(actual[i], expected[i]).relative_to_range;
      return apart;
    };
    const auto unknown = error(with_narrow_math(best));
    const auto known = error(with_narrow_math(best, observed_in(best, seed)));
    EXPECT_LT(known, 0.2) << print(best, 8);
    nearer += known < unknown;
    farther += known > unknown;
  }
  EXPECT_GT(nearer, 2 * farther) << farther;
}

TEST(NarrowMath, OfRandomGraphsIsNearWhatTheyCompute) {
  std::mt19937 rng(5);
  int rounded = 0;
  for (int round = 0; round < 60; ++round) {
    const auto best = testing_support::optimised_random_graph(rng);
    ASSERT_TRUE(best) << best.error().text;
    const auto narrow = with_narrow_math(*best);
    ASSERT_TRUE(narrow) << narrow.error().text << print(*best, 8);
    const auto inputs = testing_support::random_inputs_of(*best, rng());
    const auto expected = *evaluate(*best, inputs), actual = *evaluate(*narrow, inputs);
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(actual[i].dtype(), expected[i].dtype());
      // A rounding to integers behind it may fall the other way.
      const auto apart = compare(actual[i], expected[i]).relative_to_range;
      EXPECT_LT(apart, 0.2) << print(*best, 8) << print(*narrow, 8);
      rounded += apart > 0;
    }
  }
  EXPECT_GT(rounded, 20);
}

}  // namespace
}  // namespace turnstone
