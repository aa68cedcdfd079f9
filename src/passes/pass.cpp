#include "passes/pass.h"

#include <algorithm>

#include "ir/text.h"
#include "passes/rebuild.h"

namespace turnstone {

#define PASS(name) std::optional<Value> name(Draft& graph, Value value, const Made& made);
#include "passes/passes.def"
#undef PASS

std::span<const Pass> all_passes() {
  static constexpr Pass table[] = {
#define PASS(name) {#name, name},
#define LATE(name) {#name, name, true},
#include "passes/passes.def"
#undef PASS
  };
  return table;
}

namespace {

constexpr int most_rounds = 32;
constexpr int most_steps = 64;  // of one rule on one call

// Applies the rule to what it made itself too; returns what stands for `value` in the end.
Value rewritten(Draft& graph, Value value, const Pass& pass, bool& fired) {
  for (int step = 0; step < most_steps; ++step) {
    const auto* call = graph.made_by(value);
    if (!call) break;
    const auto type = graph.type(value);
    const auto other = pass.rule(graph, value, *call);
    if (graph.take_error() || !other) break;
    CHECK(graph.type(*other) == type);
    value = *other;
    fired = true;
  }
  return value;
}

}  // namespace

bool Draft::is_read_once(Value value) const {
  const auto found = reads_.find(value);
  return found == reads_.end() || found->second == 1;
}

// Where a value takes the place of one that it was read by, that reader is gone.
void Draft::add_reads(Value value, int count) {
  const auto [found, fresh] = reads_.emplace(value, count);
  if (!fresh) found->second += count - 1;
}

Graph apply_pass(const Graph& graph, const Pass& pass, bool* changed) {
  bool fired = false;
  const auto uses = uses_of(graph);
  auto draft = rebuild<Draft>(graph, [&](Draft& g, const Made& made, std::vector<Value> in) {
    auto out = g.call_all(made.op(), std::move(in), made.call.attrs);
    CHECK(!out.empty());
    if (out.size() == 1) out[0] = rewritten(g, out[0], pass, fired);
    for (size_t i = 0; i < out.size(); ++i)
      g.add_reads(out[i], uses[static_cast<size_t>(made.out[i].id)]);
    return out;
  });
  if (changed) *changed = fired;
  return std::move(static_cast<Graph&>(draft));
}

Graph join_equal_calls(const Graph& graph, bool* changed) {
  bool joined = false;
  std::map<std::string, std::vector<Value>> made_before;
  std::map<std::string, Value> constants;
  auto result = rebuild<Graph>(graph, [&](Graph& g, const Made& made, std::vector<Value> in) {
    std::string key(made.op());
    for (auto& value : in) {
      if (const auto* constant = g.constant_of(value); constant && constant->size_bytes() <= 4096) {
        const auto [found, fresh] = constants.emplace(print(*constant), value);
        joined |= !fresh && found->second != value;
        value = found->second;
      }
      key += fmt::format(" {}", value.id);
    }
    for (const auto& [name, attribute] : made.call.attrs)
      key += name + "=" + print(attribute) + ";";
    if (const auto found = made_before.find(key); found != made_before.end()) {
      joined = true;
      return found->second;
    }
    return made_before[key] = g.call_all(made.op(), std::move(in), made.call.attrs);
  });
  if (changed) *changed = joined;
  return result;
}

Result<Graph> optimise(const Graph& graph, const PassObserver& observer) {
  auto current = graph;
  bool any = true;
  const auto take = [&](std::string_view pass, Graph next, bool changed) {
    if (!changed) return;
    any = true;
    current = std::move(next);
    if (observer) observer(pass, current);
  };
  // What is not at rest by then is as right as it was before, and only less quick.
  for (int round = 0; any && round < most_rounds; ++round) {
    any = false;
    bool changed = false;
    auto joined = join_equal_calls(current, &changed);
    take("join_equal_calls", std::move(joined), changed);
    for (const auto& pass : all_passes()) {
      if (pass.is_late && any) continue;
      auto next = apply_pass(current, pass, &changed);
      take(pass.name, std::move(next), changed);
    }
  }
  TRY(verify(current));
  return current;
}

std::optional<Tensor> channel_constant(const Graph& graph, Value value, const Shape& shape) {
  const auto* constant = graph.constant_of(value);
  if (!constant || shape.empty()) return {};
  const auto channels = shape.back();
  const bool one = constant->size() == 1;
  const auto& own = constant->shape();
  if (!one && (constant->size() != channels || own.empty() || own.back() != channels)) return {};
  Tensor each(constant->dtype(), {channels});
  for (int64_t i = 0; i < channels; ++i) {
    if (is_float(constant->dtype()))
      each.set_real(i, constant->real_at(one ? 0 : i));
    else
      each.set_integer(i, constant->integer_at(one ? 0 : i));
  }
  return each;
}

bool keeps_order(const Shape& shape, std::span<const int64_t> axes) {
  int64_t last = -1;
  for (const auto axis : axes) {
    if (shape[static_cast<size_t>(axis)] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

bool all_are(std::span<const int64_t> list, int64_t wanted) {
  return std::ranges::all_of(list, [&](int64_t number) { return number == wanted; });
}

Value fold_call(Graph& graph, std::string_view op, Value a, Value b) {
  const auto made = graph.made_by(graph.call(op, {a, b}));
  CHECK(made != nullptr);
  const std::vector<Tensor> in = {*graph.constant_of(a), *graph.constant_of(b)};
  std::vector<Tensor> out = {Tensor(made->call.out[0].dtype, made->call.out[0].shape)};
  made->call.op->eval(made->call, in, out);
  return graph.constant(std::move(out[0]));
}

}  // namespace turnstone
