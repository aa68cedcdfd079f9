// One graph for every choice of layers: each is in reals or in integers by a number of an input, so
// that choices are tried without compiling anew.
#pragma once

#include "quantize/run.h"
#include "quantize/scheme.h"

namespace turnstone::int8 {

// One thread at a time.
class Switchboard {
 public:
  // `layers` and `scheme` are those of the graph, and all three outlive this. Errors: as
  // `make_run`.
  static Result<Switchboard> make(const Graph& graph, const std::vector<Layer>& layers,
                                  const Scheme& scheme, const MakeRun& make_run);

  // The graph's outputs with the chosen layers in integers. Errors: as the run.
  Result<std::vector<Tensor>> run(const Tensor& input, const Chosen& chosen) const;

 private:
  Switchboard(const Graph& graph, const std::vector<Layer>& layers)
      : graph_(graph), layers_(layers) {}

  const Graph& graph_;
  const std::vector<Layer>& layers_;
  std::map<Value, size_t> switches_;  // of values, behind those of layers
  Run run_;
};

}  // namespace turnstone::int8
