// For tests: random graphs as passes leave them.
#pragma once

#include <random>

#include "ops/testing_graphs.h"
#include "passes/pass.h"

namespace turnstone::testing_support {

// Draws one graph and runs all passes over it. Errors: those of either.
inline Result<Graph> optimised_random_graph(std::mt19937& rng) {
  return optimise(TRY(random_graph(rng)));
}

}  // namespace turnstone::testing_support
