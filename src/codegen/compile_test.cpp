#include <gtest/gtest.h>

#include <set>

#include "base/process.h"
#include "base/text.h"
#include "codegen/testing.h"
#include "ops/testing_graphs.h"
#include "passes/pass.h"

namespace turnstone {
namespace {

using testing_support::append;
using testing_support::expect_compiles_to_itself;
using testing_support::host_targets;
using testing_support::random_inputs_of;

constexpr Tolerance close = {2e-5, 2e-5};
constexpr testing_support::InputRange any_input = {.reals = 1, .integers = 0};

// Weights of `count` elements whose sums stay of order one.
std::string weights(const Shape& shape, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> real(-1, 1);
  Tensor tensor(DType::f32, shape);
  for (auto& x : tensor.mutable_as<float>()) x = real(rng);
  return print(tensor);
}

unsigned seed() { return static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()); }

TEST(Target, OtherProgramsNamesAreHints) {
  const auto known = ", known: " + join(target_names(), ", ");
  const auto hint = [&](std::string_view name, std::string_view near) {
    EXPECT_EQ(find_target(name).error().text,
              fmt::format("target '{}' is unknown, did you mean '{}'{}", name, near, known));
  };
  hint("arm64", "aarch64");
  hint("armhf", "armv7");
  hint("AMD64", "x86_64_v3");
  hint("x86_64_v5", "x86_64_v2");
  hint("jetson_nanu", "jetson_nano");
  EXPECT_EQ(find_target("sparc").error().text, fmt::format("target 'sparc' is unknown{}", known));
}

TEST(Target, TheMostDemandingComesFirst) {
  const std::vector<std::string> order = {"x86_64_v4_amx",  "x86_64_v4_vnni", "x86_64_v4",
                                          "x86_64_v3_vnni", "x86_64_v3",      "x86_64_v2"};
  std::vector<Target> targets;
  for (const auto& name : order) targets.insert(targets.begin(), *find_target(name));
  std::swap(targets[0], targets[3]);
  sort_by_demand(targets);
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(targets[i].name, order[i]);

  targets = {*find_target("aarch64"), *find_target("aarch64_i8mm"), *find_target("aarch64_dot")};
  sort_by_demand(targets);
  EXPECT_EQ(targets[0].name, "aarch64_i8mm");
  EXPECT_EQ(targets[1].name, "aarch64_dot");
}

TEST(Target, BytesAreMultipliedByTheBestThatItHas) {
  const std::pair<std::string_view, std::string_view> best[] = {
      {"x86_64_v3_vnni", "gemm/vnni"}, {"x86_64_v4_amx", "gemm/amx"}, {"aarch64", "gemm/mull"},
      {"aarch64_dot", "gemm/dot"},     {"rasp5", "gemm/dot"},         {"aarch64_i8mm", "gemm/mmla"},
      {"armv7", "gemm/mull"}};
  const auto kernel_for = [](std::string_view target, double weight) {
    const auto text = fmt::format("graph(x: u8[1,4,4,64]) {{ conv(x, {}, x_zero=3) }}",
                                  print(Tensor::filled(DType::i8, {8, 1, 1, 64}, weight)));
    const auto graph = parse_graph(text, core_ops());
    EXPECT_TRUE(graph) << graph.error().text;
    return make_schedule(*graph, *find_target(target)).schedules[0].kernel;
  };
  for (const auto& [name, kernel] : best) EXPECT_EQ(kernel_for(name, 100), kernel) << name;
  // Sums of two products of 64 fit 16 bits, those of 100 do not.
  EXPECT_EQ(kernel_for("x86_64_v3", 64), "gemm/picked");
  EXPECT_EQ(kernel_for("x86_64_v3", 100), "gemm/pairs");
  // Two products of -128 have more than 16 bits.
  EXPECT_EQ(kernel_for("aarch64", -128), "gemm/lanes");
  EXPECT_EQ(kernel_for("aarch64_dot", -128), "gemm/dot");
}

TEST(Target, EveryRowHasAMachineAndTilesOfItsOwn) {
  for (const auto& name : target_names()) {
    const auto target = *find_target(name);
    EXPECT_TRUE(std::ranges::any_of(kernel_machines(), [&](const KernelMachine& machine) {
      return machine.name == target.tiles && machine.lanes == target.lanes;
    })) << name;
    const auto* of_integers = target.arch == Arch::x86_64 ? "gemm/pairs" : "gemm/lanes";
    for (const auto* kernel : {"gemm/fma", of_integers, "depthwise/fma"})
      EXPECT_TRUE(std::ranges::any_of(kernel_tiles(),
                                      [&](const KernelTile& tile) {
                                        return tile.machine == target.tiles &&
                                               tile.name == kernel && tile.lanes == target.lanes;
                                      }))
          << name << " " << kernel;
  }
}

// Graphs that are compiled together, so that clang starts once for all of them.
class Compile : public testing::Test {
 protected:
  void check(const std::string& text) {
    auto graph = parse_graph(text, core_ops());
    ASSERT_TRUE(graph) << graph.error().text << " in " << text.substr(0, 300);
    append(all_, *graph, fmt::format("g{}.", count_++));
  }

  void TearDown() override {
    expect_compiles_to_itself(all_, random_inputs_of(all_, 7, any_input), tolerance_, targets_);
  }

  void compile_for_tiles_too() {
    const auto more = testing_support::tile_targets();
    targets_.insert(targets_.end(), more.begin(), more.end());
  }

  Tolerance tolerance_ = close;
  std::vector<Target> targets_ = host_targets();

