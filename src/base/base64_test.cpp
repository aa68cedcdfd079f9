#include "base/base64.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

std::string printed(std::string_view text) { return print_base64(std::as_bytes(std::span(text))); }

TEST(Base64, PrintsTheVectorsOfTheStandard) {
  EXPECT_EQ(printed(""), "");
  EXPECT_EQ(printed("f"), "Zg==");
  EXPECT_EQ(printed("fo"), "Zm8=");
  EXPECT_EQ(printed("foo"), "Zm9v");
  EXPECT_EQ(printed("foob"), "Zm9vYg==");
  EXPECT_EQ(printed("fooba"), "Zm9vYmE=");
  EXPECT_EQ(printed("foobar"), "Zm9vYmFy");
  EXPECT_EQ(printed("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace turnstone
