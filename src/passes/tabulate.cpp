#include <map>

#include "passes/stored.h"

namespace turnstone {
namespace {

constexpr int most_calls = 24;
constexpr int64_t entries = 256;

// Functions of one value of bytes, as the real numbers that they give for each byte.
class Table {
 public:
  explicit Table(Draft& graph) : graph_(graph) {}

  // Nothing unless `value` is made of elements of one value of bytes and of numbers, one by one.
  std::optional<Tensor> of(Value value) {
    if (const auto known = known_.find(value); known != known_.end()) return known->second;
    auto reals = computed(value);
    if (reals) known_.emplace(value, *reals);
    return reals;
  }

  const std::optional<Stored>& source() const { return source_; }

 private:
  std::optional<Tensor> computed(Value value) {
    if (++calls_ > most_calls) return {};
    if (const auto* constant = graph_.constant_of(value)) {
      if (constant->size() != 1 || constant->dtype() != DType::f32) return {};
      return Tensor::filled(DType::f32, {entries}, constant->real_at(0));
    }
    const auto* made = graph_.made_by(value);
    if (!made || graph_.type(value).dtype != DType::f32) return {};
    if (!made->call.op->elementwise) return reals_of(value);
    std::vector<Tensor> in;
    for (const auto operand : made->in) {
      const auto reals = of(operand);
      if (!reals) return {};
      in.push_back(*reals);
    }
    std::vector<Type> types(in.size(), {DType::f32, {entries}});
    const auto call = make_call(*made->call.op, types, made->call.attrs);
    if (!call) return {};
    std::vector<Tensor> out = {Tensor(DType::f32, {entries})};
    call->op->eval(*call, in, out);
    return out[0];
  }

  // What each byte stands for.
  std::optional<Tensor> reals_of(Value value) {
    const auto stored = stored_of(graph_, value);
    if (!stored || (source_ && leaf_ != value)) return {};
    source_ = stored;
    leaf_ = value;
    const auto least = range_of(graph_.type(stored->value).dtype).low;
    Tensor reals(DType::f32, {entries});
    for (int64_t i = 0; i < entries; ++i)
      reals.set_real(i, double{real_of(least + i, stored->zero, stored->scale)});
    return reals;
  }

  Draft& graph_;
  std::map<Value, Tensor> known_;
  std::optional<Stored> source_;
  Value leaf_;
  int calls_ = 0;
};

bool is_identity(const Tensor& table, DType from) {
  if (table.dtype() != from) return false;
  for (int64_t i = 0; i < entries; ++i)
    if (table.integer_at(i) != range_of(from).low + i) return false;
  return true;
}

}  // namespace

// quantize(f(dequantize(x))) -> lookup(x), f of elementwise calls on x and numbers; x where the
// table says so
std::optional<Value> tabulate(Draft& graph, Value value, const Made& made) {
  if (made.op() != "quantize") return {};
  Table table(graph);
  const auto reals = table.of(made.in[0]);
  if (!reals || !table.source()) return {};
  const auto x = table.source()->value;
  if (!x || graph.shape(x) != graph.shape(value)) return {};
  const auto call = make_call(*made.call.op, {{DType::f32, {entries}}}, made.call.attrs);
  if (!call) return {};
  std::vector<Tensor> out = {Tensor(graph.type(value).dtype, {entries})};
  call->op->eval(*call, std::vector<Tensor>{*reals}, out);
  if (is_identity(out[0], graph.type(x).dtype)) return x;
  return graph.call("lookup", {x, graph.constant(std::move(out[0]))});
}

}  // namespace turnstone
