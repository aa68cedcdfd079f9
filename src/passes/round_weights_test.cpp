#include "passes/round_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "ops/narrow.h"

namespace turnstone {
namespace {

Tensor row_of(std::vector<float> values) {
  const auto count = static_cast<int64_t>(values.size());
  return Tensor::of<float>({1, 1, 1, count}, values);
}

std::vector<double> rounded(std::vector<float> values, DType type) {
  const auto narrow = round_weights(row_of(std::move(values)), type, WeightOrder::rows);
  std::vector<double> result;
  for (int64_t i = 0; i < narrow.size(); ++i) result.push_back(narrow.real_at(i));
  return result;
}

Tensor random_weights(const Shape& shape, unsigned seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> real(0, 0.1F);
  Tensor tensor(DType::f32, shape);
  for (auto& value : tensor.mutable_as<float>()) value = real(rng);
  return tensor;
}

constexpr auto types = {DType::f16, DType::bf16};

TEST(RoundWeights, KeepsNumbersThatTheTypeHolds) {
  const std::vector<float> values = {0, -0.0F, 1, -1.5F, 0.0078125F, 240, -65504};
  EXPECT_EQ(rounded(values, DType::f16), std::vector<double>(values.begin(), values.end()));
  const std::vector<float> brains = {0, 1, -1.5F, 0.0078125F, 240, 0x1.fep127F, -0x1p-126F};
  EXPECT_EQ(rounded(brains, DType::bf16), std::vector<double>(brains.begin(), brains.end()));
}

TEST(RoundWeights, RoundsOneWeightToTheNearest) {
  EXPECT_EQ(rounded({1.00390625F}, DType::bf16), std::vector<double>{1});  // a half, to even
  EXPECT_EQ(rounded({1.004F}, DType::bf16), std::vector<double>{1.0078125});
  EXPECT_EQ(rounded({-2049}, DType::f16), std::vector<double>{-2048});
  EXPECT_EQ(rounded({65504.5F}, DType::f16), std::vector<double>{65504});
}

TEST(RoundWeights, TurnsWhatIsNearestToAHalfWhereErrorsAddUp) {
  // The nearest are 1 each, which is 0.0104 too little together: the second goes up, and its error,
  // 0.0043, takes the others' back.
  EXPECT_EQ(rounded({1.0035F, 1.0038F, 1.0031F}, DType::bf16),
            (std::vector<double>{1, 1.0078125, 1}));
  EXPECT_EQ(rounded({-1.0035F, -1.0038F, -1.0031F}, DType::bf16),
            (std::vector<double>{-1, -1.0078125, -1}));
}

TEST(RoundWeights, TakesNoneBeyondTheLargest) {
  const auto most = 65519.0F;  // rounds to 65504, and its other neighbour is infinite
  for (const auto value : rounded({most, most, most, most}, DType::f16)) EXPECT_EQ(value, 65504);
}

TEST(RoundWeights, GivesNeighboursOfEachWeight) {
  for (const auto type : types)
    for (const double scale : {1.0, 1e-3, 1e-5}) {  // f16 has denormal numbers below 6e-5
      auto wide = random_weights({7, 3, 3, 5}, 1);
      for (auto& value : wide.mutable_as<float>()) value *= static_cast<float>(scale);
      const auto narrow = round_weights(wide, type, WeightOrder::rows);
      const auto near = narrowed(wide, type);
      int turned = 0;
      for (int64_t i = 0; i < wide.size(); ++i) {
        const auto step = type == DType::f16
                              ? std::max(std::abs(wide.real_at(i)) * 0x1p-10, 0x1p-24)
                              : std::abs(wide.real_at(i)) * 0x1p-7;
        EXPECT_LE(std::abs(narrow.real_at(i) - wide.real_at(i)), step);
        turned += narrow.real_at(i) != near.real_at(i);
      }
      EXPECT_GT(turned, 5);
      EXPECT_LT(turned, wide.size() / 3);
    }
}

// The mean square of what outputs are off by when each channel's inputs are positive, and alike
// within a window.
double error_of(const Tensor& narrow, const Tensor& wide, unsigned seed) {
  std::mt19937 rng(seed);
  std::exponential_distribution<double> channel(1);
  std::uniform_real_distribution<double> change(0.7, 1.3);
  const auto outputs = wide.shape()[0], channels = wide.shape().back();
  const auto each = wide.size() / outputs;
  double squares = 0;
  const int pictures = 400;
  for (int picture = 0; picture < pictures; ++picture) {
    std::vector<double> input(static_cast<size_t>(each));
    for (int64_t c = 0; c < channels; ++c) {
      const auto value = channel(rng);
      for (int64_t i = c; i < each; i += channels)
        input[static_cast<size_t>(i)] = value * change(rng);
    }
    for (int64_t o = 0; o < outputs; ++o) {
      double off = 0;
      for (int64_t i = 0; i < each; ++i)
        off += input[static_cast<size_t>(i)] *
               (narrow.real_at(o * each + i) - wide.real_at(o * each + i));
      squares += off * off;
    }
  }
  return squares / pictures;
}

TEST(RoundWeights, ChangesOutputsLessThanTheNearestWould) {
  for (const auto type : types)
    for (const auto& shape : {Shape{16, 1, 1, 64}, Shape{16, 3, 3, 24}, Shape{16, 5, 5, 1}}) {
      const auto wide = random_weights(shape, 2);
      const auto narrow = round_weights(wide, type, WeightOrder::rows);
      EXPECT_LT(error_of(narrow, wide, 3), 0.7 * error_of(narrowed(wide, type), wide, 3))
          << print(type) << print(shape);
    }
}

TEST(RoundWeights, OfColumnsAreThoseOfRows) {
  const auto rows = random_weights({6, 1, 1, 40}, 4);
  Tensor columns(DType::f32, {2, 40, 6});
  for (int64_t matrix = 0; matrix < 2; ++matrix)
    for (int64_t o = 0; o < 6; ++o)
      for (int64_t i = 0; i < 40; ++i)
        columns.set_real((matrix * 40 + i) * 6 + o, rows.real_at(o * 40 + i));
  for (const auto type : types) {
    const auto by_rows = round_weights(rows, type, WeightOrder::rows);
    const auto by_columns = round_weights(columns, type, WeightOrder::columns);
    for (int64_t i = 0; i < columns.size(); ++i)
      EXPECT_EQ(by_columns.real_at(i), by_rows.real_at(i % 6 * 40 + i / 6 % 40));
  }
}

TEST(RoundWeights, TakesEmptyOnes) {
  EXPECT_EQ(round_weights(Tensor(DType::f32, {0, 1, 1, 4}), DType::f16, WeightOrder::rows).size(),
            0);
  EXPECT_EQ(round_weights(Tensor(DType::f32, {0, 3}), DType::f16, WeightOrder::columns).size(), 0);
}

// Inputs that vary together, about a mean that is not 0.
ProductInputs alike_inputs(int64_t count, unsigned seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  const int64_t positions = 300;
  ProductInputs inputs{Tensor(DType::f32, {positions, count}),
                       std::vector<double>(static_cast<size_t>(count))};
  std::vector<float> about(static_cast<size_t>(count));
  for (auto& mean : about) mean = 1 + normal(rng);
  for (int64_t p = 0; p < positions; ++p) {
    const auto shared = normal(rng), other = normal(rng);
    for (int64_t i = 0; i < count; ++i) {
      const auto value =
          about[static_cast<size_t>(i)] + (i % 2 ? shared : other) + 0.2F * normal(rng);
      inputs.rows.mutable_as<float>()[static_cast<size_t>(p * count + i)] = value;
      inputs.mean[static_cast<size_t>(i)] += double{value} / positions;
    }
  }
  return inputs;
}

// The mean square of what outputs are off by on the inputs, with `change` added to each.
double error_on(const ProductInputs& inputs, const Tensor& narrow, const Tensor& wide,
                const Tensor& change) {
  const auto outputs = wide.shape()[0], each = wide.size() / outputs;
  const auto positions = inputs.rows.shape()[0];
  double squares = 0;
  for (int64_t p = 0; p < positions; ++p)
    for (int64_t o = 0; o < outputs; ++o) {
      auto off = change.real_at(o);
      for (int64_t i = 0; i < each; ++i)
        off += inputs.rows.real_at(p * each + i) *
               (narrow.real_at(o * each + i) - wide.real_at(o * each + i));
      squares += off * off / static_cast<double>(positions);
    }
  return squares;
}

TEST(RoundKnownWeights, ChangesOutputsFarLessThanUnknownOnes) {
  for (const auto type : types)
    for (const auto& shape : {Shape{16, 1, 1, 64}, Shape{8, 3, 3, 24}, Shape{4, 1, 1, 600}}) {
      const auto wide = random_weights(shape, 5);
      const auto inputs = alike_inputs(wide.size() / shape[0], 6);
      const auto known = round_weights(wide, type, WeightOrder::rows, {&inputs, 1});
      const auto unknown = round_weights(wide, type, WeightOrder::rows);
      const auto change = [&](const Tensor& narrow) {
        return mean_change(wide, narrow, WeightOrder::rows, {&inputs, 1}, false);
      };
      EXPECT_LT(error_on(inputs, known, wide, change(known)),
                0.4 * error_on(inputs, unknown, wide, change(unknown)))
          << print(type) << print(shape);
      const Tensor none(DType::f32, {shape[0]});
      EXPECT_LT(error_on(inputs, unknown, wide, change(unknown)),
                error_on(inputs, unknown, wide, none));
    }
}

TEST(RoundKnownWeights, StaysWithinTwoStepsOfTheNearest) {
  for (const auto type : types) {
    auto wide = random_weights({6, 1, 1, 80}, 7);
    wide.set_real(3, 0.5);  // both types hold it
    wide.set_real(4, 0);
    wide.set_real(5, type == DType::f16 ? 65503 : 0x1.fdp127);
    const auto inputs = alike_inputs(80, 8);
    const auto known = round_weights(wide, type, WeightOrder::rows, {&inputs, 1});
    int moved = 0;
    for (int64_t i = 0; i < wide.size(); ++i) {
      ASSERT_TRUE(std::isfinite(known.real_at(i)));
      const auto step = std::abs(wide.real_at(i)) * (type == DType::f16 ? 0x1p-10 : 0x1p-7);
      EXPECT_LE(std::abs(known.real_at(i) - wide.real_at(i)), 2.6 * step + 1e-7);
      moved += known.real_at(i) != narrowed(wide, type).real_at(i);
    }
    EXPECT_GT(moved, wide.size() / 10);
    EXPECT_EQ(known.real_at(3), 0.5);
    EXPECT_EQ(known.real_at(4), 0);
  }
}

TEST(RoundKnownWeights, OfGroupsAndColumnsAreThoseOfTheirInputs) {
  const auto wide = random_weights({6, 1, 1, 40}, 9);
  const std::vector<ProductInputs> inputs = {alike_inputs(40, 10), alike_inputs(40, 11)};
  const auto both = round_weights(wide, DType::bf16, WeightOrder::rows, inputs);
  const auto changes = mean_change(wide, both, WeightOrder::rows, inputs, false);
  for (size_t group = 0; group < 2; ++group) {
    const auto one = round_weights(wide, DType::bf16, WeightOrder::rows, {&inputs[group], 1});
    const auto change = mean_change(wide, one, WeightOrder::rows, {&inputs[group], 1}, false);
    for (int64_t o = 0; o < 3; ++o) {
      const auto output = static_cast<int64_t>(group) * 3 + o;
      for (int64_t i = 0; i < 40; ++i)
        EXPECT_EQ(both.real_at(output * 40 + i), one.real_at(output * 40 + i));
      EXPECT_EQ(changes.real_at(output), change.real_at(output));
    }
  }
  Tensor columns(DType::f32, {1, 40, 6});
  for (int64_t o = 0; o < 6; ++o)
    for (int64_t i = 0; i < 40; ++i) columns.set_real(i * 6 + o, wide.real_at(o * 40 + i));
  const std::span<const ProductInputs> first{inputs.data(), 1};
  const auto rows = round_weights(wide, DType::f16, WeightOrder::rows, first);
  const auto turned = round_weights(columns, DType::f16, WeightOrder::columns, first);
  for (int64_t o = 0; o < 6; ++o)
    for (int64_t i = 0; i < 40; ++i) EXPECT_EQ(turned.real_at(i * 6 + o), rows.real_at(o * 40 + i));
  const auto by_rows = mean_change(wide, rows, WeightOrder::rows, first, true);
  const auto by_columns = mean_change(columns, turned, WeightOrder::columns, first, true);
  for (int64_t o = 0; o < 6; ++o) {
    double sum = 0;
    for (int64_t i = 0; i < 40; ++i)
      sum += wide.real_at(o * 40 + i) * inputs[0].mean[static_cast<size_t>(i)];
    EXPECT_NEAR(by_rows.real_at(o), sum, 1e-5);
    EXPECT_EQ(by_columns.real_at(o), by_rows.real_at(o));
  }
}

TEST(RoundKnownWeights, TakesInputsThatNeverChange) {
  const auto wide = random_weights({3, 1, 1, 5}, 12);
  for (const float value : {0.0F, 2.0F, 1e30F}) {
    ProductInputs inputs{Tensor::filled(DType::f32, {4, 5}, value), std::vector<double>(5, value)};
    const auto known = round_weights(wide, DType::bf16, WeightOrder::rows, {&inputs, 1});
    const auto near = narrowed(wide, DType::bf16);
    for (int64_t i = 0; i < wide.size(); ++i) EXPECT_EQ(known.real_at(i), near.real_at(i));
  }
}

}  // namespace
}  // namespace turnstone
