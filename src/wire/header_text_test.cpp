#include "wire/header_text.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace turnstone {
namespace {

TEST(HeaderText, StaysWhatItIsInAscii) {
  for (const auto* text : {"", "a", "2019-07-11 00:12:48.816752", "a  b"})
    EXPECT_EQ(encode_header_text(text), text);
}

TEST(HeaderText, IsEncodedInAnyOtherLanguage) {
  EXPECT_EQ(encode_header_text("Größe"), "=?UTF-8?B?R3LDtsOfZQ==?=");
  EXPECT_EQ(decode_header_text("=?UTF-8?B?R3LDtsOfZQ==?="), "Größe");
}

TEST(HeaderText, ComesBackAsItWent) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    for (const auto* piece : {"a", " ", "é", "€", "😀", "=?UTF-8?B?", "\n"}) {
      text += piece;
      const auto encoded = encode_header_text(text);
      EXPECT_EQ(decode_header_text(encoded), text);
      for (const auto& word : split(encoded, ' '))
        EXPECT_TRUE(encoded == text || word.size() <= 75) << word;
    }
  }
}

TEST(HeaderText, IsLeftAloneWhereItIsNoWord) {
  for (const auto* text : {"=?UTF-8?B?", "=?UTF-8?B?=", "=?UTF-8?B?\?=", "=?UTF-8?B?R3L?=",
                           "=?UTF-8?B?R3$D?=", "=?UTF-8?B?R3LD?= a", "=?UTF-8?Q?a?="})
    EXPECT_EQ(decode_header_text(text), text);
}

}  // namespace
}  // namespace turnstone
