#include "passes/pass.h"

namespace turnstone {

// reshape(reshape(x)) -> reshape(x)
std::optional<Value> merge_reshapes(Draft& graph, Value, const Made& outer) {
  if (outer.op() != "reshape") return {};
  const auto* inner = graph.made_by(outer.in[0], "reshape");
  if (!inner) return {};
  return graph.call("reshape", {inner->in[0]}, {{"shape", outer.ints("shape")}});
}

}  // namespace turnstone
