// Rewrites of graphs. Each pass is a file of its own, listed in passes.def in the order in which
// they run; all run again until none changes anything.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "ir/graph.h"

namespace turnstone {

// The graph that a pass builds, call by call, while it reads another.
class Draft final : public Graph {
 public:
  using Graph::Graph;

  // Whether no other call and no output reads the value: what makes it may then be changed, instead
  // of being computed a second time. As the graph that the pass reads has it; what a rule made
  // counts as read once.
  bool is_read_once(Value value) const;

  // The value stands for one that `count` calls and outputs read. For the driver.
  void add_reads(Value value, int count);

 private:
  std::map<Value, int> reads_;
};

// Looks at one call whose first result is `value` and returns a value that may stand in its place,
// of the same type, or nothing. May add calls to the graph, changes nothing that is there. A rule
// whose calls are illegal, because a sum leaves its range say, does not apply.
using Rule = std::optional<Value> (*)(Draft& graph, Value value, const Made& made);

// A row of the list of passes.
struct Pass {
  std::string_view name;
  Rule rule;
  bool is_late = false;  // runs where no other one has anything to do
};

// Every pass, in the order in which they run.
std::span<const Pass> all_passes();

// Told after each pass that changed the graph.
using PassObserver = std::function<void(std::string_view pass, const Graph& graph)>;

// Applies one pass everywhere. The result holds live calls only; `changed`, when given, tells
// whether the rule ever fired.
Graph apply_pass(const Graph& graph, const Pass& pass, bool* changed = nullptr);

// Joins calls that are equal: the same operator, operands and attributes; and equal constants.
Graph join_equal_calls(const Graph& graph, bool* changed = nullptr);

// Runs all passes until nothing changes. Errors: only what verify says of the result, which would
// be a mistake of a pass.
Result<Graph> optimise(const Graph& graph, const PassObserver& observer = {});

// Helpers for rules.

// The constant that `value` is, when it has one element or one for each channel (the last
// dimension of `shape`), as one element for each channel.
std::optional<Tensor> channel_constant(const Graph& graph, Value value, const Shape& shape);

// Whether a transpose by `axes` leaves the order in memory: only dimensions of extent 1 move.
bool keeps_order(const Shape& shape, std::span<const int64_t> axes);

// Whether every number of a list of settings is `wanted`.
bool all_are(std::span<const int64_t> list, int64_t wanted);

// Both constants elementwise, with broadcasting.
Value fold_call(Graph& graph, std::string_view op, Value a, Value b);

}  // namespace turnstone
