// Post-training quantisation: a graph of reals becomes one whose layers compute with integers of 8
// bits, calibrated and judged by pictures.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/json.h"
#include "quantize/judge.h"
#include "quantize/range.h"
#include "quantize/run.h"
#include "vision/model_info.h"

namespace turnstone::int8 {

struct QuantizeSettings {
  std::vector<std::filesystem::path> pictures;  // files, and folders of them
  RangeMethod range = RangeMethod::percentile;
  double max_drop_percent = 0.5;  // what may be lost, as Judgement::drop_percent
  double held_back = 0.5;         // share of the pictures that judge and do not calibrate, 0..1
  bool equalise = false;
  bool correct_biases = true;
  bool small_pairs = false;  // of weights: sums of two products fit 16 bits
  uint64_t seed = 0;         // of which pictures are held back
  ClassOutput classes;       // index of the output that holds classes
  bool quiet = false;
  std::function<bool()> stopped = [] { return false; };
};

struct QuantizedModel {
  Graph graph;  // with calls of quantize and dequantize; inputs and outputs as they were
  Json report;  // what was measured and decided; docs/guides/quantise.md names the keys
};

// `graph` is optimised and has one input, which `input` describes. Layers that lose most stay in
// reals, so that what is lost on the pictures held back is within the bound. Errors: unsupported
// (several inputs, no layer to quantise), invalid (fewer than two pictures that can be read, a
// value that is no number, a bound that not even one layer keeps), those of Pictures, cancelled.
Result<QuantizedModel> quantize(const Graph& graph, const ModelInput& input,
                                const MakeRun& make_run, const QuantizeSettings& settings);

}  // namespace turnstone::int8
