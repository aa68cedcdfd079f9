#include "ir/text.h"

#include <gtest/gtest.h>

#include "ops/ops.h"

namespace turnstone {
namespace {

std::string error_of(std::string_view text) {
  const auto graph = parse_graph(text, core_ops());
  return graph ? "no error" : graph.error().text;
}

TEST(Text, PrintsWhatItParsed) {
  const auto graph = parse_graph(R"(
    # outputs may be nameless
    graph(x: f32[1,4], "input:0": u8[2,2] scale=0.5 zero=128) {
      y = clamp(x, low=0, high=6.5)
      z = add(y, f32[4] [1 2 -3 inf])
      "scores per class": z, reshape("input:0", shape=[4]) scale=0.25 zero=-1
    })",
                                 core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto text = print(*graph);
  EXPECT_EQ(text,
            "graph(x: f32[1,4], \"input:0\": u8[2,2] scale=0.5 zero=128) {\n"
            "  v0 = clamp(x, low=0.0, high=6.5)  # f32[1,4]\n"
            "  v1 = add(v0, f32[4] [1 2 -3 inf])  # f32[1,4]\n"
            "  v2 = reshape(\"input:0\", shape=[4])  # u8[4]\n"
            "  \"scores per class\": v1, out: v2 scale=0.25 zero=-1\n"
            "}\n");
  const auto again = parse_graph(text, core_ops());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(print(*again), text);
}

TEST(Text, InputsMayHaveTheNamesThatValuesGet) {
  const auto graph = parse_graph("graph(v0: f32[9], c1: f32[9]) { neg(add(v0, c1)) }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto text = print(*graph);
  EXPECT_NE(text.find("v1 = add(v0, c1)"), text.npos) << text;
  const auto again = parse_graph(text, core_ops());
  ASSERT_TRUE(again) << again.error().text << text;
  EXPECT_EQ(print(*again), text);
}

TEST(Text, LiteralCallsEndWhereTheyEnd) {
  EXPECT_FALSE(parse_literal_call("softmax(f32[2]) axis=0", core_ops()));
  EXPECT_FALSE(parse_literal_call("softmax(f32[2], axis=0, axis=0)", core_ops()));
}

TEST(Text, CallsNest) {
  const auto graph = parse_graph("graph(x: f32[4]) { clamp(clamp(x, low=0), high=9) }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  EXPECT_EQ(graph->calls().size(), 2u);
}

TEST(Text, LeavesOutWhatNoOutputNeeds) {
  const auto graph = parse_graph("graph(x: f32[4]) { y = exp(x)\n neg(x) }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  EXPECT_EQ(print(*graph).find("exp"), std::string::npos);
}

TEST(Text, LongConstantsAreNamedAndMayBeElided) {
  const auto graph =
      parse_graph("graph(x: i8[9]) { add(x, i8[9] [1 2 3 4 5 6 7 8 9]) }", core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  EXPECT_NE(print(*graph).find("c0 = i8[9] [1 2 3 4 5 6 7 8 9]"), std::string::npos);
  EXPECT_NE(print(*graph, 4).find("c0 = i8[9] {...}"), std::string::npos);
  EXPECT_NE(error_of(print(*graph, 4)), "no error");
}

TEST(Text, ErrorsNameTheLineAndTheThing) {
  EXPECT_EQ(error_of("model(x: f32[4]) {}"), "line 1: expected 'graph'");
  EXPECT_EQ(error_of("graph(x: f31[4]) {}"), "line 1: 'f31' is not an element type");
  EXPECT_EQ(error_of("graph(x: f32[-4]) { x }"), "line 1: extent -4 is negative");
  EXPECT_EQ(error_of("graph(x: f32[4], x: f32[4]) { x }"), "line 1: 'x' is defined twice");
  EXPECT_EQ(error_of("graph(x: f32[4]) {\n y = neg(x)\n y = neg(x)\n y }"),
            "line 3: 'y' is defined twice");
  EXPECT_EQ(error_of("graph(x: f32[4]) {\n exp(y) }"), "line 2: 'y' is not a value");
  EXPECT_EQ(error_of("graph(x: f32[4]) {\n\n expo(x) }"), "line 3: 'expo' is not an operator");
  EXPECT_EQ(error_of("graph(x: f32[4]) { exp(x, 1=2) }"), "line 1: exp: attribute '1' is unknown");
  EXPECT_EQ(error_of("graph(x: f32[4]) { clamp(x, low=0, low=1) }"),
            "line 1: attribute 'low' is given twice");
  EXPECT_EQ(error_of("graph(x: f32[4]) { add(x, f32[4]) }"),
            "line 1: a constant needs its elements in brackets");
  EXPECT_EQ(error_of("graph(x: f32[4]) { add(x, f32[4] [1 2 3]) }"),
            "line 1: 3 elements given, 4 wanted");
  EXPECT_EQ(error_of("graph(x: i8[1]) { add(x, i8[1] [128]) }"), "line 1: 128 is outside i8");
  EXPECT_EQ(error_of("graph(x: f32[4]) { a, b = neg(x)\n a }"), "line 1: 2 names for 1 results");
  EXPECT_EQ(error_of("graph(x: f32[4]) { y = neg(x) }"), "line 1: the graph has no output");
  EXPECT_EQ(error_of("graph(x: f32[4]) { x } x"), "line 1: 'x' stands behind the graph");
}

TEST(Text, DepthIsBounded) {
  std::string text = "graph(x: f32[4]) { ";
  for (int i = 0; i < 100; ++i) text += "neg(";
  text += "x" + std::string(100, ')') + " }";
  EXPECT_EQ(error_of(text), "line 1: nested deeper than 64 calls");
}

TEST(Text, SizeIsBounded) {
  EXPECT_NE(error_of("graph(x: f32[999999,999999]) { x }"), "no error");
  EXPECT_NE(error_of("graph(x: f32[1,1,1,1,1,1,1,1,1]) { x }"), "no error");
}

TEST(Text, TruncatedTextsAreErrorsAndNoMore) {
  const std::string whole =
      "graph(x: f32[2] scale=0.5 zero=1) { y = add(x, f32[2] [1 2])\n \"a\": y }";
  for (size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(parse_graph(whole.substr(0, n), core_ops())) << n;
}

TEST(Text, TensorsOfEveryTypePrintAndParse) {
  for (const auto* text :
       {"f32[2] [0.1 -inf]", "f16[2] [0.5 65504]", "bf16[1] [nan]", "f64[1] [0.1]",
        "i8[2] [-128 127]", "u8[1] [255]", "i16[1] [-32768]", "u16[1] [65535]",
        "i32[1] [-2147483648]", "u32[1] [4294967295]", "i64[1] [-9223372036854775808]",
        "u64[1] [18446744073709551615]", "bool[2] [0 1]", "f32[] [1]", "f32[0] []"}) {
    const auto tensor = parse_tensor(text);
    ASSERT_TRUE(tensor) << text << ": " << tensor.error().text;
    EXPECT_EQ(print(*tensor), text);
  }
}

}  // namespace
}  // namespace turnstone
