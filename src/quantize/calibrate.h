// What a graph's values are on real inputs.
#pragma once

#include <functional>

#include "quantize/histogram.h"
#include "quantize/layer.h"
#include "quantize/range.h"
#include "quantize/run.h"

namespace turnstone::int8 {

// The graph with the given values as further outputs behind its own.
Graph with_outputs(const Graph& graph, const std::set<Value>& values);

// Collects how the elements of values are distributed. One thread at a time.
class Calibration {
 public:
  explicit Calibration(const std::set<Value>& values);

  // Counts one run; `results` are those of with_outputs behind the first `own`. Errors: invalid
  // when an element is infinite or no number; then nothing is counted of that value.
  Result<> add(std::span<const Tensor> results, size_t own);

  // The range of each value; those that share a scale have the one that holds all of theirs.
  std::map<Value, Range> ranges(const std::map<Value, Value>& shared, RangeMethod method) const;

 private:
  std::map<Value, Histogram> histograms_;
};

}  // namespace turnstone::int8
