#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace turnstone {
namespace {

TEST(Json, KeepsTheOrderOfKeys) {
  const auto json = parse_json(R"({"b": 1, "a": [true, null, "x\n"]})");
  ASSERT_TRUE(json) << json.error().text;
  EXPECT_EQ(print_json(*json), R"({"b":1,"a":[true,null,"x\n"]})");
}

TEST(Json, DepthIsBounded) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(parse_json(nested(64)));
  EXPECT_FALSE(parse_json(nested(65)));
  EXPECT_FALSE(parse_json(nested(1'000'000)));
  EXPECT_TRUE(parse_json('"' + std::string(1000, '[') + '"'));
}

TEST(Json, WrongTextsAreErrors) {
  for (const auto* text : {"", "{", "[1,]", "{\"a\":1,}", "nan", "1 2", "'a'", "\"\xff\""})
    EXPECT_FALSE(parse_json(text)) << text;
}

TEST(Json, NothingStandsBehindAZeroByte) {
  const auto json = parse_json(std::string_view("{}\0,\"", 5));
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().text, "line 1 column 3: not JSON");
  EXPECT_EQ(parse_json("{\n!", "a.json").error().text, "a.json:2:1: not JSON");
}

TEST(Json, BytesThatAreNotUtf8AreReplacedWhenPrinted) {
  EXPECT_EQ(print_json(Json(std::string("a\xff"))), "\"a\xEF\xBF\xBD\"");
}

TEST(Json, NumbersArePrintedAsShortAsTheyCanBe) {
  const auto json = parse_json("[0.000649, 0.302763, 1.0, -0.0, 1e300, 7, -7]");
  EXPECT_EQ(print_json(*json), "[0.000649,0.302763,1.0,-0.0,1e+300,7,-7]");
  EXPECT_EQ(print_json(Json(std::numeric_limits<double>::infinity())), "null");
}

TEST(Json, PrettyIsOneMemberALine) {
  const auto json = parse_json(R"({"a": [0.5, {}], "b": {"c": "x"}, "d": []})");
  EXPECT_EQ(print_json_pretty(*json), json->dump(2) + "\n");
}

TEST(Json, MembersConvertOnlyWithoutLoss) {
  const auto json = *parse_json(R"({"whole": 3, "real": 2.5, "text": "a", "flag": true})");
  EXPECT_EQ(*json_get<int64_t>(json, "whole"), 3);
  EXPECT_EQ(*json_get<double>(json, "whole"), 3.0);
  EXPECT_EQ(*json_get<double>(json, "real"), 2.5);
  EXPECT_EQ(*json_get<std::string>(json, "text"), "a");
  EXPECT_TRUE(*json_get<bool>(json, "flag"));
  EXPECT_EQ(json_get<int64_t>(json, "real").error().code, Code::invalid);
  EXPECT_EQ(json_get<std::string>(json, "whole").error().code, Code::invalid);
  EXPECT_EQ(json_get<bool>(json, "none").error().code, Code::missing);
  EXPECT_EQ(*json_get_or<int64_t>(json, "none", 7), 7);
  EXPECT_FALSE(json_get_or<int64_t>(json, "text", 7));
}

}  // namespace
}  // namespace turnstone
