// What each layer alone does to its result when it computes in integers.
#pragma once

#include "quantize/run.h"
#include "quantize/scheme.h"

namespace turnstone::int8 {

// The error of one layer's result, before an activation, over runs.
struct LayerError {
  std::vector<double> shift;  // of each channel, integers less reals: the mean
  double noise = 0;           // mean square of the error
  double signal = 0;          // mean square of the result

  // Ratio of signal to noise in decibels; most_snr where there is no noise.
  double snr_db() const;
  // The same once the shift is taken away.
  double corrected_snr_db() const;
};

// Of a result without noise.
inline constexpr double most_snr = 200;

// The graph with the errors of all layers, each reading what the reals before it give, as outputs
// behind its own. `layers` and `scheme` are those of the graph.
Graph with_errors(const Graph& graph, const std::vector<Layer>& layers, const Scheme& scheme);

// Sums up runs. One thread at a time.
class LayerErrors {
 public:
  explicit LayerErrors(const std::vector<Layer>& layers);
  // Adds one run; `results` are those of with_errors, of which the first `own` are the graph's.
  void add(std::span<const Tensor> results, size_t own);
  // The means of what was added.
  std::vector<LayerError> means() const;

 private:
  std::vector<LayerError> sums_;
  int64_t runs_ = 0;
};

// Takes the mean shift of each layer out of its bias in the scheme.
void correct_biases(Scheme& scheme, const std::vector<LayerError>& errors);

}  // namespace turnstone::int8
