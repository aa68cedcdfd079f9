#include "quantize/observe.h"

#include <gmock/gmock.h>

#include "ir/text.h"
#include "passes/narrow.h"
#include "quantize/testing.h"

namespace turnstone::int8 {
namespace {

using testing::HasSubstr;

TEST(Observe, KeepsWhatValuesAreInEachRun) {
  const auto graph = small_net();
  std::mt19937 random(1);
  const std::vector<Tensor> inputs = {random_tensor({1, 6, 6, 3}, random),
                                      random_tensor({1, 6, 6, 3}, random)};
  const auto values = inputs_of_products(graph);
  const auto observed = *observe(graph, values, inputs, make_interpreted_run);
  ASSERT_EQ(observed.size(), values.size());
  const auto& of_input = observed.at(graph.inputs()[0].value);
  ASSERT_EQ(of_input.size(), 2u);
  EXPECT_TRUE(same(of_input[0], inputs[0]));
  EXPECT_TRUE(same(of_input[1], inputs[1]));
  for (const auto& [value, tensors] : observed) EXPECT_EQ(tensors[0].shape(), graph.shape(value));
}

TEST(Observe, LeavesOutWhatIsNoNumberOnce) {
  const auto graph = *parse_graph(
      "graph(x: f32[1,2]) {\n y = log(x)\n p: matmul(x, f32[2,1] [1 2]), q: y }", core_ops());
  const auto x = graph.inputs()[0].value, y = graph.outputs()[1].value;
  const std::vector<Tensor> inputs = {Tensor::of<float>({1, 2}, std::vector<float>{1, 2}),
                                      Tensor::of<float>({1, 2}, std::vector<float>{1, -2})};
  const auto observed = *observe(graph, {x, y}, inputs, make_interpreted_run);
  EXPECT_TRUE(observed.contains(x));
  EXPECT_FALSE(observed.contains(y));
}

TEST(Observe, LeavesOutWhatIsSmallerThanItMayBe) {
  const auto graph = small_net();
  const auto x = graph.inputs()[0].value;
  const auto half = [&](const Graph& all) -> Result<int8::Run> {
    return [all](std::span<const Tensor>) -> Result<std::vector<Tensor>> {
      std::vector<Tensor> results;
      for (const auto& port : all.outputs()) {
        auto shape = all.shape(port.value);
        shape[0] = 0;
        results.emplace_back(DType::f32, shape);
      }
      return results;
    };
  };
  const std::vector<Tensor> inputs = {Tensor(DType::f32, graph.shape(x))};
  EXPECT_TRUE(observe(graph, {x}, inputs, half)->empty());
}

TEST(Observe, TellsWhatARunSays) {
  const auto failing = [](const Graph&) -> Result<int8::Run> {
    return fail(Code::unavailable, "no");
  };
  const auto observed = observe(small_net(), {}, {}, failing);
  ASSERT_FALSE(observed);
  EXPECT_THAT(observed.error().text, HasSubstr("no"));
}

}  // namespace
}  // namespace turnstone::int8
