#include "passes/narrow.h"

#include <algorithm>
#include <cmath>
#include <ranges>
#include <set>

#include "ops/conv.h"
#include "ops/narrow.h"
#include "passes/rebuild.h"
#include "passes/round_weights.h"

namespace turnstone {
namespace {

bool is_depthwise(const Made& made) {
  return made.op() == "conv" && conv_shape(made.call).is_depthwise();
}

bool makes_reals(const Made& made) {
  return (made.op() == "conv" || made.op() == "matmul") && made.call.out[0].dtype == DType::f32;
}

bool is_product(const Made& made) { return makes_reals(made) && !is_depthwise(made); }

// Rows of a constant by number: an embedding.
bool is_table(const Graph& graph, const Made& made) {
  const auto* table = made.op() == "gather" ? graph.constant_of(made.in[0]) : nullptr;
  return table && table->dtype() == DType::f32 && table->shape().size() > 1;
}

// The constant as numbers of the type: as weights in an order, or without, each as the nearest.
// `what` says which it is.
Result<Value> rounded(Graph& graph, Value value, DType type, std::optional<WeightOrder> order,
                      std::string_view what) {
  const auto& wide = *graph.constant_of(value);
  const double most = type == DType::f16 ? 65504 : 0x1.fep127;
  for (int64_t i = 0; i < wide.size(); ++i)
    if (const auto real = wide.real_at(i); !(std::abs(real) <= most))
      return fail(Code::invalid, "{}: element {} is {}, wanted: {} within [{}, {}]", what, i, real,
                  print(type), -most, most);
  return graph.constant(order ? round_weights(wide, type, *order) : narrowed(wide, type));
}

// Constants have no names: what reads them tells which they are. Calls count from 1.
std::string weights_text(const Made& made, size_t operand, size_t number) {
  return fmt::format("weights {} of {}, call {} of the graph, which makes {}",
                     print(made.call.in[operand]), made.op(), number, print(made.call.out[0]));
}

class Narrower {
 public:
  Narrower(const Graph& graph, DType type, bool narrows_values)
      : graph_(graph), type_(type), narrows_values_(narrows_values) {
    if (narrows_values_) choose_values();
  }

  Result<Graph> run() {
    auto result = rebuild<Graph>(graph_, [&](Graph& g, const Made& made, std::vector<Value> in) {
      ++number_;
      if (error_) return std::vector<Value>(made.out.size(), in[0]);
      narrow_operands(g, made, in);
      if (error_) return std::vector<Value>(made.out.size(), in[0]);
      auto out = g.call_all(made.op(), std::move(in), made.call.attrs);
      if (is_table(graph_, made)) out[0] = g.call("cast", {out[0]});
      for (size_t i = 0; i < out.size(); ++i)
        if (stored_.contains(made.out[i]) && g.type(out[i]).dtype == DType::f32)
          out[i] = as(g, out[i], type_);
      return out;
    });
    if (error_) return std::unexpected(*error_);
    TRY(result.status());
    TRY(verify(result));
    return result;
  }

 private:
  static Value as(Graph& g, Value value, DType type) {
    return g.call("cast", {value}, {{"to", std::string(print(type))}});
  }

  void narrow_constant(Graph& g, const Made& made, std::vector<Value>& in, size_t operand) {
    if (g.type(in[operand]).dtype != DType::f32) return;
    std::optional<WeightOrder> order;
    if (is_product(made) && operand == 1)
      order = made.op() == "conv" ? WeightOrder::rows : WeightOrder::columns;
    auto value = rounded(g, in[operand], type_, order, weights_text(made, operand, number_));
    if (value)
      in[operand] = *value;
    else
      error_ = std::move(value.error());
  }

  void narrow_operands(Graph& g, const Made& made, std::vector<Value>& in) {
    if (is_table(graph_, made)) return narrow_constant(g, made, in, 0);
    if (is_product(made)) {
      if (graph_.constant_of(made.in[1])) narrow_constant(g, made, in, 1);
      if (narrows_values_) narrow_all(g, made, in);
      return;
    }
    if (!narrows_values_) return;
    const bool joins = made.op() == "concat" && !exact_.contains(made.out[0]);
    if (joins && std::ranges::any_of(in, [&](Value v) { return g.type(v).dtype == DType::bf16; }))
      return narrow_all(g, made, in);
    if (takes_stored(made) && made.op() != "concat") return;
    for (auto& value : in)
      if (g.type(value).dtype == DType::bf16)
        value = once(wide_, value, [&] { return as(g, value, DType::f32); });
  }

  void narrow_all(Graph& g, const Made& made, std::vector<Value>& in) {
    for (size_t i = 0; i < in.size() && !error_; ++i)
      if (graph_.constant_of(made.in[i]))
        narrow_constant(g, made, in, i);
      else
        in[i] = stored(g, in[i]);
  }

  // What is not stored in bf16 is rounded for its readers.
  Value stored(Graph& g, Value value) {
    if (g.type(value).dtype != DType::f32) return value;
    return once(narrow_, value, [&] { return as(g, value, type_); });
  }

  template <class Make>
  static Value once(std::map<Value, Value>& known, Value value, Make make) {
    const auto found = known.find(value);
    return found != known.end() ? found->second : known[value] = make();
  }

  // Whether a call can read bf16 as it is.
  static bool takes_stored(const Made& made) {
    if (takes_narrow(made.op()) || (makes_reals(made) && is_depthwise(made))) return true;
    const auto* form = made.call.op->elementwise;
    return form && form->vector && made.call.out[0].dtype == DType::f32 && made.op() != "cast";
  }

  void choose_values() {
    const auto live = graph_.live_calls();
    // Outputs, and what they are moved from.
    for (const auto& port : graph_.outputs()) exact_.insert(port.value);
    for (const auto* made : live | std::views::reverse)
      if (takes_narrow(made->op()) && exact_.contains(made->out[0]))
        exact_.insert(made->in.begin(), made->in.end());
    std::map<Value, int> readers;
    std::set<Value> other;    // that not only elementwise calls read
    std::set<Value> layered;  // that products read, or that are moved
    for (const auto* made : live)
      for (const auto value : made->in) {
        ++readers[value];
        if (!made->call.op->elementwise) other.insert(value);
        if (is_product(*made) || takes_narrow(made->op())) layered.insert(value);
      }
    for (const auto* made : live) {
      if (!makes_reals(*made) && !made->call.op->elementwise) continue;
      const auto value = made->out[0];
      if (graph_.type(value).dtype != DType::f32 || exact_.contains(value)) continue;
      if (layered.contains(value) || (readers[value] > 1 && other.contains(value)))
        stored_.insert(value);
    }
  }

  const Graph& graph_;
  const DType type_;
  const bool narrows_values_;
  std::set<Value> exact_, stored_;  // of graph_
  std::map<Value, Value> narrow_, wide_;
  size_t number_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<Graph> with_narrow_weights(const Graph& graph, DType type) {
  CHECK(is_narrow(type));
  return Narrower(graph, type, false).run();
}

Result<Graph> with_narrow_math(const Graph& graph) {
  return Narrower(graph, DType::bf16, true).run();
}

}  // namespace turnstone
