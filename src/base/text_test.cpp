#include "base/text.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

using Texts = std::vector<std::string>;

TEST(Split, KeepsEmptyPieces) {
  EXPECT_EQ(split("a,,b", ','), (Texts{"a", "", "b"}));
  EXPECT_EQ(split("", ','), Texts{""});
  EXPECT_EQ(split(",", ','), (Texts{"", ""}));
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join(Texts{"a", "b"}, ", "), "a, b");
  EXPECT_EQ(join(Texts{}, ", "), "");
}

TEST(Trim, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1B[31mb");
  EXPECT_EQ(printable("\xff"), "\\xFF");
  EXPECT_EQ(printable("grün"), "grün");
  EXPECT_EQ(printable("a\u009B31mb"), "a\\xC2\\x9B31mb");
  EXPECT_EQ(printable("a\u00A0b"), "a\u00A0b");
  EXPECT_EQ(printable(std::string(500, 'a'), 10), "aaaaaaaaaa...");
}

TEST(Nearest, FindsTypingErrorsOnly) {
  const Texts known = {"scale", "shift", "low"};
  EXPECT_EQ(nearest("scal", known), "scale");
  EXPECT_EQ(nearest("shifts", known), "shift");
  EXPECT_EQ(nearest("zebra", known), "");
  EXPECT_EQ(nearest("scale", Texts{}), "");
}

TEST(Utf8, RefusesOverlongAndSurrogateForms) {
  EXPECT_TRUE(is_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const auto* bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF0\x80\x80\xAF", "\x80", "\xE2\x82", "\xFF"})
    EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace turnstone
