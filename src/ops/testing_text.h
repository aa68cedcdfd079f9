// For tests: graphs from their text.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "ir/text.h"
#include "ops/ops.h"

namespace turnstone::testing_support {

// The graph that `text` describes; where it describes none, the test fails and goes on with an
// empty one.
inline Graph graph_of(std::string_view text) {
  auto graph = parse_graph(text, core_ops());
  if (!graph) ADD_FAILURE() << graph.error().text;
  return graph ? *std::move(graph) : Graph(core_ops());
}

}  // namespace turnstone::testing_support
