#include <gtest/gtest.h>

#include "base/process.h"
#include "base/text.h"
#include "codegen/testing.h"
#include "ops/testing_graphs.h"

namespace turnstone {
namespace {

using testing_support::append;
using testing_support::expect_compiles_to_itself;
using testing_support::random_inputs_of;

constexpr Tolerance close = {2e-5, 2e-5};
constexpr testing_support::InputRange any_input = {.reals = 1, .integers = 0};

std::vector<std::string> host_targets() {
  const auto native = find_target("native");
  if (native && native->name == "x86_64_v4") return {"x86_64_v4", "x86_64_v3"};
  return {"native"};
}

// Weights of `count` elements whose sums stay of order one.
std::string weights(const Shape& shape, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> real(-1, 1);
  Tensor tensor(DType::f32, shape);
  for (auto& x : tensor.mutable_as<float>()) x = real(rng);
  return print(tensor);
}

TEST(Target, OtherProgramsNamesAreHints) {
  constexpr std::string_view known = ", known: native, aarch64, x86_64_v3, x86_64_v4";
  EXPECT_EQ(find_target("arm64").error().text,
            fmt::format("target 'arm64' is unknown, did you mean 'aarch64'{}", known));
  EXPECT_EQ(find_target("AMD64").error().text,
            fmt::format("target 'AMD64' is unknown, did you mean 'x86_64_v3'{}", known));
  EXPECT_EQ(find_target("x86_64_v5").error().text,
            fmt::format("target 'x86_64_v5' is unknown, did you mean 'x86_64_v3'{}", known));
  EXPECT_EQ(find_target("sparc").error().text, fmt::format("target 'sparc' is unknown{}", known));
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
    expect_compiles_to_itself(all_, random_inputs_of(all_, 7, any_input), close, host_targets());
  }

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
  EXPECT_EQ(compiled.error().text, "'x' is f16[4]; f16 and bf16 are not computed with yet");
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
  for (const auto& target : target_names()) EXPECT_EQ(undefined_symbols(target), "") << target;
}

}  // namespace
}  // namespace turnstone
