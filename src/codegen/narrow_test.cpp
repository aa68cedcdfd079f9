// Reals of 16 bits in compiled code: weights, inputs of products, values between layers.
#include "passes/narrow.h"

#include <gtest/gtest.h>

#include <random>

#include "codegen/testing.h"
#include "ops/testing_graphs.h"
#include "passes/pass.h"

namespace turnstone {
namespace {

using testing_support::append;
using testing_support::expect_compiles_to_itself;
using testing_support::random_inputs_of;

// As wide as this machine has them, as narrow, with a cache so small that values stay in strips,
// and on tiles.
std::vector<Target> host_targets() {
  std::vector<Target> targets = {*find_target("native")};
  if (targets[0].arch == Arch::x86_64 && targets[0].name != "x86_64_v2")
    targets.push_back(*find_target("x86_64_v2"));
  auto small = targets[0];
  small.l2_bytes = 4096;
  targets.push_back(small);
  const auto tiles = testing_support::tile_targets();
  if (!tiles.empty()) targets.push_back(tiles.back());
  return targets;
}

std::string weights(const Shape& shape, DType type, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<double> real(-1, 1);
  Tensor tensor(type, shape);
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_real(i, real(rng));
  return print(tensor);
}

// Graphs that are compiled together, so that clang starts once for all of them.
class NarrowCode : public testing::Test {
 protected:
  void check(const Graph& graph) { append(all_, graph, fmt::format("g{}.", count_++)); }
  void check(const std::string& text) {
    const auto graph = parse_graph(text, core_ops());
    ASSERT_TRUE(graph) << graph.error().text << " in " << text.substr(0, 300);
    check(*graph);
  }

  void TearDown() override {
    expect_compiles_to_itself(all_, random_inputs_of(all_, 7, {.reals = 1, .integers = 3}),
                              tolerance_, targets_);
  }

  Tolerance tolerance_ = {2e-5, 2e-5};
  std::vector<Target> targets_ = host_targets();

