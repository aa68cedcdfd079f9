#include "passes/unsigned_bytes.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/testing_graphs.h"
#include "ops/testing_text.h"
#include "passes/testing.h"
#include "tensor/compare.h"

namespace turnstone {
namespace {

using testing_support::graph_of;

int64_t signed_values(const Graph& graph) {
  int64_t count = 0;
  for (const auto* made : graph.live_calls()) count += made->call.out[0].dtype == DType::i8;
  return count;
}

// Every result stays, bit for bit.
void expect_same(const Graph& after, const Graph& before) {
  for (const unsigned seed : {1, 2, 3}) {
    const auto inputs = testing_support::random_inputs_of(before, seed);
    const auto expected = evaluate(before, inputs);
    const auto actual = evaluate(after, inputs);
    ASSERT_TRUE(expected && actual);
    for (size_t i = 0; i < expected->size(); ++i) {
      ASSERT_EQ((*actual)[i].dtype(), (*expected)[i].dtype());
      ASSERT_EQ(compare((*actual)[i], (*expected)[i]).largest, 0) << "output " << i;
    }
  }
}

void expect_signed(std::string_view text, int64_t left) {
  SCOPED_TRACE(text);
  const auto before = graph_of(text);
  const auto after = with_unsigned_bytes(before);
  ASSERT_TRUE(after) << after.error().text;
  EXPECT_EQ(signed_values(*after), left) << print(*after);
  expect_same(*after, before);
}

constexpr std::string_view steps =
    "q = requantize(x, i32[1] [1234567890], i32[1] [-9], zero=-5, low=-100, high=120)\n";
std::string behind_steps(std::string_view rest) {
  return fmt::format("graph(x: i32[1,4,5,2]) {{ {} {} }}", steps, rest);
}

TEST(UnsignedBytes, AreThoseBetweenCalls) {
  const auto conv = [](std::string_view x) {
    return fmt::format("conv({}, i8[2,3,3,2] [{}], x_zero=-5, pads=[1,1,1,1])", x,
                       "1 -2 3 -4 5 -6 7 -8 9 -10 11 -12 13 -14 15 -16 17 -18 "
                       "-1 2 -3 4 -5 6 -7 8 -9 10 -11 12 -13 14 -15 16 -17 18");
  };
  const auto before = graph_of(behind_steps(conv("q")));
  EXPECT_EQ(print(*with_unsigned_bytes(before)),
            print(graph_of(fmt::format(
                "graph(x: i32[1,4,5,2]) {{ q = requantize(x, i32[1] [1234567890], i32[1] [-9], "
                "zero=123, low=28, high=248, to=\"u8\")\n conv(q, i8[2,3,3,2] [1 -2 3 -4 5 -6 7 "
                "-8 9 -10 11 -12 13 -14 15 -16 17 -18 -1 2 -3 4 -5 6 -7 8 -9 10 -11 12 -13 14 -15 "
                "16 -17 18], x_zero=123, pads=[1,1,1,1]) }}"))));
  expect_signed(behind_steps(conv("q")), 0);
  expect_signed("graph(x: i8[1,4,5,2]) { " + conv("x") + " }", 0);  // an input stays
  expect_signed(behind_steps("q"), 1);                              // an output too
  expect_signed(behind_steps("a: q, b: " + conv("q")), 1);
}

TEST(UnsignedBytes, PassThroughWhateverMovesThem) {
  for (const auto* rest :
       {"argmax(q, axis=1)",
        "dequantize(q, f32[2] [0.5 0.25], i32[2] [3 -4])",
        "cast(q, to=\"i32\")",
        "cast(q, to=\"f32\")",
        "argmax(lookup(q, LIST), axis=1)",
        "cast(max(q, i8[2] [-7 9]), to=\"i32\")",
        "cast(min(q, q), to=\"i32\")",
        "cast(max_pool(q, window=[2,2], pads=[1,1,1,1]), to=\"i32\")",
        "cast(pad(q, low=[0,1,2,0], high=[0,0,1,0], value=-5.0), to=\"i32\")",
        "cast(pad(q, low=[0,1,2,0], high=[0,0,1,0], mode=\"edge\"), to=\"i32\")",
        "cast(quantized_add(q, requantize(x, i32[1] [1834567890], i32[1] [-9]), a_zero=-5, "
        "low=-90, "
        "zero=7), to=\"i32\")",
        "cast(quantized_add(i8[2] [5 -6], q, b_zero=-5, low=-90), to=\"i32\")",
        "cast(quantized_mean(q, axes=[1,2], x_zero=-5, zero=8), to=\"i32\")",
        "cast(rescaled_add(q, i8[2] [5 -6], a_scale=0.5, a_zero=-5, b_scale=0.3, scale=0.7, "
        "zero=20), "
        "to=\"i32\")",
        "cast(rescaled_mul(q, q, a_scale=0.5, b_scale=0.3, a_zero=-5, low=-90), to=\"i32\")",
        "cast(quantize(dequantize(q, f32[1] [0.5], i32[1] [-5]), scale=0.7, zero=-9, to=\"i8\"), "
        "to=\"i32\")",
        "cast(concat(q, rescale(x, f32[1] [0.01]), axis=3), to=\"i32\")",
        "cast(resize(q, rows=8, columns=10, row_scale=2.0, column_scale=2.0, mode=\"nearest\"), "
        "to=\"i32\")",
        "cast(slice(transpose(reshape(q, shape=[4,5,2]), axes=[1,0,2]), starts=[0,1,0], "
        "extents=[5,2,2], steps=[1,1,1]), to=\"i32\")",
        "cast(gather(q, i64[2] [1 3], axis=1), to=\"i32\")",
        "cast(reduce_max(q, axes=[1]), to=\"i32\")",
        "cast(broadcast(reduce_min(q, axes=[1]), shape=[2,1,5,2]), to=\"i32\")",
        "quantized_softmax(reshape(q, shape=[20,2]), multiplier=1234567890, to=\"u8\")"}) {
    std::string text = rest;
    if (const auto at = text.find("LIST"); at != std::string::npos) {
      Tensor table(DType::i8, {256});
      for (int64_t i = 0; i < 256; ++i) table.set_integer(i, (i * 37) % 256 - 128);
      text.replace(at, 4, print(table));
    }
    expect_signed(behind_steps(text), 0);
  }
}

TEST(UnsignedBytes, NeedNoTableThatOnlyTakesASignOff) {
  Tensor table(DType::i8, {256});
  for (int64_t i = 0; i < 256; ++i) table.set_integer(i, i - 128);
  const auto before = graph_of(
      fmt::format("graph(x: u8[1,4,5,2]) {{ conv(lookup(x, {}), i8[1,1,1,2] [3 -4], x_zero=-3) }}",
                  print(table)));
  const auto after = with_unsigned_bytes(before);
  ASSERT_TRUE(after) << after.error().text;
  EXPECT_EQ(print(*after),
            print(graph_of("graph(x: u8[1,4,5,2]) { conv(x, i8[1,1,1,2] [3 -4], x_zero=125) }")));
  expect_same(*after, before);
}

TEST(UnsignedBytes, StaySignedWhereACallNeedsThemSo) {
  expect_signed(behind_steps("average_pool(q, window=[2,2])"), 2);
  expect_signed(behind_steps("argmax(average_pool(q, window=[2,2]), axis=1)"), 2);
  expect_signed(behind_steps("cast(q, to=\"u8\")"), 1);
  expect_signed(behind_steps("cast(neg(q), to=\"i32\")"), 2);
  // One that cannot be moved keeps what has to be of its type.
  expect_signed("graph(x: i32[1,4,5,2], y: i8[1,4,5,2]) { " + std::string(steps) +
                    " cast(concat(q, y, axis=3), to=\"i32\") }",
                2);
  expect_signed("graph(x: i32[1,4,5,2], y: i8[256]) { " + std::string(steps) +
                    " cast(lookup(q, y), to=\"i32\") }",
                1);
  expect_signed("graph(x: i32[2,1,1,2], y: i8[1,4,5,2]) { " + std::string(steps) + " conv(y, q) }",
                1);
}

TEST(UnsignedBytes, KeepWhatRandomGraphsCompute) {
  std::mt19937 rng(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  int moved = 0;
  for (int round = 0; round < 300; ++round) {
    const auto before = testing_support::optimised_random_graph(rng);
    ASSERT_TRUE(before) << before.error().text;
    const auto after = with_unsigned_bytes(*before);
    ASSERT_TRUE(after) << after.error().text << print(*before, 8);
    moved += signed_values(*after) < signed_values(*before);
    SCOPED_TRACE(print(*before, 8));
    if (signed_values(*after) < signed_values(*before)) expect_same(*after, *before);
  }
  EXPECT_GT(moved, 0);
}

}  // namespace
}  // namespace turnstone
