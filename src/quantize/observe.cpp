#include "quantize/observe.h"

#include <algorithm>
#include <cmath>

#include "quantize/calibrate.h"

namespace turnstone::int8 {

std::optional<int64_t> find_unobservable(const Tensor& tensor) {
  const auto reals = tensor.as<float>();
  const auto found =
      std::ranges::find_if(reals, [](float real) { return !(std::abs(real) <= most_observed); });
  if (found == reals.end()) return {};
  return found - reals.begin();
}

Result<Observed> observe(const Graph& graph, const std::set<Value>& values,
                         std::span<const Tensor> inputs, const MakeRun& make_run) {
  CHECK(graph.inputs().size() == 1);
  std::set<Value> reals;
  for (const auto value : values)
    if (graph.type(value).dtype == DType::f32) reals.insert(value);
  const auto run = TRY(make_run(with_outputs(graph, reals)));
  Observed observed;
  std::set<Value> wild;
  for (const auto& input : inputs) {
    auto results = TRY(run({&input, 1}));
    auto i = graph.outputs().size();
    for (const auto value : reals) {
      auto& result = results[i++];
      if (result.shape() != graph.shape(value) || find_unobservable(result)) wild.insert(value);
      observed[value].push_back(std::move(result));
    }
  }
  for (const auto value : wild) observed.erase(value);
  return observed;
}

}  // namespace turnstone::int8
