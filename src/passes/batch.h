// A model of one picture as a model of several.
#pragma once

#include "ir/graph.h"

namespace turnstone {

// The graph with `batch` pictures where it has one: the first dimension of every input, which must
// be 1, and of all that depends on one. Each picture's results are those that it has alone. Errors:
// unsupported, when a call would mix pictures or is not known to keep them apart.
Result<Graph> with_batch(const Graph& graph, int64_t batch);

}  // namespace turnstone
