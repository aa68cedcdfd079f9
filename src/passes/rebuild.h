// Copies a graph call by call into a new one, so that whoever copies may add or change calls.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace turnstone {

// The live calls of `graph` in a new one with the same inputs and outputs. `make(result, made, in)`
// adds what stands for the call `made` of `graph`, whose operands are `in` in the new graph, and
// returns its results, as many as the call has.
template <class Target, class Make>
Target rebuild(const Graph& graph, Make make) {
  Target result(graph.ops());
  std::map<Value, Value> known;
  const auto value_of = [&](Value value) {
    if (const auto found = known.find(value); found != known.end()) return found->second;
    const auto* constant = graph.constant_of(value);
    CHECK(constant != nullptr);
    return known[value] = result.constant(*constant);
  };
  for (const auto& port : graph.inputs())
    known[port.value] = result.input(port.name, graph.type(port.value), port.quantisation);
  for (const auto* made : graph.live_calls()) {
    std::vector<Value> in;
    for (const auto value : made->in) in.push_back(value_of(value));
    const auto out = make(result, *made, std::move(in));
    CHECK(out.size() == made->out.size());
    for (size_t i = 0; i < out.size(); ++i) known[made->out[i]] = out[i];
  }
  for (const auto& port : graph.outputs())
    result.output(port.name, value_of(port.value), port.quantisation);
  return result;
}

}  // namespace turnstone