 private:
  Graph all_{core_ops()};
  int count_ = 0;
};

TEST_F(Compile, ElementwiseChainsOfOddSizes) {
  for (const int n : {1, 3, 8, 15, 16, 17, 100})
    check(fmt::format(
        "graph(x: f32[{0}], y: f32[{0}]) {{ clamp(add(mul(x, y), exp(x)), low=0.0) }}", n));
}

TEST_F(Compile, PointwiseConvolutionsOfAllTileRemainders) {
  for (const int channels : {1, 16, 24, 33, 100})
    for (const int pixels : {1, 5, 49})
      check(fmt::format(
          "graph(x: f32[1,1,{},9]) {{ v = conv(x, {})\n clamp(add(v, {}), low=0.0, high=6.0) }}",
          pixels, weights({channels, 1, 1, 9}, 1), weights({channels}, 2)));
}

// Where the cache is small, the depth is gone through in parts.
TEST_F(Compile, DeepProducts) {
  tolerance_ = {1e-4, 1e-4};
  for (const int channels : {8, 75, 300})
    check(fmt::format(
        "graph(x: f32[1,5,5,1024]) {{ v = conv(x, {})\n clamp(add(v, {}), low=0.0, high=6.0) }}",
        weights({channels, 1, 1, 1024}, 1), weights({channels}, 2)));
  check(
      fmt::format("graph(x: f32[3,7,576], y: f32[3,7,40]) {{ v = matmul(x, {})\n"
                  "add(sigmoid(v), y) }}",
                  weights({576, 40}, 3)));
  for (const auto* attributes :
       {", pads=[1,1,1,1], strides=[2,2]", ", pads=[2,2,2,2], dilations=[2,2]",
        ", strides=[1,2], pads=[0,1,1,1]"})
    check(fmt::format("graph(x: f32[2,9,7,96]) {{ conv(x, {}{}) }}", weights({44, 3, 3, 96}, 4),
                      attributes));
}

TEST_F(Compile, WindowsWithPadsStridesAndDilations) {
  for (const auto* attributes :
       {"", ", pads=[1,1,1,1]", ", pads=[0,0,1,1], strides=[2,2]",
        ", pads=[1,2,0,1], strides=[1,2]", ", pads=[2,2,2,2], dilations=[2,2]",
        ", pads=[1,1,2,2], strides=[2,2], dilations=[1,2]"})
    check(fmt::format("graph(x: f32[2,9,11,5]) {{ conv(x, {}{}) }}", weights({19, 3, 3, 5}, 3),
                      attributes));
}

TEST_F(Compile, DepthwiseConvolutions) {
  for (const int channels : {3, 16})
    for (const auto* attributes :
         {", pads=[1,1,1,1]", ", pads=[0,0,1,1], strides=[2,2]",
          ", pads=[2,2,2,2], dilations=[2,2]", ", pads=[1,1,1,1], strides=[2,1]", ""})
      check(fmt::format(
          "graph(x: f32[2,8,11,{0}]) {{ clamp(add(conv(x, {1}, groups={0}{2}), {3}), low=0.0) }}",
          channels, weights({channels, 3, 3, 1}, 4), attributes, weights({channels}, 5)));
}

TEST_F(Compile, GroupedConvolutions) {
  for (const auto* attributes : {", pads=[1,1,1,1]", ", strides=[2,2]", ", dilations=[2,1]"})
    check(fmt::format("graph(x: f32[2,9,11,24]) {{ add(conv(x, {}, groups=3{}), {}) }}",
                      weights({30, 3, 3, 8}, 31), attributes, weights({30}, 32)));
  check(fmt::format("graph(x: f32[1,5,4,12]) {{ conv(x, {}, groups=4) }}",
                    weights({8, 1, 1, 3}, 33)));
  // One input channel and several outputs for each group.
  check(fmt::format("graph(x: f32[1,6,7,5]) {{ conv(x, {}, groups=5, pads=[1,1,1,1]) }}",
                    weights({15, 3, 3, 1}, 34)));
}

TEST_F(Compile, ManyChannelsOfThreeByThreeWindows) {
  tolerance_ = {1e-4, 1e-4};  // sums of transformed elements round at a larger size
  for (const int side : {4, 7, 10, 14})
    for (const auto* pads : {"[1,1,1,1]", "[0,0,0,0]", "[0,2,1,0]"})
      check(fmt::format(
          "graph(x: f32[2,{0},{0},20], r: f32[1]) {{\n v = add(conv(x, {1}, pads={2}), {3})\n"
          " clamp(add(v, mul(sigmoid(v), r)), low=-2.0) }}",
          side, weights({33, 3, 3, 20}, 35), pads, weights({33}, 36)));
}

TEST_F(Compile, ChainsOfConvolutionsRowByRow) {
  for (const int stride : {1, 2})
    for (const int kernel : {3, 5})
      check(
          fmt::format("graph(x: f32[2,13,18,6]) {{\n a = clamp(conv(x, {0}), low=0.0)\n"
                      " b = clamp(add(conv(a, {1}, groups=20, strides=[{3},{3}], "
                      "pads=[{4},{4},{4},{4}]), {5}), "
                      "low=0.0, high=6.0)\n conv(b, {2}) }}",
                      weights({20, 1, 1, 6}, 40), weights({20, kernel, kernel, 1}, 41),
                      weights({6, 1, 1, 20}, 42), stride, kernel / 2, weights({20}, 43)));
  // The residual is the strip's input; the chain ends in a value that two read.
  check(fmt::format(
      "graph(x: f32[1,16,14,8]) {{\n y = neg(x)\n"
      " b = conv(clamp(conv(y, {}), low=0.0), {}, groups=24, pads=[1,1,1,1])\n"
      " z = add(conv(clamp(b, low=0.0), {}), y)\n p: conv(z, {}, pads=[1,1,1,1]), q: exp(z) }}",
      weights({24, 1, 1, 8}, 44), weights({24, 3, 3, 1}, 45), weights({8, 1, 1, 24}, 46),
      weights({3, 3, 3, 8}, 47)));
  // Elementwise calls on operands of their own stand between convolutions.
  check(fmt::format(
      "graph(x: f32[1,12,11,9], g: f32[1,1,1,9]) {{\n a = clamp(add(mul(x, g), {}), low=0.0)\n"
      " conv(clamp(conv(a, {}), low=0.0), {}, pads=[1,1,1,1], strides=[2,1]) }}",
      weights({9}, 48), weights({17, 1, 1, 9}, 49), weights({5, 3, 3, 17}, 50)));
}

TEST_F(Compile, PicturesThatComeAsPlanes) {
  for (const auto* attributes :
       {", strides=[2,2], pads=[1,1,1,1]", ", strides=[4,4]", ", dilations=[2,2], pads=[0,1,2,3]"})
    check(fmt::format(
        "graph(x: f32[2,3,16,21]) {{ clamp(conv(transpose(x, axes=[0,2,3,1]), {}{}), low=0.0) }}",
        weights({18, 4, 4, 3}, 51), attributes));
}

TEST_F(Compile, PartsOfConcatenationsAreMadeInPlace) {
  check(fmt::format(
      "graph(x: f32[1,9,10,8]) {{\n a = clamp(conv(x, {}), low=0.0)\n b = conv(a, {}, "
      "pads=[1,1,1,1])\n"
      " c = concat(a, b, x, axis=3)\n conv(clamp(c, low=-1.0), {}, pads=[1,1,1,1]) }}",
      weights({16, 1, 1, 8}, 52), weights({5, 3, 3, 16}, 53), weights({7, 3, 3, 29}, 54)));
  // As DenseNet has it: each is the one before and more.
  check(
      fmt::format("graph(x: f32[1,6,8,8]) {{\n a = conv(x, {0})\n b = conv(clamp(a, low=0.0), {1}, "
                  "pads=[1,1,1,1])\n"
                  " ab = concat(a, b, axis=3)\n c = conv(clamp(ab, low=0.0), {2}, pads=[1,1,1,1])\n"
                  " abc = concat(a, b, c, axis=3)\n conv(clamp(abc, low=0.0), {3}) }}",
                  weights({12, 1, 1, 8}, 55), weights({4, 3, 3, 12}, 56),
                  weights({4, 3, 3, 16}, 57), weights({10, 1, 1, 20}, 58)));
  // The whole is an output, a part is read by others, one part comes twice.
  check(
      fmt::format("graph(x: f32[1,5,6,4]) {{\n a = conv(x, {})\n b = neg(a)\n"
                  " y: concat(a, b, a, axis=3), z: exp(b), w: concat(b, x, axis=-1) }}",
                  weights({6, 1, 1, 4}, 59)));
}

TEST_F(Compile, ChannelsAreReadWhereTheyAre) {
  check(
      fmt::format("graph(x: f32[1,9,8,20]) {{\n v = conv(x, {})\n"
                  " a = slice(v, starts=[0,0,0,2], extents=[1,9,8,7], steps=[1,1,1,1])\n"
                  " b = slice(v, starts=[0,0,0,12], extents=[1,9,8,7], steps=[1,1,1,1])\n"
                  " p: conv(concat(a, b, axis=3), {}), q: conv(a, {}, pads=[1,1,1,1]),\n"
                  " r: conv(b, {}, groups=7, pads=[1,1,1,1]), s: concat(b, a, neg(b), axis=3) }}",
                  weights({24, 1, 1, 20}, 61), weights({18, 1, 1, 14}, 62),
                  weights({3, 3, 3, 7}, 63), weights({7, 3, 3, 1}, 64)));
}

TEST_F(Compile, PoolingMeansAndReductionsOfRows) {
  for (const auto* attributes :
       {"window=[3,3], strides=[2,2], pads=[1,1,1,1]", "window=[2,3], strides=[1,2]",
        "window=[5,5], pads=[2,2,2,2]", "window=[2,2], dilations=[2,3], pads=[0,1,2,0]"})
    for (const auto* op : {"max_pool", "average_pool"})
      check(fmt::format("graph(x: f32[2,7,9,19]) {{ {}(conv(x, {}), {}) }}", op,
                        weights({21, 1, 1, 19}, 60), attributes));
  check("graph(x: f32[2,7,9,19]) { reduce_mean(x, axes=[1,2]) }");
  for (const auto* op : {"reduce_mean", "reduce_sum", "reduce_max", "reduce_min"})
    for (const int channels : {1, 16, 71})
      check(fmt::format("graph(x: f32[2,3,{}]) {{ {}(x, axes=[-1]) }}", channels, op));
}

TEST_F(Compile, ResidualsAndGatesInTheEpilogue) {
  check(fmt::format(
      "graph(x: f32[1,5,5,24], r: f32[1,5,5,40], g: f32[1,1,1,40], p: f32[1,5,5,1]) {{\n"
      " v = add(conv(x, {}), {})\n h = mul(v, sigmoid(v))\n"
      " clamp(mul(mul(add(h, r), g), p), low=0.0) }}",
      weights({40, 1, 1, 24}, 6), weights({40}, 7)));
}

TEST_F(Compile, MatrixProductsWithFixedAndComputedWeights) {
  check(fmt::format("graph(x: f32[3,7,20]) {{ matmul(x, {}) }}", weights({20, 37}, 8)));
  check("graph(a: f32[2,3,9,20], b: f32[2,3,20,18]) { matmul(a, b) }");
  check("graph(a: f32[2,1,9,20], b: f32[3,20,18]) { matmul(a, b) }");
  check("graph(a: f32[9,20], b: f32[20,18]) { matmul(a, b) }");
  check(fmt::format("graph(x: f32[2,9,20]) {{ matmul(x, {}) }}", weights({2, 20, 37}, 9)));
  check(fmt::format("graph(x: f32[2,1,9,20]) {{ matmul(x, {}) }}", weights({3, 20, 18}, 10)));
}

TEST_F(Compile, BatchesOfProductsBeforeWindows) {
  check(fmt::format(
      "graph(a: f32[2,5,6,4], b: f32[2,5,4,7]) {{ conv(matmul(a, b), {}, pads=[1,1,1,1]) }}",
      weights({3, 3, 3, 7}, 12)));
}

TEST_F(Compile, ValuesWithoutElementsCostNothing) {
  check(
      fmt::format("graph(x: f32[2,3]) {{\n"
                  " none = slice(x, starts=[0,0], extents=[0,3], steps=[1,1])\n"
                  " a: concat(matmul(none, {0}), matmul(x, {0}), axis=0),\n"
                  " b: matmul(slice(x, starts=[0,0], extents=[2,0], steps=[1,1]),\n"
                  "   slice({0}, starts=[0,0], extents=[0,4], steps=[1,1])) }}",
                  weights({3, 4}, 11)));
}

// Integers of a constant.
std::string integers(DType type, const Shape& shape, unsigned seed, int low, int high) {
  std::mt19937 rng(seed);
  Tensor tensor(type, shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.set_integer(i, low + static_cast<int>(rng() % static_cast<unsigned>(high - low + 1)));
  return print(tensor);
}

TEST_F(Compile, IntegerConvolutionsAreExact) {
  compile_for_tiles_too();
  for (const int channels : {3, 16})
    for (const auto* attributes : {", pads=[1,1,1,1]", ", pads=[0,0,1,1], strides=[2,2]",
                                   ", pads=[2,2,2,2], dilations=[2,2]", ""}) {
      const auto tail = [&](int outputs) {
        return fmt::format("requantize(add(v, {}), {}, {}, zero=-3, low=-120, rounding=\"{}\")",
                           integers(DType::i32, {outputs}, 2, -4000, 4000),
                           integers(DType::i32, {outputs}, 3, 1 << 30, 2147483647),
                           integers(DType::i32, {outputs}, 4, -9, -6),
                           channels == 3 ? "once" : "twice");
      };
      check(fmt::format("graph(x: i8[2,8,11,{0}]) {{ v = conv(x, {1}{2}, x_zero=-7)\n {3} }}",
                        channels, integers(DType::i8, {19, 3, 3, channels}, 5, -127, 127),
                        attributes, tail(19)));
      check(fmt::format(
          "graph(x: i8[2,8,11,{0}]) {{ v = conv(x, {1}, groups={0}{2}, x_zero=5)\n {3} }}",
          channels, integers(DType::i8, {channels, 3, 3, 1}, 6, -127, 127), attributes,
          tail(channels)));
      check(fmt::format("graph(x: u8[1,8,11,{0}]) {{ conv(x, {1}{2}, x_zero=128, w_zero=121) }}",
                        channels, integers(DType::u8, {19, 3, 3, channels}, 7, 0, 255),
                        attributes));
      check(fmt::format(
          "graph(x: u8[1,8,11,{0}]) {{ conv(x, {1}, groups={0}{2}, x_zero=128, w_zero=121) }}",
          channels, integers(DType::u8, {channels, 3, 3, 1}, 8, 0, 255), attributes));
    }
}

// By one multiply-add, by 64 bits with and without the zero, or as the operator does it: whichever
// fits all channels. The sums reach every result.
TEST_F(Compile, RequantisationIsExactInEveryWay) {
  const auto all_shifts = {std::pair(-6, -6), std::pair(-9, -6), std::pair(-31, -6),
                           std::pair(-9, 0)};
  for (const int channels : {1, 19})
    for (const auto& [low_shift, high_shift] : all_shifts) {
      if (channels == 1 && high_shift != low_shift) continue;
      std::string results;
      for (const auto* limits : {"zero=-3", "zero=-128, high=100", "zero=7, low=7",
                                 "zero=140, low=0, high=255, to=\"u8\""})
        for (const auto* rounding : {"once", "twice"})
          results += fmt::format("{} y{}: requantize(conv(x, {}), {}, {}, rounding=\"{}\", {})",
                                 results.empty() ? "" : ",", results.size(),
                                 integers(DType::i8, {19, 1, 1, 16}, 5, -127, 127),
                                 integers(DType::i32, {channels}, 3, 1 << 30, 2147483647),
                                 integers(DType::i32, {channels}, 4, low_shift, high_shift),
                                 rounding, limits);
      check(fmt::format("graph(x: i8[1,7,9,16]) {{{} }}", results));
    }
}

// Weights of 7 bits meet bytes in pairs that fit 16 bits, wherever the zero point lies.
TEST_F(Compile, ConvolutionsOfBytesAreExact) {
  for (const auto* type : {"u8", "i8"})
    for (const auto* attributes : {", pads=[1,1,1,1]", ", pads=[0,0,1,1], strides=[2,2], x_zero=7",
                                   ", pads=[2,2,2,2], dilations=[2,2], x_zero=7", ""}) {
      check(fmt::format("graph(x: {}[2,8,11,3]) {{ conv(x, {}{}) }}", type,
                        integers(DType::i8, {19, 3, 3, 3}, 5, -64, 64), attributes));
      check(fmt::format("graph(x: {}[1,8,11,16]) {{ add(conv(x, {}, groups=2{}), {}) }}", type,
                        integers(DType::i8, {22, 3, 3, 8}, 6, -64, 64), attributes,
                        integers(DType::i32, {22}, 2, -4000, 4000)));
    }
  for (const auto* type : {"u8", "i8"})
    for (const auto* attributes : {"", ", strides=[2,2], x_zero=3"})
      check(fmt::format("graph(x: {}[2,8,11,64]) {{ conv(x, {}{}) }}", type,
                        integers(DType::i8, {40, 1, 1, 64}, 7, -64, 64), attributes));
}

// Weights of 8 bits meet bytes in orders of their own, by twos and by fours; runs that fill whole
// blocks of inputs and that do not, windows that reach outside the picture.
TEST_F(Compile, PickedConvolutionsOfBytesAreExact) {
  for (const auto* type : {"u8", "i8"})
    for (const auto& [inputs, outputs, most] : {std::tuple{16, 19, 72},
                                                {18, 5, 80},
                                                {24, 33, 60},
                                                {64, 40, 40},
                                                {78, 20, 64},
                                                {13, 40, 63},
                                                {31, 20, 60}})
      for (const auto& [size, attributes] : {std::pair{1, ""},
                                             {1, ", strides=[2,2], x_zero=3"},
                                             {3, ", pads=[1,1,1,1]"},
                                             {3, ", pads=[1,1,1,1], x_zero=7"},
                                             {3, ", pads=[0,0,1,1], strides=[2,2]"},
                                             {3, ", pads=[12,12,12,12], dilations=[12,12]"}}) {
        const auto text =
            fmt::format("graph(x: {}[2,8,21,{}]) {{ add(conv(x, {}{}), {}) }}", type, inputs,
                        integers(DType::i8, {outputs, size, size, inputs}, 9, -most, most),
                        attributes, integers(DType::i32, {outputs}, 2, -4000, 4000));
        const auto graph = *parse_graph(text, core_ops());
        EXPECT_EQ(make_schedule(graph, *find_target("x86_64_v3")).schedules[0].kernel,
                  "gemm/picked");
        check(text);
      }
  check(fmt::format("graph(x: u8[1,8,11,48]) {{ conv(x, {}, groups=2, x_zero=3) }}",
                    integers(DType::i8, {22, 3, 3, 24}, 6, -70, 70)));
  for (const int inputs : {14, 15, 29, 30, 45, 46, 47})
    check(fmt::format("graph(x: u8[1,6,11,{}]) {{ conv(x, {}, groups=2, x_zero=3) }}", 2 * inputs,
                      integers(DType::i8, {40, 1, 1, inputs}, 6, -60, 60)));
}

// Runs of inputs that fill tiles and that do not, rows that are tiles and that are cut into some,
// panels of channels that end in every place; parts of concatenations and slices beside them.
TEST_F(Compile, ProductsOfBytesOnTilesAreExact) {
  targets_ = testing_support::tile_targets();
  if (targets_.empty()) targets_ = host_targets();
  for (const auto* type : {"u8", "i8"}) {
    for (const auto& [inputs, outputs] : {std::pair{16, 5}, {64, 24}, {64, 16}, {100, 33}})
      check(fmt::format("graph(x: {}[1,5,11,{}]) {{ add(conv(x, {}, x_zero=7), {}) }}", type,
                        inputs, integers(DType::i8, {outputs, 1, 1, inputs}, 5, -128, 127),
                        integers(DType::i32, {outputs}, 2, -4000, 4000)));
    for (const int columns : {5, 20, 45})
      for (const auto* attributes :
           {", pads=[1,1,1,1], x_zero=3", ", pads=[0,0,1,1], strides=[2,2]",
            ", pads=[2,2,2,2], dilations=[2,2], x_zero=7"})
        check(fmt::format(
            "graph(x: {}[2,9,{},{}]) {{ conv(x, {}{}) }}", type, columns, columns == 20 ? 64 : 20,
            integers(DType::i8, {19, 3, 3, columns == 20 ? 64 : 20}, 6, -128, 127), attributes));
  }
  const auto layer = [](std::string_view x, int inputs, unsigned seed) {
    return fmt::format(
        "rescale(conv({}, {}, x_zero=9), f32[1] [0.002], zero=9, low=0, high=255, to=\"u8\")", x,
        integers(DType::i8, {48, 1, 1, inputs}, seed, -64, 64));
  };
  check("graph(x: u8[1,8,11,16]) {\n a = " + layer("x", 16, 1) + "\n b = " + layer("a", 48, 2) +
        "\n c = concat(a, b, axis=3)\n d = slice(c, starts=[0,0,0,20], extents=[1,8,11,64], "
        "steps=[1,1,1,1])\n e = slice(c, starts=[0,0,0,30], extents=[1,8,11,40], "
        "steps=[1,1,1,1])\n p: " +
        layer("c", 96, 3) + ", q: " + layer("d", 64, 4) + ", r: " + layer("e", 40, 5) +
        ", s: " + layer("b", 48, 6) + " }");
  // Part of a pixel, which is copied to pixels as far apart as those that it is part of.
  check(
      fmt::format("graph(x: u8[1,8,11,16]) {{\n a = rescale(conv(x, {}), f32[1] [0.002], zero=9, "
                  "low=0, high=255, "
                  "to=\"u8\")\n b = slice(a, starts=[0,0,0,20], extents=[1,8,11,40], "
                  "steps=[1,1,1,1])\n p: {} }}",
                  integers(DType::i8, {64, 1, 1, 16}, 9, -64, 64), layer("b", 40, 7)));
}

// Taps that are outside the picture for all columns of a tile, on either side or on both.
TEST_F(Compile, TapsOfWideWindowsReachBeyondThePicture) {
  for (const auto* attributes :
       {"pads=[12,12,12,12], dilations=[12,12]", "pads=[9,30,9,30], dilations=[9,30]",
        "pads=[12,12,12,12], dilations=[12,12], strides=[2,2]",
        "pads=[0,24,2,0], dilations=[1,12]"}) {
    check(fmt::format("graph(x: f32[2,20,20,32]) {{ clamp(add(conv(x, {}, {}), {}), low=0.0) }}",
                      weights({19, 3, 3, 32}, 1), attributes, weights({19}, 2)));
    check(fmt::format("graph(x: u8[1,20,21,32]) {{ conv(x, {}, x_zero=7, {}) }}",
                      integers(DType::i8, {19, 3, 3, 32}, 6, -128, 127), attributes));
  }
}

// By plain products, which mean what vpdpbusd does.
TEST_F(Compile, DotProductsOfBytesAreExact) {
  if (targets_[0].arch == Arch::x86_64 && targets_[0].lanes >= 8) {
    targets_ = {*find_target("x86_64_v3")};
    targets_[0].features |= cpu_avx_vnni;
  }
  for (const auto* type : {"u8", "i8"})
    for (const int channels : {3, 8})
      check(fmt::format("graph(x: {}[2,8,11,{}]) {{ conv(x, {}, pads=[1,1,1,1], x_zero=7) }}", type,
                        channels, integers(DType::i8, {19, 3, 3, channels}, 5, -128, 127)));
  for (const auto* type : {"u8", "i8"})
    for (const auto* window :
         {"3,3,1 pads=[1,1,1,1], x_zero=7", "3,3,1 pads=[1,1,1,1], strides=[2,2]",
          "5,5,1 pads=[2,2,2,2], x_zero=100", "3,3,1 pads=[2,2,2,2], dilations=[2,2]",
          "4,3,1 x_zero=3", "7,1,1 pads=[3,0,3,0]", "1,3,1 pads=[0,1,0,1]"}) {
      const auto parts = split(window, ' ');
      const auto extents = split(parts[0], ',');
      for (const int channels : {5, 24, 83})
        check(fmt::format(
            "graph(x: {0}[2,9,11,{1}]) {{ add(conv(x, {2}, groups={1}, {3}), {4}) }}", type,
            channels,
            integers(DType::i8, {channels, std::stol(extents[0]), std::stol(extents[1]), 1}, 6,
                     -128, 127),
            std::string_view(window).substr(parts[0].size() + 1),
            integers(DType::i32, {channels}, 2, -4000, 4000)));
    }
}

// A convolution writes margins of its result, where the next reads bytes as they are.
TEST_F(Compile, ConvolutionsOfBytesReadMargins) {
  compile_for_tiles_too();
  const auto layer = [](std::string_view x, unsigned seed, int zero) {
    return fmt::format(
        "rescale(conv({}, {}, x_zero={}, pads=[1,1,1,1]), f32[1] [0.002], zero=9, low=0, high=255, "
        "to=\"u8\")",
        x, integers(DType::i8, {16, 3, 3, 16}, seed, -64, 64), zero);
  };
  check("graph(x: u8[1,8,11,16]) { " + layer(layer(layer("x", 1, 5), 2, 9), 3, 9) + " }");
}

// Factors around 1 / 3000, one for each channel.
std::string factors(int channels) {
  Tensor tensor(DType::f32, {channels});
  for (int64_t i = 0; i < channels; ++i)
    tensor.set_real(i, static_cast<double>(i % 7 + 1) / 9001.0);
  return print(tensor);
}

TEST_F(Compile, IntegerConvolutionsWithRealFactors) {
  for (const int channels : {6, 16, 40}) {
    const auto tail = [&](int outputs, std::string_view to, int low) {
      return fmt::format("rescale(add(v, {}), {}, zero={}, low={}, high={}, to=\"{}\")",
                         integers(DType::i32, {outputs}, 2, -4000, 4000), factors(outputs), low + 9,
                         low, low + 250, to);
    };
    check(fmt::format("graph(x: u8[2,8,11,{0}]) {{ v = conv(x, {1}, x_zero=7)\n {2} }}", channels,
                      integers(DType::i8, {24, 1, 1, channels}, 5, -127, 127), tail(24, "u8", 0)));
    check(fmt::format(
        "graph(x: i8[1,8,11,{0}]) {{ v = conv(x, {1}, x_zero=-7, pads=[1,1,1,1], groups=2, "
        "strides=[2,2])\n {2} }}",
        channels, integers(DType::i8, {10, 3, 3, channels / 2}, 5, -127, 127),
        tail(10, "i8", -128)));
    check(fmt::format(
        "graph(x: u8[1,8,11,{0}]) {{ v = conv(x, {1}, x_zero=7, pads=[1,1,1,1], groups={0})\n {2} "
        "}}",
        channels, integers(DType::i8, {channels, 3, 3, 1}, 5, -127, 127),
        tail(channels, "i16", -128)));
    for (const auto* rest : {"0.0001]", "0.5]", "0.7]", "0.5], zero=7, low=0, high=255, to=\"u8\"",
                             "100], zero=-99, low=-32768, high=32767, to=\"i16\""})
      check(fmt::format("graph(x: u8[1,8,11,{0}]) {{ rescale(conv(x, {1}), f32[1] [{2}) }}",
                        channels, integers(DType::i8, {17, 1, 1, channels}, 5, -127, 127), rest));
  }
}

TEST_F(Compile, IntegerConvolutionsMeetAnotherValue) {
  compile_for_tiles_too();
  const auto steps = [](std::string_view x, unsigned seed) {
    return fmt::format("rescale(conv({}, {}), f32[1] [0.003], zero=9, low=0, high=255, to=\"u8\")",
                       x, integers(DType::i8, {24, 1, 1, 24}, seed, -100, 100));
  };
  for (const auto* op : {"add", "mul"})
    for (const auto* other : {"[2,8,11,24]", "[1,1,1,24]", "[2,8,11,1]", "[1,1,1,1]"})
      check(
          fmt::format("graph(x: u8[2,8,11,24], y: i8{}) {{ rescaled_{}({}, y, a_scale=0.5, "
                      "a_zero=9, b_scale=0.3, scale=0.7, zero=-20) }}",
                      other, op, steps("x", 5)));
  // Only one of two convolutions takes the sum, and requantised integers may be added too.
  check(
      fmt::format("graph(x: u8[2,8,11,24]) {{ a = {}\n b = {}\n rescaled_add(a, b, a_zero=9, "
                  "b_zero=9, scale=1.5) }}",
                  steps("x", 5), steps("x", 6)));
  check(fmt::format(
      "graph(x: u8[2,8,11,24], y: u8[2,8,11,24]) {{ rescaled_add(y, requantize(conv("
      "x, {}), {}, {}, low=-120), b_scale=0.2) }}",
      integers(DType::i8, {24, 1, 1, 24}, 5, -100, 100),
      integers(DType::i32, {24}, 3, 1 << 30, 2147483647), integers(DType::i32, {24}, 4, -9, -6)));
  for (const auto* other : {"[2,8,11,24]", "[1,1,1,24]", "[2,8,11,1]", "[1,1,1,1]"})
    check(fmt::format(
        "graph(x: u8[2,8,11,24], y: i8{}) {{ quantized_add(y, requantize(conv("
        "x, {}), {}, {}, low=-120), a_shift=-1, b_multiplier=-1500000000, low=-100) }}",
        other, integers(DType::i8, {24, 1, 1, 24}, 5, -100, 100),
        integers(DType::i32, {24}, 3, 1 << 30, 2147483647), integers(DType::i32, {24}, 4, -9, -6)));
}

TEST_F(Compile, IntegersStandInStripsAndMeetAResidual) {
  compile_for_tiles_too();
  for (const auto* scales :
       {"a_scale=0.0371, b_scale=0.0523, scale=0.0611", "a_scale=0.5, b_scale=0.25, scale=0.5"})
    for (const auto* stride : {"", ", strides=[2,2]"}) {
      const bool is_kept = std::string_view(stride).empty();
      check(fmt::format(
          "graph(x: u8[1,16,14,8]) {{\n"
          " a = rescale(conv(x, {}, x_zero=7), f32[1] [0.003], zero=5, low=0, high=255, "
          "to=\"u8\")\n"
          " b = rescale(conv(a, {}, groups=80, pads=[1,1,1,1], x_zero=5{}), f32[1] [0.004], "
          "zero=9, "
          "low=0, high=255, to=\"u8\")\n"
          " c = rescale(conv(b, {}, x_zero=9), f32[1] [0.002], zero=100, low=0, high=255, "
          "to=\"u8\")\n {} }}",
          integers(DType::i8, {80, 1, 1, 8}, 5, -100, 100),
          integers(DType::i8, {80, 3, 3, 1}, 6, -100, 100), stride,
          integers(DType::i8, {8, 1, 1, 80}, 7, -100, 100),
          is_kept
              ? fmt::format("rescaled_add(x, c, a_zero=7, b_zero=100, zero=90, low=0, high=255, "
                            "to=\"u8\", {})",
                            scales)
              : std::string("c")));
    }
}

TEST_F(Compile, IntegersThatStandForReals) {
  for (const auto* shape : {"[2,3,5,19]", "[1,1,1,19]", "[2,3,5,1]", "[1,1,1,1]", "[1,3,1,19]"}) {
    check(
        fmt::format("graph(a: u8[2,3,5,19], b: i8{}) {{ rescaled_add(a, b, a_scale=0.5, a_zero=9, "
                    "b_scale=0.3, scale=0.7, zero=-20) }}",
                    shape));
    check(
        fmt::format("graph(a: i8[2,3,5,19], b: u8{}) {{ rescaled_mul(b, a, a_scale=0.01, "
                    "b_scale=0.3, scale=0.7, zero=20, low=0, high=200, to=\"u8\") }}",
                    shape));
  }
  // The sum of the second has ties that no multiply-add rounds as two shifts do.
  for (const auto* factors :
       {"a_multiplier=1234567891, a_shift=-1, b_multiplier=1987654321, multiplier=1600000000",
        "a_shift=-1, b_shift=-2, b_multiplier=-1073741824"})
    for (const auto* shape : {"[2,3,5,19]", "[1,1,1,19]", "[1,3,1,19]"})
      check(
          fmt::format("graph(a: u8[2,3,5,19], b: u8{}) {{ quantized_add(a, b, a_zero=120, "
                      "b_zero=131, zero=9, high=200, {}) }}",
                      shape, factors));
  for (const auto* type : {"u8", "i8", "i16", "u16"})
    for (const auto* rounding : {"even", "away"})
      check(
          fmt::format("graph(a: f32[2,3,19]) {{ quantize(a, scale=0.01, zero=3, to=\"{}\", "
                      "rounding=\"{}\") }}",
                      type, rounding));
  for (const auto* type : {"u8", "i8", "i16", "u16", "i32"})
    for (const auto* settings :
         {"f32[1] [0.3], i32[1] [4]", "f32[3] [1 2 3], i32[3] [5 6 7], axis=1",
          "f32[3] [1 2 3], i32[3] [5 6 7], axis=-1"})
      check(fmt::format("graph(a: {}[2,3,3]) {{ dequantize(a, {}) }}", type, settings));
  check("graph(a: i32[4,19]) { rescale(a, f32[1] [1e-8], zero=5, low=0, high=255, to=\"u8\") }");
  check("graph(a: u8[4,19]) { exp(dequantize(a, f32[1] [0.01], i32[1] [4])) }");
}

TEST_F(Compile, PicturesOfOneRowBesideMargins) {
  check(fmt::format(
      "graph(x: f32[2,1,1,4]) {{ y = matmul(x, {})\n z = neg(y)\n a = concat(y, z, axis=3)\n "
      "conv(a, {}, pads=[1,1,1,1], groups=8) }}",
      weights({4, 4}, 2), weights({8, 3, 3, 1}, 1)));
}

TEST_F(Compile, RandomGraphs) {
  SCOPED_TRACE(fmt::format("--gtest_random_seed={}", seed()));
  tolerance_ = {1e-4, 1e-4};
  std::mt19937 rng(seed());
  for (int round = 0; round < 40; ++round) {
    const auto graph = testing_support::random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    const auto best = optimise(*graph);
    ASSERT_TRUE(best) << best.error().text;
    check(print(round % 4 == 0 ? *graph : *best));
  }
}

TEST_F(Compile, OutputsThatAreInputsConstantsOrViews) {
  check(
      "graph(x: f32[2,3]) { v = neg(x)\n a: x, b: f32[2] [1 2], c: reshape(v, shape=[6]), d: v, e: "
      "v }");
}

TEST(CompiledModule, MayHaveNothingToCompute) {
  for (const auto* text :
       {"graph(x: f32[2,3]) { reshape(x, shape=[6]) }", "graph(x: f32[2,3]) { f32[2] [1 2] }"}) {
    const auto graph = parse_graph(text, core_ops());
    ASSERT_TRUE(graph) << graph.error().text;
    expect_compiles_to_itself(*graph, random_inputs_of(*graph, 1, any_input), close,
                              host_targets());
  }
}

TEST(CompiledModule, OfVectorsOfFourComputesTheSame) {
  const auto target = *find_target("x86_64_v2");
  if (!runs_here(target)) GTEST_SKIP() << "this computer cannot run x86_64_v2";
  const auto graph = parse_graph(
      fmt::format("graph(x: f32[1,9,11,5]) {{ v = clamp(conv(x, {}, pads=[1,1,1,1]), low=0.0)\n "
                  "w = conv(v, {}, groups=19)\n y: w, z: softmax(exp(w), axis=3) }}",
                  weights({19, 3, 3, 5}, 1), weights({19, 3, 3, 1}, 2)),
      core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  expect_compiles_to_itself(*graph, random_inputs_of(*graph, 1, any_input), close, {target});
}

TEST(CompiledModule, WithoutElementsAtItsEdgeIsRefused) {
  const auto graph = parse_graph(
      "graph(x: f32[4]) { y: slice(x, starts=[4], extents=[0], steps=[1]) }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto compiled = compile(*graph, {.targets = {*find_target("x86_64_v3")}});
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().text, "'y' is f32[0], which has no elements");
}

TEST(CompiledModule, OfHalvesIsRefused) {
  const auto graph = parse_graph("graph(x: f16[4]) { cast(x, to=\"f32\") }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto compiled = compile(*graph, {.targets = {*find_target("x86_64_v3")}});
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, Code::unsupported);
  EXPECT_EQ(compiled.error().text, "'x' is f16[4]; inputs and outputs are not f16 or bf16 yet");
}

TEST(CompiledModule, OfMoreMemoryThan32BitsAddressIsRefused) {
  const auto graph = parse_graph("graph(x: f32[268435456]) { clamp(x, low=0.0) }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto compiled = compile(*graph, {.targets = {*find_target("armv7")}});
  ASSERT_FALSE(compiled);
  EXPECT_EQ(
      compiled.error().text,
      "target 'armv7': weights, inputs, outputs and what is in between take 2147483712 bytes, "
      "a 32-bit machine has at most 2147483647");
}

// Lines of the dynamic symbol table that name something the library wants from others.
std::string undefined_symbols(const std::string& target) {
  auto graph = parse_graph("graph(x: f32[3,50]) { exp(softmax(add(x, x))) }", core_ops());
  auto compiled = compile(*graph, {.targets = {*find_target(target)}});
  if (!compiled) return compiled.error().text;
  const auto folder = TemporaryFolder::make();
  const auto path = folder->path() / "compiled.so";
  if (!write_file(path, compiled->object)) return "cannot write";
  const auto listed = run_process({"readelf", "-W", "--dyn-syms", path.string()});
  if (!listed || listed->status != 0) return "readelf failed";
  std::string found;
  for (const auto& line : split(listed->output, '\n'))
    if (line.find(" UND ") != line.npos && line.find(" 0: ") == line.npos) found += line + "\n";
  return listed->output.find("turnstone_module") == std::string::npos ? "no module" : found;
}

TEST(CompiledModule, HasNoUndefinedSymbol) {
  std::set<std::string> seen;
  for (const auto& target : target_names()) {
    if (!seen.insert(find_target(target)->cpu).second) continue;
    EXPECT_EQ(undefined_symbols(target), "") << target;
  }
}

}  // namespace
}  // namespace turnstone
