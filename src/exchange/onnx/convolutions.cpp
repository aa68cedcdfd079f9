#include "exchange/onnx/families.h"
#include "exchange/onnx/window.h"

namespace turnstone {
namespace {

// Weights [out channel, in channel, (row,) column] with two dimensions for the window.
Result<Value> window_weights(Fold& g, Value w, int64_t rank) {
  const auto shape = g.shape(w);
  if (static_cast<int64_t>(shape.size()) != rank)
    return fail(Code::invalid, "w is {}, wanted: rank {} as x", print(g.type(w)), rank);
  return rank == 3 ? g.reshape(w, {shape[0], shape[1], 1, shape[2]}) : w;
}

Result<OnnxWindow> window_of(Node& n) {
  const auto& w = n.shape(1);
  if (w.size() < 3) return fail(Code::invalid, "w is {}, wanted: rank 3 or 4", print(w));
  const std::vector<int64_t> extents(w.begin() + 2, w.end());
  const auto kernel = TRY(n.integers("kernel_shape", extents));
  if (kernel != extents)
    return fail(Code::invalid, "kernel_shape {} differs from that of w: {}", print(kernel),
                print(w));
  return OnnxWindow::read(n, n.shape(0), kernel);
}

Value with_bias(Node& n, Fold& g, Value y) { return n.has(2) ? g.call("add", {y, n.in(2)}) : y; }

// The core operator on pictures with channels last; `zeros` are attributes of integers.
Result<Value> convolved(Node& n, Fold& g, Attributes zeros) {
  const auto rank = n.rank(0);
  const auto x = TRY(pictures_in(g, n.in(0)));
  const auto w = TRY(window_weights(g, n.in(1), rank));
  const auto window = TRY(window_of(n));
  zeros.merge(Attributes{{"strides", window.strides},
                         {"pads", window.pads},
                         {"dilations", window.dilations},
                         {"groups", TRY(n.integer("group", 1))}});
  return g.call("conv", {x, g.transpose(w, {0, 2, 3, 1})}, zeros);
}

Result<Values> conv(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  return pictures_out(g, with_bias(n, g, TRY(convolved(n, g, {}))), n.rank(0));
}

// Sums of integers, less their zeros, as i32.
Result<Values> conv_integer(Node& n, Fold& g) {
  TRY(n.arity(2, 4));
  const Attributes zeros = {{"x_zero", TRY(n.known_zero(2, "x_zero_point"))},
                            {"w_zero", TRY(n.known_zero(3, "w_zero_point"))}};
  return pictures_out(g, TRY(convolved(n, g, zeros)), n.rank(0));
}

// Padding that gives a wanted extent: more of it at the end with SAME_UPPER, else at the start.
Result<> pad_to_extents(Node& n, const Shape& x, const std::vector<int64_t>& extra, OnnxWindow& w) {
  const auto mode = TRY(n.text("auto_pad", "NOTSET"));
  const auto dimensions = x.size() - 2;
  auto wanted = TRY(n.integers("output_shape", {}));
  if (wanted.empty() && mode != "SAME_UPPER" && mode != "SAME_LOWER") return {};
  for (size_t d = 2 - dimensions; wanted.size() < dimensions; ++d)
    wanted.push_back(x[d + dimensions] * w.strides[d]);
  if (wanted.size() == x.size()) wanted.erase(wanted.begin(), wanted.begin() + 2);
  wanted = TRY(per_dimension(wanted, dimensions, 1, 1, "output_shape"));
  for (size_t d = 2 - dimensions; d < 2; ++d) {
    const auto all = w.strides[d] * (x[d + dimensions] - 1) + extra[d] + w.reach(d) - wanted[d];
    if (all < 0)
      return fail(Code::unsupported, "output_shape {} is larger than the whole result",
                  print(wanted));
    w.pads[d] = mode == "SAME_UPPER" ? all / 2 : all - all / 2;
    w.pads[d + 2] = all - w.pads[d];
  }
  return {};
}

// Weights [in channel, out channel of a group, row, column] as [out channel, row, column, in
// channel of a group].
Result<Value> spread_weights(Fold& g, Value w, int64_t groups) {
  const auto s = g.shape(w);
  if (groups < 1 || s[0] % groups != 0)
    return fail(Code::invalid, "group={} does not divide the in channels of w: {}", groups,
                print(s));
  w = g.reshape(w, {groups, s[0] / groups, s[1], s[2], s[3]});
  w = g.transpose(w, {0, 2, 3, 4, 1});
  return g.reshape(w, {groups * s[1], s[2], s[3], s[0] / groups});
}

Result<Values> conv_transpose(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  const auto rank = n.rank(0);
  const auto x = TRY(pictures_in(g, n.in(0)));
  const auto w = TRY(window_weights(g, n.in(1), rank));
  const auto groups = TRY(n.integer("group", 1));
  auto window = TRY(window_of(n));
  const auto dimensions = static_cast<size_t>(rank - 2);
  const auto extra =
      TRY(per_dimension(TRY(n.integers("output_padding", std::vector<int64_t>(dimensions, 0))),
                        dimensions, 0, 0, "output_padding"));
  TRY(pad_to_extents(n, n.shape(0), extra, window));
  const auto y = g.call("conv_transpose", {x, TRY(spread_weights(g, w, groups))},
                        {{"strides", window.strides},
                         {"pads", window.pads},
                         {"dilations", window.dilations},
                         {"output_pads", extra},
                         {"groups", groups}});
  return pictures_out(g, with_bias(n, g, y), rank);
}

constexpr OnnxImport rows[] = {
    {"Conv", oldest, newest, conv},
    {"ConvInteger", 10, newest, conv_integer},
    {"ConvTranspose", oldest, newest, conv_transpose},
};

}  // namespace

std::span<const OnnxImport> convolutions() { return rows; }

}  // namespace turnstone
