// max_pool and average_pool: one number for each channel of each window.
#include <algorithm>
#include <limits>

#include "ops/conv.h"
#include "ops/nest.h"

namespace turnstone {
namespace {

Result<Window> checked_window(const Call& call) {
  const auto& x = call.in[0];
  if (x.dtype != DType::f32 && !is_byte(x.dtype))
    return fail(Code::unsupported, "x is {}, wanted: f32, i8 or u8", print(x));
  const auto& window = call.ints("window");
  if (window.size() != 2)
    return fail(Code::invalid, "window {} has {} numbers, wanted: [rows, columns]", print(window),
                window.size());
  return window_of(call, window[0], window[1]);
}

Window window(const Call& call) { return *checked_window(call); }

Result<std::vector<Type>> infer(const Call& call) {
  const auto w = TRY(checked_window(call));
  return std::vector<Type>{{call.in[0].dtype, {w.batch, w.out_rows, w.out_columns, w.channels}}};
}

Result<std::vector<Type>> infer_average(const Call& call) {
  const auto count_pads = call.i("count_pads");
  if (count_pads != 0 && (count_pads != 1 || call.in[0].dtype != DType::f32))
    return fail(Code::invalid, "count_pads={} is neither 0 nor, for f32, 1", count_pads);
  return infer(call);
}

// Calls visit(index of an element of x) for the taps of one window that lie on x.
template <class Visit>
void visit_taps(const Window& w, const Shape& place, Visit visit) {
  for (int64_t kr = 0; kr < w.kernel_rows; ++kr) {
    const auto row = place[1] * w.row_stride + kr * w.row_dilation - w.top;
    if (row < 0 || row >= w.rows) continue;
    for (int64_t kc = 0; kc < w.kernel_columns; ++kc) {
      const auto column = place[2] * w.column_stride + kc * w.column_dilation - w.left;
      if (column < 0 || column >= w.columns) continue;
      visit(((place[0] * w.rows + row) * w.columns + column) * w.channels + place[3]);
    }
  }
}

void eval_max(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto w = window(call);
  const bool floats = in[0].dtype() == DType::f32;
  const double least =
      floats ? -std::numeric_limits<double>::infinity() : (in[0].dtype() == DType::i8 ? -128 : 0);
  for (int64_t i = 0; i < out[0].size(); ++i) {
    double top = least;
    visit_taps(w, place_of(call.out[0].shape, i), [&](int64_t at) {
      const auto x = in[0].real_at(at);
      top = x > top ? x : top;
    });
    out[0].set_real(i, top);
  }
}

// The mean of whole numbers, halves away from zero.
int64_t rounded_mean(int64_t sum, int64_t n) {
  return sum > 0 ? (sum + n / 2) / n : (sum - n / 2) / n;
}

void eval_average(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto w = window(call);
  for (int64_t i = 0; i < out[0].size(); ++i) {
    double sum = 0;
    int64_t n = 0;
    visit_taps(w, place_of(call.out[0].shape, i), [&](int64_t at) {
      sum += in[0].real_at(at);
      ++n;
    });
    if (call.i("count_pads") != 0) n = w.kernel_rows * w.kernel_columns;
    if (n == 0) continue;
    if (in[0].dtype() == DType::f32)
      out[0].set_real(i, sum / static_cast<double>(n));
    else
      out[0].set_integer(i, rounded_mean(static_cast<int64_t>(sum), n));
  }
}

// Loops over windows: `y` is the place of the result's channels, `head` and `tail` stand around the
// taps, where `x` is the place of the tap's channels.
template <class Head, class Tap, class Tail>
void emit_windows(const Window& w, CWriter& c, const Type& type, Head head, Tap tap, Tail tail) {
  emit_nest(c, {w.batch, w.out_rows, w.out_columns}, [&] {
    c.line("{} *const y = out0 + ((i0 * {} + i1) * {} + i2) * {};", c_type(type.dtype), w.out_rows,
           w.out_columns, w.channels);
    head();
    c.loop("kr", w.kernel_rows, [&] {
      c.line("const long row = i1 * {} + kr * {} - {};", w.row_stride, w.row_dilation, w.top);
      c.line("if (row < 0 || row >= {}) continue;", w.rows);
      c.loop("kc", w.kernel_columns, [&] {
        c.line("const long column = i2 * {} + kc * {} - {};", w.column_stride, w.column_dilation,
               w.left);
        c.line("if (column < 0 || column >= {}) continue;", w.columns);
        c.line("const {} *const x = in0 + ((i0 * {} + row) * {} + column) * {};",
               c_type(type.dtype), w.rows, w.columns, w.channels);
        tap();
      });
    });
    tail();
  });
}

void emit_max(const Call& call, CWriter& c) {
  const auto w = window(call);
  const auto type = call.in[0].dtype;
  const auto least = type == DType::f32 ? "-__builtin_inff()" : type == DType::i8 ? "-128" : "0";
  emit_windows(
      w, c, call.in[0], [&] { c.loop("k", w.channels, [&] { c.line("y[k] = {};", least); }); },
      [&] { c.loop("k", w.channels, [&] { c.line("y[k] = x[k] > y[k] ? x[k] : y[k];"); }); },
      [] {});
}

void emit_average_reals(const Call& call, CWriter& c) {
  const auto w = window(call);
  const bool all = call.i("count_pads") != 0;
  emit_windows(
      w, c, call.in[0],
      [&] {
        c.line("long n = {};", all ? w.kernel_rows * w.kernel_columns : 0);
        c.loop("k", w.channels, [&] { c.line("y[k] = 0;"); });
      },
      [&] {
        if (!all) c.line("++n;");
        c.loop("k", w.channels, [&] { c.line("y[k] += x[k];"); });
      },
      [&] {
        c.block("if (n > 0)",
                [&] { c.loop("k", w.channels, [&] { c.line("y[k] /= (float)n;"); }); });
      });
}

// Sums do not fit into the result, so that a few channels at a time are summed in a small array.
void emit_average_bytes(const Call& call, CWriter& c) {
  constexpr int64_t width = 32;
  const auto w = window(call);
  c.block(fmt::format("for (long first = 0; first < {}; first += {})", w.channels, width), [&] {
    c.line("const long most = {0} - first < {1} ? {0} - first : {1};", w.channels, width);
    emit_windows(
        w, c, call.in[0], [&] { c.line("int32_t sum[{}] = {{0}}, n = 0;", width); },
        [&] {
          c.line("++n;");
          c.line("for (long k = 0; k < most; ++k) sum[k] += x[first + k];");
        },
        [&] {
          c.block("for (long k = 0; k < most; ++k)", [&] {
            c.line("const int32_t half = sum[k] > 0 ? n / 2 : -(n / 2);");
            c.line("y[first + k] = ({})(n > 0 ? (sum[k] + half) / n : 0);",
                   c_type(call.in[0].dtype));
          });
        });
  });
}

void emit_average(const Call& call, CWriter& c) {
  if (call.in[0].dtype == DType::f32)
    emit_average_reals(call, c);
  else
    emit_average_bytes(call, c);
}

Sample sample(std::mt19937& rng) {
  const auto type = pick_type(rng, {DType::f32, DType::f32, DType::i8, DType::u8});
  const auto two = [&](int64_t most) {
    return std::vector{pick(rng, 1, most), pick(rng, 1, most)};
  };
  Sample drawn{
      .in = {{type, {pick(rng, 1, 2), pick(rng, 5, 9), pick(rng, 5, 9), pick(rng, 1, 40)}}},
      .attrs = {{"window", two(3)},
                {"strides", two(3)},
                {"dilations", two(2)},
                {"pads",
                 std::vector{pick(rng, 0, 2), pick(rng, 0, 2), pick(rng, 0, 2), pick(rng, 0, 2)}}}};
  if (type != DType::f32) drawn.low = -128, drawn.high = 255;
  if (rng() % 3 == 0) drawn.high = -1;
  return drawn;
}

Sample sample_average(std::mt19937& rng) {
  auto drawn = sample(rng);
  if (drawn.in[0].dtype == DType::f32) drawn.attrs["count_pads"] = pick(rng, 0, 1);
  return drawn;
}

std::vector<AttributeDef> attributes() {
  return {{"window", std::vector<int64_t>{1, 1}, "extent of the window, [rows, columns]"},
          {"strides", std::vector<int64_t>{1, 1}, "step of the window, [row, column]"},
          {"pads", std::vector<int64_t>{0, 0, 0, 0},
           "rows and columns beyond x that windows may cover, [top, left, bottom, right]"},
          {"dilations", std::vector<int64_t>{1, 1}, "distance of taps, [row, column]"}};
}

std::vector<AttributeDef> average_attributes() {
  auto all = attributes();
  all.push_back({"count_pads", int64_t{0}, "1: what lies beyond x counts as zeros; f32 only"});
  return all;
}

}  // namespace

extern const OpDef average_pool_op{
    .name = "average_pool",
    .doc =
        "mean of each channel in each window of x [batch, row, column, channel]; integers round "
        "halves away from zero",
    .attrs = average_attributes(),
    .infer = infer_average,
    .eval = eval_average,
    .emit = emit_average,
    .sample = sample_average,
    .tolerance = {2e-6, 1e-5},
};

extern const OpDef max_pool_op{
    .name = "max_pool",
    .doc = "largest element of each channel in each window of x [batch, row, column, channel]",
    .attrs = attributes(),
    .infer = infer,
    .eval = eval_max,
    .emit = emit_max,
    .sample = sample,
};

}  // namespace turnstone
