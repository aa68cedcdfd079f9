#include "tensor/unit_range.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

TEST(UnitRange, IsThatOfASoftmaxInEachType) {
  EXPECT_TRUE(spans_unit({1.0 / 256, 0}, DType::u8));
  EXPECT_TRUE(spans_unit({1.0 / 256, -128}, DType::i8));
  EXPECT_TRUE(spans_unit({1.0 / 32768, 0}, DType::i16));
}

TEST(UnitRange, AllowsForAScaleThatWasStoredAsF32) {
  EXPECT_TRUE(spans_unit({1.0F / 255, 0}, DType::u8));
  EXPECT_FALSE(spans_unit({1.01 / 255, 0}, DType::u8));
}

TEST(UnitRange, IsNotThatOfLogits) {
  EXPECT_FALSE(spans_unit({0.1, 0}, DType::i8));
  EXPECT_FALSE(spans_unit({1.0 / 256, 1}, DType::u8));
  EXPECT_FALSE(spans_unit(not_quantised, DType::u8));
  EXPECT_FALSE(spans_unit({1.0 / 256, 0}, DType::f32));
}

}  // namespace
}  // namespace turnstone
