#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tensor/compare.h"

namespace turnstone {
namespace {

TEST(Tensor, BeginsWithZerosAtAlignedMemory) {
  const Tensor tensor(DType::i32, {2, 3});
  EXPECT_EQ(tensor.size(), 6);
  EXPECT_EQ(tensor.size_bytes(), 24);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes()) % 64, 0u);
  for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(tensor.integer_at(i), 0);
}

TEST(Tensor, ConvertsElements) {
  Tensor bytes(DType::u8, {3});
  bytes.set_real(0, 2.9);
  bytes.set_real(1, -1);
  bytes.set_integer(2, 300);
  EXPECT_EQ(integers_of(bytes), (std::vector<int64_t>{2, 255, 44}));
  Tensor reals(DType::f32, {2});
  reals.set_real(0, NAN);
  reals.set_integer(1, 7);
  EXPECT_EQ(reals.integer_at(0), 0);
  EXPECT_EQ(reals.real_at(1), 7);
  EXPECT_EQ(Tensor::filled(DType::f32, {}, 1e30).integer_at(0), INT64_MAX);
  EXPECT_EQ(Tensor::filled(DType::boolean, {}, 0.5).integer_at(0), 1);
}

TEST(Tensor, ReshapedSharesTheElements) {
  const Tensor tensor = Tensor::filled(DType::f32, {6}, 2);
  const auto again = tensor.reshaped({2, 3});
  EXPECT_EQ(again.shape(), (Shape{2, 3}));
  EXPECT_EQ(again.bytes(), tensor.bytes());
}

TEST(Shapes, CountAndStrides) {
  EXPECT_EQ(count({}), 1);
  EXPECT_EQ(count({2, 0, 3}), 0);
  EXPECT_EQ(strides_of({2, 3, 4}), (Shape{12, 4, 1}));
  EXPECT_EQ(print(Shape{1, 2}), "[1,2]");
}

TEST(Shapes, FromOutsideAreChecked) {
  EXPECT_EQ(*checked_count({2, 3}), 6);
  EXPECT_FALSE(checked_count({-1}));
  EXPECT_FALSE(checked_count({INT64_MAX, INT64_MAX}));
  EXPECT_EQ(*checked_count({5, 0, 3}), 0);
  EXPECT_FALSE(checked_count({0, int64_t{1} << 62, int64_t{1} << 62}));
  EXPECT_FALSE(checked_count(Shape(9, 1)));
  EXPECT_FALSE(checked_count({3, 4}, 11));
  EXPECT_TRUE(checked_count({3, 4}, 12));
}

TEST(Compare, CountsWhatIsBeyondTheTolerance) {
  const float a[] = {1, 2, 3};
  const float b[] = {1, 2.5, 3.001F};
  const auto x = Tensor::of<float>({3}, a);
  const auto y = Tensor::of<float>({3}, b);
  const auto difference = compare(x, y, {0, 0.01});
  EXPECT_EQ(difference.at, 1);
  EXPECT_DOUBLE_EQ(difference.largest, 0.5);
  EXPECT_EQ(difference.beyond, 1);
  EXPECT_EQ(describe_mismatch(x, y, {0, 0.01}),
            "1 of 3 elements differ, most at 1: 2 where 2.5 is expected");
  EXPECT_EQ(describe_mismatch(x, y, {0.5, 0}), "");
}

TEST(Compare, NotANumberEqualsOnlyItself) {
  const auto nan = Tensor::filled(DType::f32, {1}, NAN);
  const auto one = Tensor::filled(DType::f32, {1}, 1);
  const auto infinite = Tensor::filled(DType::f32, {1}, INFINITY);
  EXPECT_EQ(describe_mismatch(nan, nan, {}), "");
  EXPECT_EQ(describe_mismatch(infinite, infinite, {}), "");
  EXPECT_NE(describe_mismatch(nan, one, {1, 1e9}), "");
  EXPECT_NE(describe_mismatch(one, nan, {1, 1e9}), "");
  EXPECT_NE(describe_mismatch(one, infinite, {1, 1e9}), "");
}

TEST(Compare, OtherTypesAndShapesAreMismatches) {
  EXPECT_EQ(describe_mismatch(Tensor(DType::f32, {2}), Tensor(DType::i8, {2}), {}),
            "f32[2] where i8[2] is expected");
  EXPECT_NE(describe_mismatch(Tensor(DType::f32, {2}), Tensor(DType::f32, {1, 2}), {}), "");
}

}  // namespace
}  // namespace turnstone
