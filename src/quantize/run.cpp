#include "quantize/run.h"

namespace turnstone::int8 {

Result<Run> make_interpreted_run(const Graph& graph) {
  return [graph](std::span<const Tensor> inputs) { return evaluate(graph, inputs); };
}

}  // namespace turnstone::int8
