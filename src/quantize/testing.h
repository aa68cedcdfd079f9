// For tests: small graphs and random inputs.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "ops/testing_text.h"

namespace turnstone::int8 {

using testing_support::graph_of;

inline Tensor random_tensor(const Shape& shape, std::mt19937& random, float size = 1) {
  Tensor tensor(DType::f32, shape);
  std::normal_distribution<float> normal(0, size);
  for (auto& x : tensor.mutable_as<float>()) x = normal(random);
  return tensor;
}

// x [1,6,6,3] through a convolution, a depthwise one, a sum, a mean and a product to [1,5]. The
// first convolution's channels are of very different size. `limit` is the activation's upper end.
inline Graph small_net(double limit = INFINITY, uint32_t seed = 3) {
  std::mt19937 random(seed);
  Graph g(core_ops());
  const auto x = g.input("x", {DType::f32, {1, 6, 6, 3}});
  const auto weights = [&](const Shape& shape) { return random_tensor(shape, random, 0.4f); };
  const auto same = std::vector<int64_t>{1, 1, 1, 1};
  auto first = weights({8, 3, 3, 3});
  const auto inner = static_cast<size_t>(first.size() / 8);
  for (size_t i = 0; i < inner; ++i) first.mutable_as<float>()[i] *= 20;
  const auto block = [&](Value value, Tensor w, int64_t groups) {
    const auto bias = g.constant(weights({w.shape()[0]}));
    const auto product =
        g.call("conv", {value, g.constant(std::move(w))}, {{"pads", same}, {"groups", groups}});
    return g.call("clamp", {g.call("add", {product, bias})}, {{"low", 0.0}, {"high", limit}});
  };
  const auto a = block(x, first, 1);
  const auto b = block(a, weights({8, 3, 3, 1}), 8);
  const auto c = block(b, weights({8, 3, 3, 8}), 1);
  const auto d = block(g.call("add", {b, c}), weights({6, 3, 3, 8}), 1);
  const auto mean = g.call("reduce_mean", {d}, {{"axes", std::vector<int64_t>{1, 2}}});
  const auto flat = g.call("reshape", {mean}, {{"shape", Shape{1, 6}}});
  const auto y = g.call("matmul", {flat, g.constant(weights({6, 5}))});
  g.output("y", g.call("add", {y, g.constant(weights({5}))}));
  EXPECT_TRUE(verify(g));
  return g;
}

}  // namespace turnstone::int8
