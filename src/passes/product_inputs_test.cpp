#include "passes/product_inputs.h"

#include <gtest/gtest.h>

#include "ops/testing_graphs.h"
#include "ops/testing_text.h"

namespace turnstone {
namespace {

using testing_support::graph_of;

// The graph's one call that makes its output.
const Made& last_of(const Graph& graph) { return *graph.made_by(graph.outputs()[0].value); }

// Every position's inputs times the weights are what the call computes.
void expect_products(std::string_view text, int64_t groups) {
  const auto graph = graph_of(text);
  const auto& made = last_of(graph);
  const auto inputs = testing_support::random_inputs_of(graph, 3);
  const auto wanted = (*evaluate(graph, inputs))[0];
  const auto seen = product_inputs(made, inputs, 1000);
  ASSERT_EQ(std::ssize(seen), groups);
  const auto& weights = *graph.constant_of(made.in[1]);
  const auto outputs = wanted.shape().back(), each = outputs / groups;
  for (int64_t group = 0; group < groups; ++group) {
    const auto& rows = seen[static_cast<size_t>(group)].rows;
    const auto width = rows.shape()[1];
    ASSERT_EQ(rows.shape()[0], wanted.size() / outputs);
    std::vector<double> mean(static_cast<size_t>(width));
    for (int64_t p = 0; p < rows.shape()[0]; ++p) {
      for (int64_t o = 0; o < each; ++o) {
        const auto output = group * each + o;
        double sum = 0;
        for (int64_t i = 0; i < width; ++i)
          sum += rows.real_at(p * width + i) *
                 weights.real_at(made.op() == "conv" ? output * width + i : i * outputs + output);
        EXPECT_NEAR(sum, wanted.real_at(p * outputs + output), 1e-4);
      }
      for (size_t i = 0; i < mean.size(); ++i)
        mean[i] += rows.real_at(p * width + static_cast<int64_t>(i)) /
                   static_cast<double>(rows.shape()[0]);
    }
    for (size_t i = 0; i < mean.size(); ++i)
      EXPECT_NEAR(seen[static_cast<size_t>(group)].mean[i], mean[i], 1e-9);
  }
}

TEST(ProductInputs, OfConvolutionsAreTheirWindows) {
  expect_products("graph(x: f32[2,3,2,2]) { conv(x, f32[3,1,1,2] [1 2 3 4 5 6]) }", 1);
  expect_products(
      "graph(x: f32[1,4,3,1]) { conv(x, f32[1,2,2,1] [1 2 3 4], pads=[1,0,1,2], strides=[2,1], "
      "dilations=[1,2]) }",
      1);
  expect_products("graph(x: f32[1,2,2,4]) { conv(x, f32[2,1,2,2] [1 2 3 4 5 6 7 8], groups=2) }",
                  2);
}

TEST(ProductInputs, OfProductsAreTheRowsOfTheFirst) {
  expect_products("graph(x: f32[2,3,2]) { matmul(x, f32[2,3] [1 2 3 4 5 6]) }", 1);
  expect_products("graph(x: f32[2,3,2]) { matmul(x, f32[1,2,1] [1 2]) }", 1);
}

TEST(ProductInputs, AreSpreadOverAllTensorsAndTheirMeanIsThatOfAll) {
  const auto graph = graph_of("graph(x: f32[1,1,10,1]) { conv(x, f32[1,1,1,1] [1]) }");
  std::vector<Tensor> inputs;
  for (const double first : {0, 100}) {
    Tensor input(DType::f32, {1, 1, 10, 1});
    for (int64_t i = 0; i < 10; ++i) input.set_real(i, first + static_cast<double>(i));
    inputs.push_back(input);
  }
  const auto seen = product_inputs(last_of(graph), inputs, 5);
  const auto rows = seen[0].rows.as<float>();
  EXPECT_EQ(std::vector<float>(rows.begin(), rows.end()), (std::vector<float>{0, 5, 100, 105}));
  EXPECT_DOUBLE_EQ(seen[0].mean[0], 54.5);
  EXPECT_EQ(product_inputs(last_of(graph), inputs, 1)[0].rows.size(), 2);
}

TEST(ProductInputs, AreNoneOfSeveralMatricesAndOfNothing) {
  const auto several = graph_of("graph(x: f32[2,1,2]) { matmul(x, f32[2,2,1] [1 2 3 4]) }");
  EXPECT_TRUE(
      product_inputs(last_of(several), testing_support::random_inputs_of(several, 1), 9).empty());
  const auto one = graph_of("graph(x: f32[1,2]) { matmul(x, f32[2,1] [1 2]) }");
  EXPECT_TRUE(product_inputs(last_of(one), {}, 9).empty());
}

}  // namespace
}  // namespace turnstone
