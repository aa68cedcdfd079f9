#include "quantize/switchboard.h"

#include <algorithm>

#include "passes/rebuild.h"
#include "quantize/integer_graph.h"

namespace turnstone::int8 {
namespace {

// Elementwise a - b.
Tensor difference(const Tensor& a, const Tensor& b) {
  Tensor made(DType::f32, a.shape());
  for (int64_t i = 0; i < made.size(); ++i) made.set_real(i, a.real_at(i) - b.real_at(i));
  return made;
}

class Builder {
 public:
  Builder(const Graph& graph, const std::vector<Layer>& layers, const Scheme& scheme,
          const std::map<Value, size_t>& switches)
      : graph_(graph), layers_(layers), scheme_(scheme), switches_(switches) {
    for (size_t i = 0; i < layers.size(); ++i) {
      number_[layers[i].made] = i;
      number_[layers[i].bias] = i;
    }
  }

  std::vector<Value> make(Graph& g, const Made& made, std::vector<Value> in) {
    for (size_t i = 0; i < in.size(); ++i) in[i] = as_read(g, made.in[i], in[i]);
    auto out = g.call_all(made.op(), in, made.call.attrs);
    const auto found = number_.find(&made);
    if (found == number_.end()) return out;
    const auto i = found->second;
    const auto& layer = layers_[i];
    if (&made == layer.made) {
      const auto& rounded = scheme_.layers[i].weights.reals;
      const auto error = g.constant(difference(rounded, *graph_.constant_of(layer.weights)));
      return {with(g, out[0], g.call(made.op(), {in[0], error}, made.call.attrs), i)};
    }
    const auto rounded = integer_bias(scheme_, layer, i).reals;
    const auto error = difference(rounded, *graph_.constant_of(layer.bias_operand()));
    return {with(g, out[0], g.constant(error), i)};
  }

 private:
  Value the_switches(Graph& g) {
    const auto n = static_cast<int64_t>(layers_.size() + switches_.size());
    if (!all_) all_ = g.input("switches", {DType::f32, {n}});
    return all_;
  }

  // x, and `error` too where the switch is on.
  Value with(Graph& g, Value x, Value error, size_t at) {
    const auto on = g.call("slice", {the_switches(g)},
                           {{"starts", std::vector{static_cast<int64_t>(at)}},
                            {"extents", std::vector<int64_t>{1}},
                            {"steps", std::vector<int64_t>{1}}});
    return g.call("add", {x, g.call("mul", {error, on})});
  }

  Value as_read(Graph& g, Value value, Value x) {
    const auto found = switches_.find(value);
    if (found == switches_.end()) return x;
    auto& made = read_[value];
    if (made) return made;
    const auto rounded = held(g, x, scheme_.values.at(value), Form::simulated);
    return made = with(g, x, g.call("sub", {rounded, x}), found->second);
  }

  const Graph& graph_;
  const std::vector<Layer>& layers_;
  const Scheme& scheme_;
  const std::map<Value, size_t>& switches_;
  std::map<const Made*, size_t> number_;
  std::map<Value, Value> read_;
  Value all_;
};

}  // namespace

Result<Switchboard> Switchboard::make(const Graph& graph, const std::vector<Layer>& layers,
                                      const Scheme& scheme, const MakeRun& make_run) {
  Switchboard made(graph, layers);
  for (const auto& [value, quantisation] : scheme.values)
    made.switches_.emplace(value, layers.size() + made.switches_.size());
  Builder builder(graph, layers, scheme, made.switches_);
  const auto board = rebuild<Graph>(graph, [&](Graph& g, const Made& call, std::vector<Value> in) {
    return builder.make(g, call, std::move(in));
  });
  TRY(verify(board));
  made.run_ = TRY(make_run(board));
  return made;
}

Result<std::vector<Tensor>> Switchboard::run(const Tensor& input, const Chosen& chosen) const {
  Tensor switches(DType::f32, {static_cast<int64_t>(layers_.size() + switches_.size())});
  const auto to = switches.mutable_as<float>();
  for (size_t i = 0; i < chosen.size(); ++i) to[i] = chosen[i] ? 1.0f : 0.0f;
  for (const auto value : stored_values(graph_, layers_, chosen)) to[switches_.at(value)] = 1;
  const Tensor inputs[] = {input, switches};
  return run_(inputs);
}

}  // namespace turnstone::int8
