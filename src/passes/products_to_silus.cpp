#include "passes/pass.h"

namespace turnstone {

// x * sigmoid(x) -> silu(x), where nobody else reads the sigmoid
std::optional<Value> products_to_silus(Draft& graph, Value, const Made& made) {
  if (made.op() != "mul") return {};
  for (size_t i = 0; i < 2; ++i) {
    const auto* gate = graph.made_by(made.in[i], "sigmoid");
    if (gate && gate->in[0] == made.in[1 - i] && graph.is_read_once(made.in[i]))
      return graph.call("silu", {gate->in[0]});
  }
  return {};
}

}  // namespace turnstone
