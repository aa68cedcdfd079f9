#include <algorithm>
#include <cmath>

#include "ops/nest.h"

namespace turnstone {
namespace {

constexpr int64_t most_extent = 1 << 20;

Result<> check_choice(const Call& call, std::string_view name,
                      std::initializer_list<std::string_view> choices) {
  for (const auto choice : choices)
    if (call.text(name) == choice) return {};
  return fail(Code::invalid, "{}=\"{}\" is not one of its choices", name, call.text(name));
}

Result<> check_texts(const Call& call) {
  TRY(check_choice(call, "mode", {"nearest", "linear"}));
  TRY(check_choice(call, "coordinates",
                   {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"}));
  return check_choice(call, "rounding",
                      {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"});
}

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  if (x.rank() != 4 || count(x.shape) == 0)
    return fail(Code::invalid, "x is {}, wanted: [batch, row, column, channel]", print(x));
  if (x.dtype != DType::f32 && !is_byte(x.dtype))
    return fail(Code::unsupported, "x is {}, wanted: f32, i8 or u8", print(x));
  TRY(check_texts(call));
  for (const auto* name : {"rows", "columns"})
    if (call.i(name) < 1 || call.i(name) > most_extent)
      return fail(Code::invalid, "{}={} is outside [1, {}]", name, call.i(name), most_extent);
  bool scaled = false;
  for (const auto* name : {"row_scale", "column_scale"}) {
    if (!(call.real(name) >= 0) || std::isinf(call.real(name)))
      return fail(Code::invalid, "{}={} is negative or not finite", name, print(call.real(name)));
    scaled |= call.real(name) != 0;
  }
  if (is_byte(x.dtype) && call.text("mode") == "linear" &&
      (scaled || call.text("coordinates") == "pytorch_half_pixel"))
    return fail(Code::unsupported,
                "x is {}, wanted: f32 for linear with scales or pytorch_half_pixel", print(x));
  return std::vector<Type>{{x.dtype, {x.shape[0], call.i("rows"), call.i("columns"), x.shape[3]}}};
}

// Rows or columns: how many there are, how many are wanted.
struct Line {
  int64_t from, to;
  double scale;  // to / from where the call gives none
  std::string_view coordinates;
  std::string_view rounding;
};

Line line_of(const Call& call, bool rows) {
  return {call.in[0].shape[rows ? 1 : 2], call.out[0].shape[rows ? 1 : 2],
          call.real(rows ? "row_scale" : "column_scale"), call.text("coordinates"),
          call.text("rounding")};
}

// Where index `i` of the result lies in x.
double place(const Line& line, int64_t i) {
  const auto at = static_cast<double>(i);
  const auto from = static_cast<double>(line.from);
  const auto to = static_cast<double>(line.to);
  const auto in_x = [&](double place) {
    return line.scale == 0 ? place * from / to : place / line.scale;
  };
  if (line.coordinates == "asymmetric") return in_x(at);
  if (line.coordinates == "align_corners") return line.to == 1 ? 0 : at * (from - 1) / (to - 1);
  if (line.coordinates == "pytorch_half_pixel" && line.to == 1) return 0;
  return in_x(at + 0.5) - 0.5;
}

int64_t nearest(const Line& line, int64_t i) {
  const auto at = place(line, i);
  double index = std::floor(at);
  if (line.rounding == "ceil") index = std::ceil(at);
  if (line.rounding == "round_prefer_floor") index = std::ceil(at - 0.5);
  if (line.rounding == "round_prefer_ceil") index = std::floor(at + 0.5);
  return static_cast<int64_t>(std::clamp(index, 0.0, static_cast<double>(line.from - 1)));
}

// Two neighbours, and the share of the second.
struct Pair {
  int64_t low, high;
  double share;
};

Pair pair_of_reals(const Line& line, int64_t i) {
  const auto at = std::clamp(place(line, i), 0.0, static_cast<double>(line.from - 1));
  const auto low = static_cast<int64_t>(at);
  return {low, std::min(low + 1, line.from - 1), at - static_cast<double>(low)};
}

// As TFLite's reference does it for u8, in float; the share may be negative at the edge.
Pair pair_of_u8(const Line& line, int64_t i) {
  const bool corners = line.coordinates == "align_corners" && line.to > 1;
  const float scale =
      static_cast<float>(line.from - corners) / static_cast<float>(line.to - corners);
  const auto index = static_cast<float>(i);
  const float product = (line.coordinates == "half_pixel" ? index + 0.5F : index) * scale;
  const float at = line.coordinates == "half_pixel" ? product - 0.5F : product;
  const auto low = std::max(static_cast<int64_t>(std::floor(at)), int64_t{0});
  const auto high = std::min(static_cast<int64_t>(std::ceil(at)), line.from - 1);
  return {low, high, at - static_cast<float>(low)};
}

// As TFLite's reference does it for i8: places in units of 1/1024.
Pair pair_of_i8(const Line& line, int64_t i) {
  const bool corners = line.coordinates == "align_corners" && line.to > 1;
  const auto from = line.from - corners;
  const auto to = line.to - corners;
  const auto scale = (1024 * from + to / 2) / to;
  const auto at = i * scale + (line.coordinates == "half_pixel" ? scale / 2 - 512 : 0);
  const auto low = std::max(at / 1024, int64_t{0});
  return {low, std::min((at + 1023) / 1024, line.from - 1), static_cast<double>(at - 1024 * low)};
}

Pair pair_of(const Line& line, DType type, int64_t i) {
  if (type == DType::f32) return pair_of_reals(line, i);
  return type == DType::u8 ? pair_of_u8(line, i) : pair_of_i8(line, i);
}

double blend(DType type, const double (&x)[4], double row, double column) {
  if (type == DType::f32)
    return (x[0] * (1 - column) + x[1] * column) * (1 - row) +
           (x[2] * (1 - column) + x[3] * column) * row;
  if (type == DType::u8) {
    const auto r = static_cast<float>(row);
    const auto c = static_cast<float>(column);
    const float a = static_cast<float>(x[0]) * (1 - r) * (1 - c);
    const float b = static_cast<float>(x[2]) * r * (1 - c);
    const float d = static_cast<float>(x[1]) * (1 - r) * c;
    const float e = static_cast<float>(x[3]) * r * c;
    const float sum = a + b;
    return std::trunc(sum + d + e + 0.5F);
  }
  const double sum = x[0] * (1024 - row) * (1024 - column) + x[2] * row * (1024 - column) +
                     x[1] * (1024 - row) * column + x[3] * row * column;
  return std::trunc((sum + (sum > 0 ? 0x1p19 : -0x1p19)) * 0x1p-20);
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto rows = line_of(call, true);
  const auto columns = line_of(call, false);
  const auto strides = strides_of(call.in[0].shape);
  const auto type = call.in[0].dtype;
  for (int64_t i = 0; i < out[0].size(); ++i) {
    const auto p = place_of(call.out[0].shape, i);
    const auto x = [&](int64_t row, int64_t column) {
      return in[0].real_at(offset_of({p[0], row, column, p[3]}, strides));
    };
    if (call.text("mode") == "nearest") {
      out[0].set_real(i, x(nearest(rows, p[1]), nearest(columns, p[2])));
      continue;
    }
    const auto r = pair_of(rows, type, p[1]);
    const auto c = pair_of(columns, type, p[2]);
    const double corners[4] = {x(r.low, c.low), x(r.low, c.high), x(r.high, c.low),
                               x(r.high, c.high)};
    out[0].set_real(i, blend(type, corners, r.share, c.share));
  }
}

// static const TYPE NAME[] = {...};
template <class Print>
void emit_table(CWriter& c, std::string_view type, std::string_view name, int64_t n, Print print) {
  std::string text;
  for (int64_t i = 0; i < n; ++i) text += (i ? ", " : "") + print(i);
  c.line("static const {} {}[{}] = {{{}}};", type, name, n, text);
}

void emit_nearest(const Call& call, CWriter& c) {
  const auto& from = call.in[0].shape;
  const auto& to = call.out[0].shape;
  for (const bool rows : {true, false}) {
    const auto line = line_of(call, rows);
    emit_table(c, "int32_t", rows ? "rows" : "columns", line.to,
               [&](int64_t i) { return fmt::format("{}", nearest(line, i)); });
  }
  emit_nest(c, {to[0], to[1], to[2]}, [&] {
    c.line(
        "__builtin_memcpy(out0 + ((i0 * {} + i1) * {} + i2) * {}, in0 + ((i0 * {} + rows[i1]) * "
        "{} + columns[i2]) * {}, {});",
        to[1], to[2], to[3], from[1], from[2], from[3], from[3] * size_of(call.in[0].dtype));
  });
}

void emit_tables(const Call& call, CWriter& c) {
  const auto type = call.in[0].dtype;
  for (const bool rows : {true, false}) {
    const auto line = line_of(call, rows);
    const std::string name = rows ? "row" : "column";
    emit_table(c, "int32_t", name + "_low", line.to,
               [&](int64_t i) { return fmt::format("{}", pair_of(line, type, i).low); });
    emit_table(c, "int32_t", name + "_high", line.to,
               [&](int64_t i) { return fmt::format("{}", pair_of(line, type, i).high); });
    emit_table(c, type == DType::i8 ? "int32_t" : "float", name + "_share", line.to,
               [&](int64_t i) {
                 const auto share = pair_of(line, type, i).share;
                 return type == DType::i8 ? c_integer(static_cast<int64_t>(share))
                                          : c_float(static_cast<float>(share));
               });
  }
}

// The products are rounded one by one before they are added: V_BARRIER keeps the compiler from
// fusing.
void emit_u8(CWriter& c, int64_t channels) {
  c.block(fmt::format("for (long k = 0; k < {}; k += LANES)", channels), [&] {
    c.line("const int n = {0} - k < LANES ? (int)({0} - k) : LANES;", channels);
    const auto product = [&](std::string_view name, std::string_view row, std::string_view column) {
      c.line("vf {} = vf_of_vi(vi_load_u8_n({} + k, n)) * {} * {};", name, name.substr(1), row,
             column);
      c.line("V_BARRIER({});", name);
    };
    product("va", "(1 - r)", "(1 - q)");
    product("vb", "r", "(1 - q)");
    product("vc", "(1 - r)", "q");
    product("vd", "r", "q");
    c.line("vi_store_u8_n(y + k, vi_of_vf(va + vb + vc + vd + 0.5f), n);");
  });
}

void emit_blend(const Call& call, CWriter& c) {
  const auto type = call.in[0].dtype;
  const auto channels = call.in[0].shape[3];
  if (type == DType::u8) return emit_u8(c, channels);
  c.loop("k", channels, [&] {
    if (type == DType::f32) {
      c.line("const float top = a[k] + (c[k] - a[k]) * q;");
      c.line("const float bottom = b[k] + (d[k] - b[k]) * q;");
      c.line("y[k] = top + (bottom - top) * r;");
    } else {
      c.line(
          "const int32_t sum = a[k] * (1024 - r) * (1024 - q) + b[k] * r * (1024 - q) + c[k] * "
          "(1024 - r) * q + d[k] * r * q;");
      c.line("y[k] = (int8_t)((sum + (sum > 0 ? 524288 : -524288)) / 1048576);");
    }
  });
}

void emit_linear(const Call& call, CWriter& c) {
  const auto& from = call.in[0].shape;
  const auto& to = call.out[0].shape;
  const auto type = c_type(call.in[0].dtype);
  emit_tables(call, c);
  emit_nest(c, {to[0], to[1], to[2]}, [&] {
    const auto corner = [&](std::string_view name, std::string_view row, std::string_view column) {
      c.line("const {} *const {} = in0 + ((i0 * {} + row_{}[i1]) * {} + column_{}[i2]) * {};", type,
             name, from[1], row, from[2], column, from[3]);
    };
    corner("a", "low", "low");
    corner("b", "high", "low");
    corner("c", "low", "high");
    corner("d", "high", "high");
    c.line("const {0} r = row_share[i1], q = column_share[i2];",
           call.in[0].dtype == DType::i8 ? "int32_t" : "float");
    c.line("{} *const y = out0 + ((i0 * {} + i1) * {} + i2) * {};", type, to[1], to[2], to[3]);
    emit_blend(call, c);
  });
}

void emit(const Call& call, CWriter& c) {
  if (call.text("mode") == "nearest")
    emit_nearest(call, c);
  else
    emit_linear(call, c);
}

Sample sample(std::mt19937& rng) {
  static constexpr std::string_view places[] = {"half_pixel", "asymmetric", "align_corners",
                                                "pytorch_half_pixel"};
  static constexpr std::string_view roundings[] = {"floor", "ceil", "round_prefer_floor",
                                                   "round_prefer_ceil"};
  const auto type = pick_type(rng, {DType::f32, DType::i8, DType::u8});
  const bool linear = rng() % 2;
  const bool plain = linear && type != DType::f32;
  Sample drawn{
      .in = {{type, {pick(rng, 1, 2), pick(rng, 1, 6), pick(rng, 1, 6), pick(rng, 1, 20)}}},
      .attrs = {{"rows", pick(rng, 1, 12)},
                {"columns", pick(rng, 1, 12)},
                {"mode", std::string(linear ? "linear" : "nearest")},
                {"coordinates", std::string(places[rng() % (plain ? 3 : 4)])},
                {"rounding", std::string(roundings[rng() % 4])}}};
  if (!plain && rng() % 3 == 0) drawn.attrs["row_scale"] = 1.75;
  if (type != DType::f32) drawn.low = -128, drawn.high = 255;
  return drawn;
}

}  // namespace

extern const OpDef resize_op{
    .name = "resize",
    .doc =
        "x [batch, row, column, channel] with other numbers of rows and columns; linear on "
        "integers "
        "follows TFLite bit for bit",
    .attrs = {{"rows", int64_t{1}, "rows of the result"},
              {"columns", int64_t{1}, "columns of the result"},
              {"mode", std::string("nearest"), "nearest, or linear between four neighbours"},
              {"coordinates", std::string("half_pixel"),
               "how places in the result become places in x: half_pixel, asymmetric, align_corners "
               "or pytorch_half_pixel"},
              {"rounding", std::string("floor"),
               "for nearest: floor, ceil, round_prefer_floor or round_prefer_ceil"},
              {"row_scale", 0.0, "rows of the result per row of x; 0: as the extents say"},
              {"column_scale", 0.0,
               "columns of the result per column of x; 0: as the extents say"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
    .tolerance = {1e-5, 1e-5},
};

}  // namespace turnstone
