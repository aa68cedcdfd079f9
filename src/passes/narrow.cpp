#include "passes/narrow.h"

#include <algorithm>
#include <cmath>
#include <ranges>
#include <set>

#include "ops/conv.h"
#include "ops/narrow.h"
#include "passes/pass.h"
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

bool has_weights(const Graph& graph, const Made& made) {
  return is_product(made) && graph.constant_of(made.in[1]);
}

WeightOrder order_of(const Made& made) {
  return made.op() == "conv" ? WeightOrder::rows : WeightOrder::columns;
}

// Positions that decide how the weights of one call are rounded.
constexpr int64_t most_positions = 1024;

// Whether each output reads one position alone, so that a constant may be taken from each channel.
bool reads_positions(const Made& made) {
  if (made.op() == "matmul") return true;
  const auto shape = conv_shape(made.call);
  return shape.kernel_rows == 1 && shape.kernel_columns == 1 && shape.top == 0 && shape.left == 0 &&
         shape.bottom == 0 && shape.right == 0;
}

// The mean of each channel; nothing where what is squared is mostly not the mean.
std::optional<Tensor> large_mean(const std::vector<ProductInputs>& groups) {
  std::vector<float> means;
  double squares = 0, squares_of_mean = 0;
  for (const auto& group : groups) {
    const auto positions = static_cast<double>(group.rows.shape()[0]);
    for (const auto value : group.rows.as<float>()) squares += double{value} * value / positions;
    for (const auto mean : group.mean) {
      squares_of_mean += mean * mean;
      means.push_back(static_cast<float>(mean));
    }
  }
  if (squares_of_mean <= squares - squares_of_mean) return {};
  return Tensor::of<float>({std::ssize(means)}, means);
}

// Rows of a constant by number: an embedding.
bool is_table(const Graph& graph, const Made& made) {
  const auto* table = made.op() == "gather" ? graph.constant_of(made.in[0]) : nullptr;
  return table && table->dtype() == DType::f32 && table->shape().size() > 1;
}

// Whether the type holds all elements. `what` says whose they are.
Result<> check_range(const Tensor& wide, DType type, std::string_view what) {
  const double most = type == DType::f16 ? 65504 : 0x1.fep127;
  for (int64_t i = 0; i < wide.size(); ++i)
    if (const auto real = wide.real_at(i); !(std::abs(real) <= most))
      return fail(Code::invalid, "{}: element {} is {}, wanted: {} within [{}, {}]", what, i, real,
                  print(type), -most, most);
  return {};
}

// Constants have no names: what reads them tells which they are. Calls count from 1.
std::string weights_text(const Made& made, size_t operand, size_t number) {
  return fmt::format("weights {} of {}, call {} of the graph, which makes {}",
                     print(made.call.in[operand]), made.op(), number, print(made.call.out[0]));
}

class Narrower {
 public:
  Narrower(const Graph& graph, DType type, bool narrows_values, const Observed& observed)
      : graph_(graph), type_(type), narrows_values_(narrows_values), observed_(observed) {
    for (const auto* made : graph_.live_calls())
      for (const auto value : made->in) readers_[value].push_back(made);
    for (const auto& port : graph_.outputs()) readers_[port.value].push_back(nullptr);
    if (narrows_values_) {
      find_pictures();
      choose_means();
      choose_values();
    }
  }

