#include "passes/stored.h"

#include <cmath>

namespace turnstone {
namespace {

// That are looked through: a model may have any number of them.
constexpr int most_moves = 16;

// Whether every window of a pooling covers an element.
bool covers_everywhere(const Made& pool) {
  const auto& pads = pool.ints("pads");
  for (size_t d = 0; d < 2; ++d) {
    const auto reach = (pool.ints("window")[d] - 1) * pool.ints("dilations")[d] + 1;
    if (pads[d] >= reach || pads[d + 2] >= reach) return false;
  }
  return true;
}

// Whether results are elements of the first operand, or the largest of some.
bool only_moves(const Graph& graph, const Made& made) {
  const auto op = made.op();
  if (op == "transpose" || op == "reshape" || op == "slice" || op == "broadcast") return true;
  if (op == "gather") return graph.constant_of(made.in[1]) != nullptr;
  if (op == "resize") return made.text("mode") == "nearest";
  if (op == "max_pool") return covers_everywhere(made);
  return op == "pad";
}

// What a constant of padding is in integers, if it is one of theirs.
std::optional<double> stored_constant(double real, const Stored& x, DType type) {
  const auto steps = static_cast<float>(real) / x.scale;
  if (!(std::fabs(steps) < 1 << 20) || steps != std::nearbyint(steps)) return {};
  const auto stored = static_cast<int64_t>(steps) + x.zero;
  if (!range_of(type).contains(stored)) return {};
  return static_cast<double>(stored);
}

std::optional<Stored> moved(Draft& graph, const Made& made, Stored x) {
  auto attrs = made.call.attrs;
  if (made.op() == "pad" && made.text("mode") == "constant") {
    const auto value = stored_constant(made.real("value"), x, graph.type(x.value).dtype);
    if (!value) return {};
    attrs["value"] = *value;
  }
  auto in = made.in;
  in[0] = x.value;
  x.value = graph.call(made.op(), in, attrs);
  return x;
}

bool is_scale(double scale) { return scale > 0 && std::isfinite(scale); }

std::optional<Stored> stored_behind(Draft& graph, Value value, int moves) {
  const auto* made = graph.made_by(value);
  if (!made || moves < 0) return {};
  if (only_moves(graph, *made)) {
    const auto inner = stored_behind(graph, made->in[0], moves - 1);
    if (!inner) return {};
    return moved(graph, *made, *inner);
  }
  if (made->op() != "dequantize" || !is_byte(made->call.in[0].dtype)) return {};
  const auto* scale = graph.constant_of(made->in[1]);
  const auto* zero = graph.constant_of(made->in[2]);
  if (!scale || !zero || scale->size() != 1 || !is_scale(scale->real_at(0))) return {};
  if (!range_of(made->call.in[0].dtype).contains(zero->integer_at(0))) return {};
  return Stored{made->in[0], scale->as<float>()[0], zero->integer_at(0)};
}

}  // namespace

std::optional<Stored> stored_of(Draft& graph, Value value) {
  return stored_behind(graph, value, most_moves);
}

namespace {

// The dimension of a reshape's result that is dimension `axis` of what it reads.
std::optional<int64_t> axis_behind(const Shape& from, const Shape& to, int64_t axis) {
  const auto extent = from[static_cast<size_t>(axis)];
  const auto before = count({from.begin(), from.begin() + axis});
  int64_t all = 1;
  for (size_t d = 0; d < to.size(); all *= to[d++])
    if (all == before && to[d] == extent) return static_cast<int64_t>(d);
  return {};
}

// The weights behind a transpose or a reshape.
std::optional<StoredWeights> moved_weights(Draft& graph, const Made& made, StoredWeights w) {
  const bool each = w.scale.size() > 1;
  if (made.op() == "transpose") {
    const auto& axes = made.ints("axes");
    w.axis = std::find(axes.begin(), axes.end(), w.axis) - axes.begin();
  } else if (each) {
    const auto axis = axis_behind(made.call.in[0].shape, made.call.out[0].shape, w.axis);
    if (!axis) return {};
    w.axis = *axis;
  }
  w.value = graph.call(made.op(), {w.value}, made.call.attrs);
  return w;
}

std::optional<StoredWeights> weights_behind(Draft& graph, Value value, int moves) {
  const auto* made = graph.made_by(value);
  if (!made || moves < 0) return {};
  if (made->op() == "transpose" || made->op() == "reshape") {
    const auto inner = weights_behind(graph, made->in[0], moves - 1);
    if (!inner) return {};
    return moved_weights(graph, *made, *inner);
  }
  if (made->op() != "dequantize" || !is_byte(made->call.in[0].dtype)) return {};
  const auto* scale = graph.constant_of(made->in[1]);
  const auto* zero = graph.constant_of(made->in[2]);
  if (!graph.constant_of(made->in[0]) || !scale || !zero || scale->size() == 0) return {};
  for (int64_t i = 0; i < scale->size(); ++i)
    if (!is_scale(scale->real_at(i)) || zero->integer_at(i) != zero->integer_at(0)) return {};
  if (!range_of(made->call.in[0].dtype).contains(zero->integer_at(0))) return {};
  // One scale has no axis, whatever the attribute says.
  const auto axis = scale->size() == 1 ? 0 : *normal_axis(made->i("axis"), made->call.in[0].rank());
  return StoredWeights{made->in[0], *scale, axis, zero->integer_at(0)};
}

}  // namespace

std::optional<StoredWeights> stored_weights_of(Draft& graph, Value value) {
  return weights_behind(graph, value, most_moves);
}

Attributes Storing::attributes() const {
  return {
      {"zero", zero}, {"low", limits.low}, {"high", limits.high}, {"to", std::string(print(type))}};
}

std::optional<Storing> storing_of(const Draft& graph, const Made& made) {
  if (made.op() != "quantize" || made.text("rounding") != "even") return {};
  Storing s{made.in[0], made.call.out[0].dtype, static_cast<float>(made.real("scale")),
            made.i("zero"), range_of(made.call.out[0].dtype)};
  if (s.type == DType::u16) return {};
  const auto* clamp = graph.made_by(s.reals, "clamp");
  if (!clamp) return s;
  const auto stored = [&](double real) {
    return stored_steps(static_cast<float>(real) / s.scale, s.zero, s.limits);
  };
  // A limit above the other one is the other one.
  const auto high = stored(clamp->real("high"));
  const auto low = std::min(stored(clamp->real("low")), high);
  s.limits = {low, high};
  s.reals = clamp->in[0];
  return s;
}

}  // namespace turnstone
