#include "station/sample_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace turnstone {
namespace {

using testing::HasSubstr;

std::string cells(std::string_view line, char separator = ',') {
  const auto cells = parse_csv_line(line, separator);
  return cells ? join(*cells, "|") : cells.error().text;
}

std::string samples(std::string_view payload, const std::vector<std::string>& values = {}) {
  const auto numbers = parse_samples(payload, values);
  return numbers ? fmt::format("{}", fmt::join(*numbers, " ")) : numbers.error().text;
}

TEST(SampleText, CellsOfALineAreSplitAsSpreadsheetsDo) {
  EXPECT_EQ(cells("a, b ,,c"), "a|b||c");
  EXPECT_EQ(cells(""), "");
  EXPECT_EQ(cells("1,"), "1|");
  EXPECT_EQ(cells(R"("a,b" , "say ""x""",c)"), R"(a,b|say "x"|c)");
  EXPECT_EQ(cells("1;\t2", ';'), "1|2");
  EXPECT_EQ(cells(R"("open)"), "a quote does not end");
  EXPECT_EQ(cells(R"("a"b,c)"), "'b' stands behind a quote");
  EXPECT_EQ(cells(std::string(5000, ',')), "has more than 4096 cells");
}

TEST(SampleText, NumbersAreThoseOfC) {
  EXPECT_EQ(*parse_sample(" -1.5e3\r"), -1500);
  EXPECT_EQ(*parse_sample("+2"), 2);
  for (const auto* text : {"", "x", "1,5", "nan", "inf", "1e99", "0x10", "1 2", "+-1", "--1"})
    EXPECT_FALSE(parse_sample(text)) << text;
}

TEST(SampleText, PayloadsWithoutNamesAreListsOrTexts) {
  EXPECT_EQ(samples("21.5"), "21.5");
  EXPECT_EQ(samples("1, 2,3\n"), "1 2 3");
  EXPECT_EQ(samples("1;2"), "1 2");
  EXPECT_EQ(samples("  1   2 "), "1 2");
  EXPECT_EQ(samples("[1, 2.5, \"3\"]"), "1 2.5 3");
  EXPECT_THAT(samples("{\"a\": 1}"), HasSubstr("say in 'values'"));
  EXPECT_THAT(samples(""), HasSubstr("has 0 numbers"));
  EXPECT_THAT(samples("[]"), HasSubstr("has 0 numbers, legal are 1 to 256"));
  EXPECT_THAT(samples("[1, null]"), HasSubstr("list: 'null' is no number"));
  EXPECT_FALSE(parse_samples("[1", {}));
}

TEST(SampleText, ValuesAreFoundByKeyOrPointer) {
  const auto* text = R"({"t": 21.5, "a/b": 1, "room": {"rh": [40, "41"]}, "on": true})";
  EXPECT_EQ(samples(text, {"t", "/room/rh/1", "a/b", "/a~1b"}), "21.5 41 1 1");
  EXPECT_EQ(samples(text, {"/room/rh/2"}), "'/room/rh/2' is not there");
  EXPECT_EQ(samples(text, {"none"}), "'none' is not there");
  EXPECT_EQ(samples(text, {"on"}), "on: 'true' is no number");
  EXPECT_EQ(samples("3", {"t"}), "'t' is not there");
  EXPECT_EQ(samples("{\"t\": 1e60}", {"t"}), "t: '1e+60' is no number");
}

}  // namespace
}  // namespace turnstone