  Result<Graph> run() {
    auto result = rebuild<Graph>(graph_, [&](Graph& g, const Made& made, std::vector<Value> in) {
      ++number_;
      if (error_) return std::vector<Value>(made.out.size(), in[0]);
      narrow_operands(g, made, in);
      if (error_) return std::vector<Value>(made.out.size(), in[0]);
      auto out = g.call_all(made.op(), std::move(in), made.call.attrs);
      if (changes_.contains(made.out[0]) && !bias_behind(made))
        out[0] = g.call("add", {out[0], g.constant(changes_.at(made.out[0]))});
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
    const auto& wide = *g.constant_of(in[operand]);
    if (auto fits = check_range(wide, type_, weights_text(made, operand, number_)); !fits)
      error_ = std::move(fits.error());
    else
      in[operand] = g.constant(is_product(made) && operand == 1 ? weights(made, wide)
                                                                : narrowed(wide, type_));
  }

  // The weights of a product, by what it was seen to read; and what that changes in the mean.
  Tensor weights(const Made& made, const Tensor& wide) {
    const auto order = order_of(made);
    const auto inputs = seen(made);
    if (inputs.empty()) return round_weights(wide, type_, order);
    auto narrow = round_weights(wide, type_, order, inputs);
    changes_.emplace(made.out[0],
                     mean_change(wide, narrow, order, inputs, means_.contains(made.in[0])));
    return narrow;
  }

  std::vector<ProductInputs> seen(const Made& made) const {
    const auto found = observed_.find(made.in[0]);
    if (found == observed_.end()) return {};
    return product_inputs(made, found->second, most_positions);
  }

  // The call that alone reads what the product makes, and adds a constant to each channel.
  const Made* bias_behind(const Made& product) const {
    const auto& readers = readers_.at(product.out[0]);
    if (readers.size() != 1 || !readers[0] || readers[0]->op() != "add") return nullptr;
    return bias_of(*readers[0], product.out[0]) ? readers[0] : nullptr;
  }

  // What the call adds to `value`, if that is a constant for each channel.
  std::optional<Tensor> bias_of(const Made& add, Value value) const {
    const auto other = add.in[add.in[0] == value ? 1 : 0];
    return channel_constant(graph_, other, graph_.shape(value));
  }

  // A bias takes what rounding of the weights in front of it changed.
  void change_bias(Graph& g, const Made& made, std::vector<Value>& in) {
    if (made.op() != "add") return;
    for (size_t i = 0; i < 2; ++i) {
      const auto found = changes_.find(made.in[i]);
      if (found == changes_.end() || bias_behind(*graph_.made_by(made.in[i])) != &made) continue;
      auto bias = *bias_of(made, made.in[i]);
      Tensor changed(DType::f32, bias.shape());
      for (int64_t c = 0; c < bias.size(); ++c)
        changed.set_real(c, bias.real_at(c) + found->second.real_at(c));
      in[1 - i] = g.constant(std::move(changed));
    }
  }

  void narrow_operands(Graph& g, const Made& made, std::vector<Value>& in) {
    if (is_table(graph_, made)) return narrow_constant(g, made, in, 0);
    change_bias(g, made, in);
    if (is_product(made)) {
      if (has_weights(graph_, made)) narrow_constant(g, made, in, 1);
      if (const auto mean = means_.find(made.in[0]); mean != means_.end())
        in[0] = g.call("add", {in[0], g.constant(mean->second)});
      if (narrows_values_ && !reads_picture(made)) narrow_all(g, made, in);
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

  // What comes from inputs with no layer in between.
  void find_pictures() {
    for (const auto& port : graph_.inputs()) pictures_.insert(port.value);
    for (const auto* made : graph_.live_calls())
      if (!makes_reals(*made) && std::ranges::all_of(made->in, [&](Value value) {
            return pictures_.contains(value) || graph_.constant_of(value);
          }))
        pictures_.insert(made->out.begin(), made->out.end());
  }

  // A window over a picture. No tile of a processor takes so few channels.
  bool reads_picture(const Made& made) const {
    if (made.op() != "conv" || !pictures_.contains(made.in[0])) return false;
    const auto shape = conv_shape(made.call);
    return shape.channels < 16 && shape.kernel_rows * shape.kernel_columns > 1;
  }

  // Values that are rounded as differences from their mean: what is added to each channel for it.
  void choose_means() {
    for (const auto* made : graph_.live_calls()) {
      const auto value = made->in.empty() ? Value{} : made->in[0];
      if (!has_weights(graph_, *made) || !reads_positions(*made)) continue;
      const auto* maker = graph_.made_by(value);
      if (readers_.at(value).size() != 1 || !maker) continue;
      if (!makes_reals(*maker) && !(maker->call.op->elementwise && maker->op() != "cast")) continue;
      auto mean = large_mean(seen(*made));
      if (!mean) continue;
      for (auto& real : mean->mutable_as<float>()) real = -real;
      means_.emplace(value, std::move(*mean));
    }
  }

  void choose_values() {
    const auto live = graph_.live_calls();
    // Outputs, and what they are moved from.
    for (const auto& port : graph_.outputs()) exact_.insert(port.value);
    for (const auto* made : live | std::views::reverse)
      if (takes_narrow(made->op()) && exact_.contains(made->out[0]))
        exact_.insert(made->in.begin(), made->in.end());
    std::set<Value> other;    // that not only elementwise calls read
    std::set<Value> layered;  // that products read, or that are moved
    for (const auto* made : live)
      for (const auto value : made->in) {
        if (!made->call.op->elementwise) other.insert(value);
        if (means_.contains(value) || reads_picture(*made)) continue;
        if (is_product(*made) || takes_narrow(made->op())) layered.insert(value);
      }
    for (const auto* made : live) {
      if (!makes_reals(*made) && !made->call.op->elementwise) continue;
      const auto value = made->out[0];
      if (graph_.type(value).dtype != DType::f32 || exact_.contains(value)) continue;
      if (layered.contains(value) || (readers_[value].size() > 1 && other.contains(value)))
        stored_.insert(value);
    }
  }

  const Graph& graph_;
  const DType type_;
  const bool narrows_values_;
  const Observed& observed_;
  std::map<Value, std::vector<const Made*>> readers_;  // of graph_; null for an output
  std::map<Value, Tensor> means_;                      // of graph_: what is added to each channel
  std::map<Value, Tensor> changes_;                    // of what products of graph_ make
  std::set<Value> pictures_;                           // of graph_
  std::set<Value> exact_, stored_;                     // of graph_
  std::map<Value, Value> narrow_, wide_;
  size_t number_ = 0;
  std::optional<Error> error_;
};

}  // namespace

std::set<Value> inputs_of_products(const Graph& graph) {
  std::set<Value> values;
  for (const auto* made : graph.live_calls())
    if (has_weights(graph, *made) && !graph.constant_of(made->in[0])) values.insert(made->in[0]);
  return values;
}

Result<Graph> with_narrow_weights(const Graph& graph, DType type, const Observed& observed) {
  CHECK(is_narrow(type));
  return Narrower(graph, type, false, observed).run();
}

Result<Graph> with_narrow_math(const Graph& graph, const Observed& observed) {
  return Narrower(graph, DType::bf16, true, observed).run();
}

}  // namespace turnstone
