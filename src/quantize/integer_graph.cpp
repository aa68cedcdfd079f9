#include "quantize/integer_graph.h"

#include "passes/rebuild.h"

namespace turnstone::int8 {
namespace {

Value real(Graph& graph, double value) {
  return graph.constant(Tensor::filled(DType::f32, {}, value));
}

// The real numbers that integers of a constant stand for.
Value known_reals(Graph& graph, const Rounded& rounded, size_t axis, Form form) {
  if (form == Form::simulated) return graph.constant(rounded.reals);
  const auto zeros = graph.constant(Tensor(DType::i32, rounded.scales.shape()));
  return graph.call("dequantize",
                    {graph.constant(rounded.integers), graph.constant(rounded.scales), zeros},
                    {{"axis", static_cast<int64_t>(axis)}});
}

class Builder {
 public:
  Builder(const std::vector<Layer>& layers, const Scheme& scheme, Form form,
          const std::set<Value>& stored)
      : layers_(layers), scheme_(scheme), form_(form), stored_(stored) {}

  void choose(size_t layer) {
    chosen_[layers_[layer].made] = layer;
    biased_.insert(layers_[layer].bias);
  }

  std::vector<Value> make(Graph& g, const Made& made, std::vector<Value> in) {
    for (size_t i = 0; i < in.size(); ++i) in[i] = as_read(g, made.in[i], in[i]);
    if (biased_.contains(&made)) {
      const bool first = biases_.contains(made.in[0]);
      const auto bias = biases_.at(made.in[first ? 0 : 1]);
      return g.call_all("add", {in[first ? 0 : 1], bias});
    }
    if (const auto found = chosen_.find(&made); found != chosen_.end()) {
      const auto i = found->second;
      in[1] = known_reals(g, scheme_.layers[i].weights, layers_[i].axis, form_);
      biases_[made.out[0]] = known_reals(g, integer_bias(scheme_, layers_[i], i), 0, form_);
    }
    return g.call_all(made.op(), std::move(in), made.call.attrs);
  }

 private:
  // What readers of `value`, which is `x` in the new graph, read.
  Value as_read(Graph& g, Value value, Value x) {
    if (!stored_.contains(value)) return x;
    auto& pair = pairs_[value];
    if (!pair) pair = held(g, x, scheme_.values.at(value), form_);
    return pair;
  }

  const std::vector<Layer>& layers_;
  const Scheme& scheme_;
  const Form form_;
  const std::set<Value>& stored_;
  std::map<const Made*, size_t> chosen_;
  std::set<const Made*> biased_;   // calls that add the bias of a chosen layer
  std::map<Value, Value> biases_;  // by the result of a chosen layer
  std::map<Value, Value> pairs_;
};

}  // namespace

Value held(Graph& graph, Value x, const Quantisation& quantisation, Form form) {
  const auto& [scale, zero] = quantisation;
  if (form == Form::integers) {
    const auto integers = graph.call("quantize", {x},
                                     {{"scale", scale},
                                      {"zero", zero},
                                      {"to", std::string("u8")},
                                      {"rounding", std::string("even")}});
    const auto zeros = graph.constant(Tensor::filled(DType::i32, {1}, static_cast<double>(zero)));
    return graph.call("dequantize",
                      {integers, graph.constant(Tensor::filled(DType::f32, {1}, scale)), zeros});
  }
  const auto steps = graph.call("round", {graph.call("div", {x, real(graph, scale)})});
  const auto limited =
      graph.call("clamp", {steps},
                 {{"low", static_cast<double>(-zero)}, {"high", static_cast<double>(255 - zero)}});
  return graph.call("mul", {limited, real(graph, scale)});
}

Graph make_integer_graph(const Graph& graph, const std::vector<Layer>& layers, const Scheme& scheme,
                         const Chosen& chosen, Form form) {
  const auto stored = stored_values(graph, layers, chosen);
  Builder builder(layers, scheme, form, stored);
  for (size_t i = 0; i < layers.size(); ++i)
    if (chosen[i]) builder.choose(i);
  return rebuild<Graph>(graph, [&](Graph& g, const Made& made, std::vector<Value> in) {
    return builder.make(g, made, std::move(in));
  });
}

}  // namespace turnstone::int8
