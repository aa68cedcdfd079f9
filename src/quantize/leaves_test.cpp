#include "quantize/leaves.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace turnstone::int8 {
namespace {

ModelInput input_of(std::vector<int64_t> shape, Layout layout, DType dtype = DType::f32) {
  ModelInput input;
  input.name = "x";
  input.dtype = dtype;
  input.shape = std::move(shape);
  input.layout = layout;
  return input;
}

TEST(Leaves, HaveEdgesAndEvenPlaces) {
  const auto image = *draw_leaves(96, 64, 1);
  int same = 0, apart = 0;
  std::set<int> levels;
  for (int y = 0; y < 64; ++y)
    for (int x = 1; x < 96; ++x) {
      const int change = image.row(y)[3 * x] - image.row(y)[3 * (x - 1)];
      levels.insert(image.row(y)[3 * x]);
      same += change == 0;
      apart += std::abs(change) > 40;
    }
  EXPECT_GT(same, 64 * 95 / 3);
  EXPECT_GT(apart, 64 * 95 / 50);
  EXPECT_GT(levels.size(), 60);
}

TEST(Leaves, AreTheSameForTheSameSeed) {
  const auto first = *draw_leaves(40, 30, 7), again = *draw_leaves(40, 30, 7);
  const auto other = *draw_leaves(40, 30, 8);
  int different = 0;
  for (int y = 0; y < 30; ++y)
    for (int i = 0; i < 120; ++i) {
      ASSERT_EQ(first.row(y)[i], again.row(y)[i]);
      different += first.row(y)[i] != other.row(y)[i];
    }
  EXPECT_GT(different, 30 * 120 / 2);
}

TEST(Leaves, FillInputsAsPicturesWould) {
  auto input = input_of({2, 3, 20, 30}, Layout::nchw);
  const auto untold = *inputs_of_leaves(input, 2);
  ASSERT_EQ(untold.size(), 2u);
  EXPECT_FALSE(same(untold[0], untold[1]));
  double least = 9, most = -9;
  for (const auto value : untold[0].as<float>()) {
    least = std::min<double>(least, value);
    most = std::max<double>(most, value);
  }
  EXPECT_GE(least, -1.00001);
  EXPECT_LE(most, 1.00001);
  EXPECT_GT(most - least, 1);
  // The two pictures of a batch are different ones.
  const auto values = untold[0].as<float>();
  EXPECT_FALSE(std::equal(values.begin(), values.begin() + 1800, values.begin() + 1800));
  input.preprocess = *parse_preprocess_spec("raw");
  const auto raw = *inputs_of_leaves(input, 1);
  for (int64_t i = 0; i < raw[0].size(); ++i)
    EXPECT_NEAR(raw[0].real_at(i) / 127.5 - 1, untold[0].real_at(i), 1e-3);
}

TEST(Leaves, FillGrayInputsAndNoOthersThanPictures) {
  EXPECT_TRUE(inputs_of_leaves(input_of({1, 8, 8, 1}, Layout::nhwc), 1));
  EXPECT_FALSE(inputs_of_leaves(input_of({1, 8}, Layout::none), 1));
  EXPECT_FALSE(inputs_of_leaves(input_of({1, 8, 8, 4}, Layout::nhwc), 1));
  EXPECT_FALSE(inputs_of_leaves(input_of({1, 8, 8, 3}, Layout::nhwc, DType::i64), 1));
}

}  // namespace
}  // namespace turnstone::int8
