extern "C" {
#include "runtime/seal.h"
}

#include <gtest/gtest.h>
#include <xxhash.h>

#include <random>
#include <string>

namespace {

TEST(Hash, HasTheValueOfItsSpecificationForNothing) {
  EXPECT_EQ(ts_xxh64("", 0), 0xef46db3751d8e999u);
}

TEST(Hash, IsTheLibrarysForEveryLength) {
  std::mt19937 rng(1);
  std::string text;
  for (size_t size = 0; size < 200; ++size) {
    EXPECT_EQ(ts_xxh64(text.data(), size), XXH64(text.data(), size, 0)) << size;
    text += static_cast<char>(rng());
  }
}

}  // namespace
