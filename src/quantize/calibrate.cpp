#include "quantize/calibrate.h"

namespace turnstone::int8 {

Graph with_outputs(const Graph& graph, const std::set<Value>& values) {
  auto all = graph;
  for (const auto value : values)
    all.output(fmt::format("value {} of {}", value.id, all.outputs().size()), value);
  return all;
}

Calibration::Calibration(const std::set<Value>& values) {
  for (const auto value : values) histograms_[value];
}

Result<> Calibration::add(std::span<const Tensor> results, size_t own) {
  CHECK(results.size() == own + histograms_.size());
  size_t i = own;
  for (auto& [value, histogram] : histograms_) {
    const auto& result = results[i++];
    if (!histogram.add(result.as<float>()))
      return fail(Code::invalid, "a value of {} is infinite or no number", print(result.shape()));
  }
  return {};
}

std::map<Value, Range> Calibration::ranges(const std::map<Value, Value>& shared,
                                           RangeMethod method) const {
  std::map<Value, Range> whole;  // by the value that stands for others
  for (const auto& [value, histogram] : histograms_) {
    const auto range = choose_range(histogram, method);
    const auto [found, fresh] = whole.emplace(shared.at(value), range);
    if (!fresh) found->second = both(found->second, range);
  }
  std::map<Value, Range> ranges;
  for (const auto& [value, histogram] : histograms_) ranges[value] = whole.at(shared.at(value));
  return ranges;
}

}  // namespace turnstone::int8
