#include "ops/conv.h"

#include <algorithm>

#include "emit/c_writer.h"
#include "ops/narrow.h"

namespace turnstone {
namespace {

constexpr int64_t most_extent = 1 << 24;

int64_t steps(int64_t extent, int64_t kernel, int64_t dilation, int64_t stride) {
  const auto reach = dilation * (kernel - 1) + 1;
  return extent < reach ? 0 : (extent - reach) / stride + 1;
}

}  // namespace

Result<> check_list(const Call& call, std::string_view name, size_t length, int64_t least,
                    int64_t most) {
  const auto& list = call.ints(name);
  if (list.size() != length)
    return fail(Code::invalid, "{} {} has {} numbers, wanted: {}", name, print(list), list.size(),
                length);
  for (const auto value : list)
    if (value < least || value > most)
      return fail(Code::invalid, "{} {} has a number outside [{}, {}]", name, print(list), least,
                  most);
  return {};
}

Result<Window> window_of(const Call& call, int64_t kernel_rows, int64_t kernel_columns) {
  const auto& x = call.in[0];
  if (x.rank() != 4)
    return fail(Code::invalid, "x is {}, wanted: [batch, row, column, channel]", print(x));
  TRY(check_list(call, "strides", 2, 1, most_extent));
  TRY(check_list(call, "dilations", 2, 1, most_extent));
  TRY(check_list(call, "pads", 4, 0, most_extent));
  const auto& strides = call.ints("strides");
  const auto& dilations = call.ints("dilations");
  const auto& pads = call.ints("pads");
  Window w;
  w.batch = x.shape[0], w.rows = x.shape[1], w.columns = x.shape[2], w.channels = x.shape[3];
  w.kernel_rows = kernel_rows, w.kernel_columns = kernel_columns;
  w.row_stride = strides[0], w.column_stride = strides[1];
  w.row_dilation = dilations[0], w.column_dilation = dilations[1];
  w.top = pads[0], w.left = pads[1], w.bottom = pads[2], w.right = pads[3];
  if (kernel_rows < 1 || kernel_columns < 1 || kernel_rows > most_extent ||
      kernel_columns > most_extent)
    return fail(Code::invalid, "the window has {} rows and {} columns", kernel_rows,
                kernel_columns);
  TRY(checked_count({w.batch, w.rows + w.top + w.bottom, w.columns + w.left + w.right, w.channels}),
      "x with its pads");
  w.out_rows = steps(w.rows + w.top + w.bottom, kernel_rows, w.row_dilation, w.row_stride);
  w.out_columns =
      steps(w.columns + w.left + w.right, kernel_columns, w.column_dilation, w.column_stride);
  if (w.out_rows < 1 || w.out_columns < 1)
    return fail(Code::invalid, "a window of {}x{} does not fit into x: {}", kernel_rows,
                kernel_columns, print(x));
  return w;
}

ConvShape conv_shape(const Call& call) {
  const auto& w = call.in[1].shape;
  ConvShape shape;
  static_cast<Window&>(shape) = *window_of(call, w[1], w[2]);
  shape.out_channels = w[0];
  shape.groups = call.i("groups");
  return shape;
}

namespace {

bool has_reals(const Call& call) {
  const auto x = call.in[0].dtype;
  const auto w = call.in[1].dtype;
  return (x == DType::f32 || x == DType::bf16) && (w == DType::f32 || is_narrow(w));
}

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  const auto& w = call.in[1];
  const auto groups = call.i("groups");
  if (w.rank() != 4 || count(w.shape) == 0)
    return fail(Code::invalid, "w is {}, wanted: [out channel, row, column, in channel], not empty",
                print(w));
  const bool floats = has_reals(call);
  if (!floats && !(is_byte(x.dtype) && is_byte(w.dtype)))
    return fail(Code::unsupported,
                "x is {} and w is {}, wanted: f32 or bf16 and f32, f16 or bf16, or both i8 or u8",
                print(x), print(w));
  const auto window = TRY(window_of(call, w.shape[1], w.shape[2]));
  if (groups < 1 || window.channels % groups != 0 || w.shape[0] % groups != 0)
    return fail(Code::invalid, "groups={} does not divide the channels of x: {} and w: {}", groups,
                print(x), print(w));
  if (w.shape[3] != window.channels / groups)
    return fail(Code::invalid, "w: {} has {} in channels, x: {} in {} groups has {}", print(w),
                w.shape[3], print(x), groups, window.channels / groups);
  if (floats && (call.i("x_zero") != 0 || call.i("w_zero") != 0))
    return fail(Code::invalid, "x_zero and w_zero are for integers");
  for (const auto* name : {"x_zero", "w_zero"})
    if (call.i(name) < -128 || call.i(name) > 255)
      return fail(Code::invalid, "{}={} is outside [-128, 255]", name, call.i(name));
  const Shape shape = {window.batch, window.out_rows, window.out_columns, w.shape[0]};
  return std::vector<Type>{{floats ? DType::f32 : DType::i32, shape}};
}

// Sum over the taps of one output element, as Sum.
template <class Sum, class Element>
Sum element(const ConvShape& s, const Tensor& x, const Tensor& w, int64_t batch, int64_t row,
            int64_t column, int64_t o, Sum x_zero, Sum w_zero) {
  const auto xs = x.as<Element>();
  Sum sum = 0;
  const auto depth = s.group_channels();
  const auto first = o / s.group_outputs() * depth;
  for (int64_t kr = 0; kr < s.kernel_rows; ++kr) {
    const auto r = row * s.row_stride + kr * s.row_dilation - s.top;
    if (r < 0 || r >= s.rows) continue;
    for (int64_t kc = 0; kc < s.kernel_columns; ++kc) {
      const auto c = column * s.column_stride + kc * s.column_dilation - s.left;
      if (c < 0 || c >= s.columns) continue;
      const auto from = ((batch * s.rows + r) * s.columns + c) * s.channels + first;
      const auto tap = ((o * s.kernel_rows + kr) * s.kernel_columns + kc) * depth;
      for (int64_t i = 0; i < depth; ++i) {
        const auto a = static_cast<Sum>(xs[static_cast<size_t>(from + i)]) - x_zero;
        Sum b;
        if constexpr (std::is_same_v<Element, float>)
          b = w.as<float>()[static_cast<size_t>(tap + i)];
        else
          b = static_cast<Sum>(w.dtype() == DType::i8
                                   ? int{w.as<int8_t>()[static_cast<size_t>(tap + i)]}
                                   : int{w.as<uint8_t>()[static_cast<size_t>(tap + i)]}) -
              w_zero;
        sum += a * b;
      }
    }
  }
  return sum;
}

template <class Sum, class Element, class Out>
void eval_as(const Call& call, const Tensor& x, const Tensor& w, Tensor& out) {
  const auto s = conv_shape(call);
  auto to = out.mutable_as<Out>();
  size_t at = 0;
  for (int64_t batch = 0; batch < s.batch; ++batch)
    for (int64_t row = 0; row < s.out_rows; ++row)
      for (int64_t column = 0; column < s.out_columns; ++column)
        for (int64_t o = 0; o < s.out_channels; ++o)
          to[at++] = static_cast<Out>(element<Sum, Element>(s, x, w, batch, row, column, o,
                                                            static_cast<Sum>(call.i("x_zero")),
                                                            static_cast<Sum>(call.i("w_zero"))));
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  if (has_reals(call))
    return eval_as<double, float, float>(call, widened(in[0]), widened(in[1]), out[0]);
  if (in[0].dtype() == DType::i8)
    return eval_as<int64_t, int8_t, int32_t>(call, in[0], in[1], out[0]);
  eval_as<int64_t, uint8_t, int32_t>(call, in[0], in[1], out[0]);
}

// One tap row and column: skipped where it lies outside x.
void emit_taps(const ConvShape& s, CWriter& c, std::string_view product) {
  c.loop("kr", s.kernel_rows, [&] {
    c.line("const long r = row * {} + kr * {} - {};", s.row_stride, s.row_dilation, s.top);
    c.line("if (r < 0 || r >= {}) continue;", s.rows);
    c.loop("kc", s.kernel_columns, [&] {
      c.line("const long q = column * {} + kc * {} - {};", s.column_stride, s.column_dilation,
             s.left);
      c.line("if (q < 0 || q >= {}) continue;", s.columns);
      c.line("const long at = ((batch * {} + r) * {} + q) * {} + o / {} * {};", s.rows, s.columns,
             s.channels, s.group_outputs(), s.group_channels());
      c.line("const long tap = ((o * {} + kr) * {} + kc) * {};", s.kernel_rows, s.kernel_columns,
             s.group_channels());
      c.loop("i", s.group_channels(), [&] { c.line("sum += {};", product); });
    });
  });
}

void emit(const Call& call, CWriter& c) {
  const auto s = conv_shape(call);
  const bool floats = has_reals(call);
  const auto product =
      floats ? widened_text(call.in[0].dtype, "in0[at + i]") + " * " +
                   widened_text(call.in[1].dtype, "in1[tap + i]")
             : fmt::format("((int32_t)in0[at + i] - {}) * ((int32_t)in1[tap + i] - {})",
                           c_integer(call.i("x_zero")), c_integer(call.i("w_zero")));
  c.loop("batch", s.batch, [&] {
    c.loop("row", s.out_rows, [&] {
      c.loop("column", s.out_columns, [&] {
        c.loop("o", s.out_channels, [&] {
          c.line("{} sum = 0;", floats ? "float" : "int32_t");
          emit_taps(s, c, product);
          c.line("out0[((batch * {} + row) * {} + column) * {} + o] = sum;", s.out_rows,
                 s.out_columns, s.out_channels);
        });
      });
    });
  });
}

Sample sample(std::mt19937& rng) {
  const auto pick = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(rng() % static_cast<uint64_t>(high - low + 1));
  };
  const auto kernel_rows = pick(1, 4);
  const auto kernel_columns = pick(1, 4);
  const auto dilation = pick(1, 2);
  const auto form = pick(0, 2);  // dense, grouped, depthwise
  const auto groups = form == 0 ? 1 : pick(2, form == 1 ? 3 : 40);
  const auto depth = form == 2 ? 1 : pick(1, 9);
  const auto outputs = form == 2 ? pick(1, 2) : pick(1, 40);
  const Shape x = {pick(1, 2), pick(7, 12), pick(7, 20), groups * depth};
  const Shape w = {groups * outputs, kernel_rows, kernel_columns, depth};
  Sample drawn;
  drawn.attrs = {{"strides", std::vector{pick(1, 2), pick(1, 3)}},
                 {"pads", std::vector{pick(0, 2), pick(0, 2), pick(0, 2), pick(0, 2)}},
                 {"dilations", std::vector{dilation, pick(1, 2)}},
                 {"groups", groups}};
  if (rng() % 2) {
    static constexpr DType weights[] = {DType::f32, DType::f32, DType::f16, DType::bf16};
    drawn.in = {{rng() % 4 ? DType::f32 : DType::bf16, x}, {weights[rng() % 4], w}};
    drawn.low = -1, drawn.high = 1;
  } else {
    const bool bytes = rng() % 2;
    drawn.in = {{bytes ? DType::u8 : DType::i8, x}, {rng() % 2 ? DType::u8 : DType::i8, w}};
    drawn.low = -128, drawn.high = 255;
    drawn.attrs["x_zero"] = bytes ? pick(0, 255) : pick(-128, 127);
    drawn.attrs["w_zero"] = drawn.in[1].dtype == DType::u8 ? pick(0, 255) : pick(0, 0);
  }
  return drawn;
}

}  // namespace

extern const OpDef conv_op{
    .name = "conv",
    .doc =
        "convolution of x [batch, row, column, channel] with w [out channel, row, column, in "
        "channel]; integers give i32, reals f32",
    .arity = 2,
    .attrs = {{"strides", std::vector<int64_t>{1, 1}, "step of the window, [row, column]"},
              {"pads", std::vector<int64_t>{0, 0, 0, 0},
               "rows and columns beyond x that count as zero, [top, left, bottom, right]"},
              {"dilations", std::vector<int64_t>{1, 1}, "distance of taps, [row, column]"},
              {"groups", int64_t{1}, "equal shares of channels that do not see each other"},
              {"x_zero", int64_t{0}, "integer of x that stands for zero"},
              {"w_zero", int64_t{0}, "integer of w that stands for zero"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
    .tolerance = {1e-5, 2e-5},
};

}  // namespace turnstone
