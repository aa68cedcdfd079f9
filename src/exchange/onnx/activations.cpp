#include <limits>

#include "exchange/onnx/families.h"
#include "exchange/wiring.h"

namespace turnstone {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <double low, double high>
Result<Values> limited(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.clamp(n.in(0), low, high);
}

// PRelu: x where x >= 0, else slope * x; the slope is repeated to x.
Result<Values> prelu(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return g.call("prelu", {n.in(0), n.in(1)});
}

Result<Values> leaky_relu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call("prelu", {n.in(0), g.real(TRY(n.real("alpha", 0.01)))});
}

Result<Values> elu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return elu(g, n.in(0), TRY(n.real("alpha", 1)));
}

Result<Values> selu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto alpha = TRY(n.real("alpha", 1.67326319217681884765625));
  const auto y = elu(g, n.in(0), alpha);
  return g.affine(y, TRY(n.real("gamma", 1.05070102214813232421875)), 0);
}

Result<Values> celu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto alpha = TRY(n.real("alpha", 1));
  if (alpha == 0) return fail(Code::invalid, "alpha is 0");
  return elu(g, n.in(0), alpha, 1 / alpha);
}

Result<Values> hard_sigmoid(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto alpha = TRY(n.real("alpha", 0.2));
  return g.clamp(g.affine(n.in(0), alpha, TRY(n.real("beta", 0.5))), 0, 1);
}

Result<Values> hard_swish(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return hard_swish(g, n.in(0));
}

// log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)) so that nothing overflows
Value softplus_of(Fold& g, Value x) {
  const auto small = g.call("exp", {g.call("neg", {g.call("abs", {x})})});
  return g.call("add", {g.clamp(x, 0, infinity), g.call("log", {g.affine(small, 1, 1)})});
}

Result<Values> softplus(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return softplus_of(g, n.in(0));
}

Result<Values> softsign(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call("div", {n.in(0), g.affine(g.call("abs", {n.in(0)}), 1, 1)});
}

Result<Values> mish(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call("mul", {n.in(0), g.call("tanh", {softplus_of(g, n.in(0))})});
}

// x where x > alpha, else 0
Result<Values> thresholded_relu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto above = g.call("less", {g.real(TRY(n.real("alpha", 1))), n.in(0)});
  return g.call("select", {above, n.in(0), g.real(0)});
}

Result<Values> gelu(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto form = TRY(n.text("approximate", "none"));
  if (form != "none" && form != "tanh")
    return fail(Code::invalid, "approximate is '{}', legal: none, tanh", form);
  return gelu(g, n.in(0), form == "tanh");
}

Result<Values> clip_attributes(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto low = TRY(n.real("min", -infinity));
  return g.clamp(n.in(0), low, TRY(n.real("max", infinity)));
}

// Limits that are known become a clamp, others a maximum and a minimum.
Result<Values> clip(Node& n, Fold& g) {
  TRY(n.arity(1, 3));
  auto x = n.in(0);
  double limits[] = {-infinity, infinity};
  for (size_t i = 1; i <= 2; ++i) {
    if (!n.has(i)) continue;
    if (const auto* known = g.known(n.in(i)); known && known->size() == 1)
      limits[i - 1] = known->real_at(0);
    else
      x = g.call(i == 1 ? "max" : "min", {x, n.in(i)});
  }
  if (limits[0] == -infinity && limits[1] == infinity) return x;
  return g.clamp(x, limits[0], limits[1]);
}

// Before opset 13 all dimensions from `axis` on count as one.
Result<Values> softmax_flat(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto& shape = n.shape(0);
  const auto axis = TRY(normal_axis(TRY(n.integer("axis", 1)), n.rank(0)));
  const auto outer = count({shape.begin(), shape.begin() + axis});
  const auto inner = count({shape.begin() + axis, shape.end()});
  const auto flat = g.reshape(n.in(0), {outer, inner});
  return g.reshape(g.call("softmax", {flat}, {{"axis", int64_t{1}}}), shape);
}

Result<Values> softmax(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.call("softmax", {n.in(0)}, {{"axis", TRY(n.integer("axis", -1))}});
}

Result<Values> log_softmax_flat(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto& shape = n.shape(0);
  const auto axis = TRY(normal_axis(TRY(n.integer("axis", 1)), n.rank(0)));
  const auto outer = count({shape.begin(), shape.begin() + axis});
  const auto inner = count({shape.begin() + axis, shape.end()});
  return g.reshape(log_softmax(g, g.reshape(n.in(0), {outer, inner}), 1), shape);
}

Result<Values> log_softmax(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto axis = TRY(normal_axis(TRY(n.integer("axis", -1)), n.rank(0)));
  return log_softmax(g, n.in(0), axis);
}

constexpr OnnxImport rows[] = {
    {"Celu", 12, newest, celu},
    {"Clip", oldest, 10, clip_attributes},
    {"Clip", 11, newest, clip},
    {"Elu", oldest, newest, elu},
    {"Gelu", 20, newest, gelu},
    {"HardSigmoid", oldest, newest, hard_sigmoid},
    {"HardSwish", 14, newest, hard_swish},
    {"LeakyRelu", oldest, newest, leaky_relu},
    {"LogSoftmax", oldest, 12, log_softmax_flat},
    {"LogSoftmax", 13, newest, log_softmax},
    {"Mish", 18, newest, mish},
    {"PRelu", oldest, newest, prelu},
    {"Relu", oldest, newest, limited<0.0, infinity>},
    {"Selu", oldest, newest, selu},
    {"Softmax", oldest, 12, softmax_flat},
    {"Softmax", 13, newest, softmax},
    {"Softplus", oldest, newest, softplus},
    {"Softsign", oldest, newest, softsign},
    {"ThresholdedRelu", 10, newest, thresholded_relu},
};

}  // namespace

std::span<const OnnxImport> activations() { return rows; }

}  // namespace turnstone