 private:
  Graph all_{core_ops()};
  int count_ = 0;
};

TEST_F(NarrowCode, WeightsAreWidenedAsTheyAreRead) {
  for (const auto type : {DType::f16, DType::bf16}) {
    for (const int channels : {1, 24, 33})
      check(fmt::format("graph(x: f32[1,1,7,9]) {{ clamp(add(conv(x, {}), {}), low=0.0) }}",
                        weights({channels, 1, 1, 9}, type, 1), weights({channels}, DType::f32, 2)));
    check(fmt::format("graph(x: f32[2,9,11,5]) {{ conv(x, {}, pads=[1,2,0,1], strides=[1,2]) }}",
                      weights({19, 3, 3, 5}, type, 3)));
    check(fmt::format("graph(x: f32[1,7,8,20]) {{ tanh(conv(x, {}, pads=[1,1,1,1])) }}",
                      weights({20, 3, 3, 20}, type, 4)));
    check(fmt::format("graph(x: f32[1,9,11,24]) {{ conv(x, {}, groups=3, pads=[1,1,1,1]) }}",
                      weights({30, 3, 3, 8}, type, 5)));
    for (const int channels : {3, 16})
      check(fmt::format("graph(x: f32[2,8,11,{0}]) {{ conv(x, {1}, groups={0}, pads=[1,1,1,1]) }}",
                        channels, weights({channels, 3, 3, 1}, type, 6)));
    check(fmt::format("graph(x: f32[3,17]) {{ matmul(x, {}) }}", weights({17, 21}, type, 7)));
    check(fmt::format("graph(x: f32[2,3,5,6]) {{ matmul(x, {}) }}", weights({3, 6, 4}, type, 8)));
    check(fmt::format("graph(i: i64[5]) {{ cast(gather({}, i), to=\"f32\") }}",
                      weights({3, 21}, type, 9)));
  }
}

TEST_F(NarrowCode, InputsAreWidenedAsTheyAreRead) {
  for (const auto type : {DType::f32, DType::bf16}) {
    for (const int channels : {1, 24, 33})
      check(
          fmt::format("graph(x: f32[1,1,7,9]) {{ clamp(conv(cast(x, to=\"bf16\"), {}), low=0.0) }}",
                      weights({channels, 1, 1, 9}, type, 11)));
    check(
        fmt::format("graph(x: f32[2,9,11,5]) {{ conv(cast(x, to=\"bf16\"), {}, pads=[1,2,0,1], "
                    "strides=[1,2]) }}",
                    weights({19, 3, 3, 5}, type, 12)));
    for (const int channels : {3, 16})
      check(
          fmt::format("graph(x: f32[2,8,11,{0}]) {{ conv(cast(x, to=\"bf16\"), {1}, groups={0}, "
                      "pads=[1,1,1,1]) }}",
                      channels, weights({channels, 3, 3, 1}, type, 13)));
    check(fmt::format("graph(x: f32[3,17]) {{ matmul(cast(x, to=\"bf16\"), {}) }}",
                      weights({17, 21}, type, 14)));
  }
  // Both sides of a product are made while the model runs.
  check(
      "graph(x: f32[2,3,5,6], y: f32[2,3,6,9]) { matmul(cast(x, to=\"bf16\"), cast(y, "
      "to=\"bf16\")) }");
  // A picture that comes as planes.
  check(
      fmt::format("graph(x: f32[1,3,9,12]) {{ conv(cast(transpose(x, axes=[0,2,3,1]), "
                  "to=\"bf16\"), {}, strides=[2,2], pads=[1,1,1,1]) }}",
                  weights({18, 3, 3, 3}, DType::bf16, 15)));
}

TEST_F(NarrowCode, ProductsOnTilesEndAnywhere) {
  targets_ = testing_support::tile_targets();
  if (targets_.empty()) targets_ = host_targets();
  for (const auto& [inputs, outputs] : {std::pair{16, 5}, {32, 24}, {32, 16}, {50, 72}})
    check(fmt::format("graph(x: f32[1,5,11,{}]) {{ add(conv(cast(x, to=\"bf16\"), {}), {}) }}",
                      inputs, weights({outputs, 1, 1, inputs}, DType::bf16, 31),
                      weights({outputs}, DType::f32, 32)));
  for (const int columns : {5, 20, 45})
    for (const auto* attributes : {", pads=[1,1,1,1]", ", pads=[0,0,1,1], strides=[2,2]",
                                   ", pads=[2,2,2,2], dilations=[2,2]"})
      check(fmt::format("graph(x: f32[2,9,{},{}]) {{ sigmoid(conv(cast(x, to=\"bf16\"), {}{})) }}",
                        columns, columns == 20 ? 32 : 20,
                        weights({19, 3, 3, columns == 20 ? 32 : 20}, DType::bf16, 33), attributes));
  for (const int depth : {32, 40})
    check(
        fmt::format("graph(x: f32[3,7,{}], y: f32[3,7,40]) {{ add(matmul(cast(x, to=\"bf16\"), "
                    "{}), y) }}",
                    depth, weights({depth, 40}, DType::bf16, 34)));
}

// The gaps behind their pixels are zeros, whoever makes them: memory that was never written is NaN.
TEST_F(NarrowCode, ValuesWithGapsAreMadeByAnything) {
  tolerance_ = {1.0 / 8, 1.0 / 64};  // of sums of hundreds, roundings fall the other way
  const auto read = [](int channels, unsigned seed) {
    return fmt::format("conv(z, {}, pads=[1,1,1,1])",
                       weights({24, 3, 3, channels}, DType::bf16, seed));
  };
  const std::pair<int, std::string_view> makers[] = {
      {24, "neg(x)"},
      {24, "conv(x, W, groups=24, pads=[1,1,1,1])"},
      {24, "max_pool(x, window=[3,3], pads=[1,1,1,1])"},
      {24, "average_pool(x, window=[3,3], pads=[1,1,1,1])"},
      {48, "concat(neg(x), exp(x), axis=3)"},
      {24, "conv(x, V, pads=[1,1,1,1])"},
      {20, "conv(x, P)"},
      {20, "slice(neg(x), starts=[0,0,0,3], extents=[1,12,13,20], steps=[1,1,1,1])"}};
  for (const auto& [channels, made] : makers) {
    std::string text(made);
    const auto replace = [&](std::string_view name, const std::string& with) {
      if (const auto at = text.find(name); at != text.npos) text.replace(at, name.size(), with);
    };
    replace("W", weights({24, 3, 3, 1}, DType::f32, 41));
    replace("V", weights({24, 3, 3, 24}, DType::f32, 42));
    replace("P", weights({20, 1, 1, 24}, DType::f32, 43));
    check(fmt::format("graph(x: f32[1,12,13,24]) {{ z = cast({}, to=\"bf16\")\n p: {}, q: {} }}",
                      text, read(channels, 44), read(channels, 45)));
  }
  // Part of a pixel, which is copied to pixels as far apart as those that it is part of.
  check(fmt::format(
      "graph(x: f32[1,12,13,24]) {{\n y = cast(conv(x, {}), to=\"bf16\")\n z = slice(y, "
      "starts=[0,0,0,16], extents=[1,12,13,16], steps=[1,1,1,1])\n p: {}, q: exp(y) }}",
      weights({32, 1, 1, 24}, DType::f32, 46), read(16, 47)));
}

TEST_F(NarrowCode, ValuesBetweenLayersAreRounded) {
  tolerance_ = {1.0 / 128, 1.0 / 128};  // where sums stand at a half, the neighbour is as right
  // Expand, depthwise, project, with a residual: in strips where the cache is small.
  check(fmt::format(
      "graph(x: f32[1,16,14,8]) {{\n y = cast(neg(x), to=\"bf16\")\n"
      " a = cast(clamp(conv(y, {}), low=0.0), to=\"bf16\")\n"
      " b = cast(clamp(conv(a, {}, groups=24, pads=[1,1,1,1]), low=0.0, high=6.0), to=\"bf16\")\n"
      " z = cast(add(conv(b, {}), y), to=\"bf16\")\n"
      " p: conv(z, {}, pads=[1,1,1,1]), q: exp(z) }}",
      weights({24, 1, 1, 8}, DType::bf16, 21), weights({24, 3, 3, 1}, DType::bf16, 22),
      weights({8, 1, 1, 24}, DType::bf16, 23), weights({3, 3, 3, 8}, DType::bf16, 24)));
  // Parts of a concatenation, views, moves.
  check(fmt::format(
      "graph(x: f32[1,9,10,8]) {{\n y = cast(x, to=\"bf16\")\n"
      " a = cast(conv(y, {}), to=\"bf16\")\n b = cast(conv(a, {}, pads=[1,1,1,1]), to=\"bf16\")\n"
      " c = concat(a, b, y, axis=3)\n p: conv(c, {}, pads=[1,1,1,1])\n"
      " q: cast(transpose(reshape(c, shape=[90,29]), axes=[1,0]), to=\"f32\")\n"
      " r: cast(slice(c, starts=[0,0,0,3], extents=[1,9,10,9], steps=[1,1,1,1]), to=\"f32\") }}",
      weights({16, 1, 1, 8}, DType::bf16, 25), weights({5, 3, 3, 16}, DType::bf16, 26),
      weights({7, 3, 3, 29}, DType::bf16, 27)));
  // Gates: what is read twice, with scalars and with one element for each channel or pixel.
  check(
      "graph(x: f32[2,5,6,19], g: f32[2,1,1,19], p: f32[2,5,6,1]) {\n"
      " y = cast(x, to=\"bf16\")\n h = cast(g, to=\"bf16\")\n q = cast(p, to=\"bf16\")\n"
      " a: mul(y, sigmoid(h)), b: add(mul(q, y), bf16[1] [0.5]), c: max(h, bf16[19] [1 -2 3 0 0 0 "
      "0 0 0 0 0 0 0 0 0 0 0 0 0.25]), d: reduce_mean(cast(y, to=\"f32\"), axes=[1,2]) }");
  check("graph(i: i32[7]) { cast(add(cast(i, to=\"bf16\"), cast(i, to=\"f32\")), to=\"i32\") }");
}

TEST_F(NarrowCode, OfRandomGraphsComputesThem) {
  tolerance_ = {2e-4, 2e-4};
  std::mt19937 rng(31);
  for (int round = 0; round < 12; ++round) {
    const auto graph = testing_support::random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    const auto narrow =
        with_narrow_weights(*optimise(*graph), round % 2 ? DType::f16 : DType::bf16);
    ASSERT_TRUE(narrow) << narrow.error().text;
    check(*narrow);
  }
}

TEST_F(NarrowCode, OfRandomGraphsInNarrowMathComputesThem) {
  tolerance_ = {1.0 / 32, 1.0 / 16};  // roundings that fall the other way add up
  std::mt19937 rng(32);
  for (int round = 0; round < 24; ++round) {
    const auto graph = testing_support::random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    const auto narrow = with_narrow_math(*optimise(*graph));
    ASSERT_TRUE(narrow) << narrow.error().text;
    check(*narrow);
  }
}

// As if all that products read were near 3, so that it is rounded as its difference from that.
Observed around_three(const Graph& graph, std::mt19937& rng) {
  std::uniform_real_distribution<float> real(2, 4);
  Observed observed;
  for (const auto value : inputs_of_products(graph)) {
    Tensor tensor(DType::f32, graph.shape(value));
    for (auto& element : tensor.mutable_as<float>()) element = real(rng);
    observed[value] = {tensor};
  }
  return observed;
}

TEST_F(NarrowCode, OfWhatWasObservedComputesIt) {
  tolerance_ = {1.0 / 32, 1.0 / 16};
  std::mt19937 rng(33);
  for (int round = 0; round < 16; ++round) {
    const auto graph = testing_support::random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    const auto best = *optimise(*graph);
    const auto narrow = with_narrow_math(best, around_three(best, rng));
    ASSERT_TRUE(narrow) << narrow.error().text;
    check(*narrow);
  }
  // Expand, depthwise, project, in strips and on tiles.
  const auto block = parse_graph(
      fmt::format("graph(x: f32[1,9,9,16]) {{\n"
                  " a = clamp(conv(x, {}), low=0.0, high=6.0)\n"
                  " b = clamp(conv(a, {}, pads=[1,1,1,1], groups=48), low=0.0, high=6.0)\n"
                  " conv(b, {}) }}",
                  weights({48, 1, 1, 16}, DType::f32, 51), weights({48, 3, 3, 1}, DType::f32, 52),
                  weights({24, 1, 1, 48}, DType::f32, 53)),
      core_ops());
  ASSERT_TRUE(block) << block.error().text;
  const auto narrow = with_narrow_math(*block, around_three(*block, rng));
  ASSERT_TRUE(narrow) << narrow.error().text;
  ASSERT_NE(print(*narrow).find("add("), std::string::npos);
  check(*narrow);
}

TEST(NarrowModule, StoresWeightsInHalfTheBytes) {
  const auto graph = parse_graph(
      fmt::format("graph(x: f32[1,8,8,16]) {{ conv(conv(x, {}), {}, pads=[1,1,1,1]) }}",
                  weights({64, 1, 1, 16}, DType::f32, 41), weights({32, 3, 3, 64}, DType::f32, 42)),
      core_ops());
  ASSERT_TRUE(graph);
  const auto bytes = [&](const Graph& g) {
    const auto compiled = compile(g, {.targets = {*find_target("x86_64_v3")}});
    EXPECT_TRUE(compiled);
    return compiled->variants[0].weights.size();
  };
  const auto elements = size_t{64 * 16 + 32 * 9 * 64};
  for (const auto type : {DType::f16, DType::bf16})
    EXPECT_EQ(bytes(*with_narrow_weights(*graph, type)), 2 * elements);
}

}  // namespace
}  // namespace turnstone
