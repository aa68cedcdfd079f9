#include "passes/batch.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ops/testing_graphs.h"
#include "ops/testing_text.h"

namespace turnstone {
namespace {

using testing_support::graph_of;

// Picture `index` of a tensor of `batch`.
std::span<const std::byte> piece(const Tensor& tensor, size_t index, size_t batch) {
  const auto bytes = std::span(tensor.bytes(), static_cast<size_t>(tensor.size_bytes()));
  return bytes.subspan(bytes.size() / batch * index, bytes.size() / batch);
}

// Each picture of the batch gets the results that it has alone.
void expect_same(std::string_view text) {
  constexpr size_t batch = 3;
  const auto one = graph_of(text);
  const auto several = with_batch(one, batch);
  ASSERT_TRUE(several) << several.error().text;
  ASSERT_TRUE(verify(*several));
  const auto inputs = testing_support::random_inputs_of(*several, 7);
  const auto together = *evaluate(*several, inputs);
  for (size_t picture = 0; picture < batch; ++picture) {
    std::vector<Tensor> alone;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto& type = one.type(one.inputs()[i].value);
      alone.emplace_back(type.dtype, type.shape);
      const auto bytes = piece(inputs[i], picture, batch);
      std::memcpy(alone.back().mutable_bytes(), bytes.data(), bytes.size());
    }
    const auto results = *evaluate(one, alone);
    for (size_t i = 0; i < results.size(); ++i) {
      const auto bytes = piece(together[i], picture, batch);
      EXPECT_EQ(std::memcmp(results[i].bytes(), bytes.data(), bytes.size()), 0) << text;
    }
  }
}

TEST(Batch, EachPictureHasTheResultsThatItHasAlone) {
  expect_same(
      "graph(x: f32[1,4,4,3]) { softmax(matmul(reshape(reduce_mean(clamp(conv(x, f32[3,1,1,3] "
      "[1 2 3 4 5 6 7 8 9]), low=0, high=6), axes=[1,2]), shape=[1,3]), f32[3,2] "
      "[1 2 3 4 5 6])) }");
  expect_same(
      "graph(x: f32[1,2,3], y: f32[1,2,3]) { concat(add(x, y), mul(x, f32[3] [1 2 3]), axis=2) }");
  expect_same(
      "graph(x: f32[1,4,3]) { transpose(slice(x, starts=[0,1,0], extents=[1,2,3], steps=[1,1,1]), "
      "axes=[0,2,1]) }");
  expect_same("graph(x: f32[1,2,3]) { matmul(x, transpose(x, axes=[0,2,1])) }");
}

TEST(Batch, WhatMixesPicturesIsRefused) {
  const auto refused = [](std::string_view text) {
    const auto made = with_batch(graph_of(text), 3);
    return made ? "fine" : made.error().text;
  };
  EXPECT_EQ(refused("graph(x: f32[1,3]) { reduce_mean(x, axes=[0]) }"),
            "reduce_mean of f32[1,3] mixes the pictures of a batch");
  EXPECT_EQ(refused("graph(x: f32[1,3]) { softmax(x, axis=-2) }"),
            "softmax of f32[1,3] mixes the pictures of a batch");
  EXPECT_EQ(refused("graph(x: f32[1,3]) { reshape(x, shape=[3,1]) }"),
            "reshape of f32[1,3] mixes the pictures of a batch");
  EXPECT_EQ(refused("graph(x: f32[1,3]) { transpose(x, axes=[1,0]) }"),
            "transpose of f32[1,3] mixes the pictures of a batch");
  EXPECT_EQ(refused("graph(x: f32[1,3]) { concat(x, f32[1,3] [1 2 3], axis=1) }"),
            "concat of f32[1,3] mixes the pictures of a batch");
  EXPECT_EQ(refused("graph(x: f32[1,2], y: f32[1,2,3]) { matmul(x, y) }"),
            "matmul of f32[1,2] mixes the pictures of a batch");
  EXPECT_EQ(refused("graph(x: f32[1,2]) { add(x, f32[3,2] [1 2 3 4 5 6]) }"),
            "add of f32[1,2] loses the batch");
  EXPECT_EQ(refused("graph(x: f32[3]) { add(x, x) }"),
            "input 'x' is f32[3], its first extent is not 1");
}

}  // namespace
}  // namespace turnstone
