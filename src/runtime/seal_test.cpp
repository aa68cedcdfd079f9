extern "C" {
#include "runtime/seal.h"
}

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

TEST(Crc32, HasTheCheckValueOfItsStandard) {
  ts_crc32 crc;
  ts_crc32_open(&crc);
  const std::string_view digits = "123456789";
  EXPECT_EQ(ts_crc32_add(&crc, 0, digits.data(), digits.size()), 0xcbf43926);
}

TEST(Crc32, IsTheSameInPieces) {
  ts_crc32 crc;
  ts_crc32_open(&crc);
  const std::string text(100, 'x');
  const auto whole = ts_crc32_add(&crc, 0, text.data(), text.size());
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const auto sum = ts_crc32_add(&crc, 0, text.data(), cut);
    EXPECT_EQ(ts_crc32_add(&crc, sum, text.data() + cut, text.size() - cut), whole) << cut;
  }
}

}  // namespace
