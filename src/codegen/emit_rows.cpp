// What goes pixel by pixel, row by row or channel by channel on vectors: chains of elementwise
// calls, of f32 or between f32 and integers, pooling, means of all pixels, and parts of channels
// side by side.
#include "codegen/emitter.h"
#include "ops/elementwise.h"

namespace turnstone {
namespace {

class ElementRows {
 public:
  ElementRows(Emitter& e, const Group& group, const Schedule& s, std::string name)
      : e_(e), c_(e.c), group_(group), s_(s), name_(std::move(name)) {
    out_ = e.layout(group.result());
    shape_ = e.graph.shape(group.result());
    for (const auto value : group.inputs) {
      const auto where = beside(e.graph.shape(value), shape_);
      const auto layout = e.layout(value);
      if (where == Beside::whole || where == Beside::pixel) flat_ = flat_ && layout.is_flat();
      if (where == Beside::channel || where == Beside::pixel) whole_ = false;
      if (where == Beside::whole) whole_ = whole_ && layout.is_plain();
    }
    flat_ = flat_ && out_.is_flat() && !s.in_strip;
    whole_ = whole_ && out_.is_plain() && !s.in_strip;
  }

  std::vector<Step> run() {
    if (whole_) return {write_plain()};
    write_rows();
    if (s_.in_strip) return {};
    if (!flat_) return {write_row_units(c_, name_, out_.pictures, out_.rows, 1, s_.parallel)};
    return {write_pixel_units()};
  }

 private:
  DType type(Value value) const { return e_.graph.type(value).dtype; }

  void write_pointers() {
    for (size_t i = 0; i < group_.inputs.size(); ++i)
      c_.line("const {} *in{} = {};", kernel_type(type(group_.inputs[i])), i,
              e_.address(group_.inputs[i]));
    c_.line("{} *out = {};", kernel_type(type(group_.result())), e_.address(group_.result(), true));
  }

  // One vector: operands are loaded from `at(i)`, the result goes to `to`.
  template <class At>
  void write_vector(const At& at, const std::string& to, std::string_view n) {
    std::map<Value, std::string> names;
    for (size_t i = 0; i < group_.inputs.size(); ++i) {
      c_.line("const {} x{} = {};", vector_type(type(group_.inputs[i])), i, at(i));
      names[group_.inputs[i]] = fmt::format("x{}", i);
    }
    write_calls(c_, group_.calls(), true, names);
    c_.line("{};", store_text(type(group_.result()), to, names.at(group_.result()), n));
  }

  // Whole operands without gaps: one long run of elements. A unit is a piece of it.
  Step write_plain() {
    constexpr int64_t piece = 4096;
    const auto elements = count(shape_);
    const auto at = [&](const std::string& n) {
      return [this, n](size_t i) {
        const bool spread = count(e_.graph.shape(group_.inputs[i])) == 1 && count(shape_) != 1;
        const auto element = type(group_.inputs[i]);
        return spread ? fill_text(element, fmt::format("in{}[0]", i))
                      : load_text(element, fmt::format("in{} + k", i), n);
      };
    };
    write_step(c_, name_, [&] {
      write_pointers();
      c_.line("const long first = from * {0}, end = to * {0} < {1} ? to * {0} : {1};", piece,
              elements);
      c_.line("long k = first;");
      c_.block("for (; k + LANES <= end; k += LANES)",
               [&] { write_vector(at("LANES"), "out + k", "LANES"); });
      c_.block("if (k < end)", [&] {
        c_.line("const int n = (int)(end - k);");
        write_vector(at("n"), "out + k", "n");
      });
    });
    return {name_, ceil_div(elements, piece), s_.parallel};
  }

  std::string load(size_t i, const std::string& channel, const std::string& n) const {
    const auto value = group_.inputs[i];
    const auto layout = e_.layout(value);
    const auto element = type(value);
    const auto row = flat_ ? "0" : "row";
    const auto picture = flat_ ? "0" : "picture";
    switch (beside(e_.graph.shape(value), shape_)) {
      case Beside::whole:
        return load_text(
            element,
            fmt::format("in{} + {}", i, offset_text(layout, picture, row, "column", channel)), n);
      case Beside::channel:
        return load_text(element, fmt::format("in{} + {}", i, channel), n);
      case Beside::pixel:
        return fill_text(
            element, fmt::format("in{}[{}]", i, offset_text(layout, picture, row, "column", "0")));
      default:
        return fill_text(element, fmt::format("in{}[0]", i));
    }
  }

  // The rows [from, to) of a picture; of flat values the pixels.
  void write_rows() {
    write_rows_function(c_, name_, [&] {
      write_pointers();
      const auto pixel = [&] {
        write_channels(
            c_, out_.channels, s_.lanes, [&](const std::string& channel, const std::string& n) {
              write_vector([&](size_t i) { return load(i, channel, n); },
                           "out + " + offset_text(out_, flat_ ? "0" : "picture",
                                                  flat_ ? "0" : "row", "column", channel),
                           n);
            });
      };
      if (flat_) {
        write_gaps(c_, out_, size_of(type(group_.result())), "out", "from", "to");
        return c_.block("for (long column = from; column < to; ++column)", pixel);
      }
      c_.block("for (long row = from; row < to; ++row)", [&] {
        write_margins(c_, out_, size_of(type(group_.result())), "out", "row");
        c_.loop("column", out_.columns, pixel);
      });
    });
  }

  // Flat values: a unit is some pixels.
  Step write_pixel_units() {
    const auto pixels = out_.pictures * out_.rows * out_.columns;
    const auto piece = std::max<int64_t>(1, 4096 / std::max<int64_t>(1, out_.channels));
    write_step(c_, name_, [&] {
      c_.line("{0}_rows(f, rings, 0, from * {1}, to * {1} < {2} ? to * {1} : {2});", name_, piece,
              pixels);
    });
    return {name_, ceil_div(pixels, piece), s_.parallel};
  }

  Emitter& e_;
  CWriter& c_;
  const Group& group_;
  const Schedule& s_;
  std::string name_;
  MemoryLayout out_;
  Shape shape_;
  bool flat_ = true;   // columns may run over all pixels
  bool whole_ = true;  // elements may run over everything
};

}  // namespace

std::vector<Step> emit_element_rows(Emitter& e, const Group& group, const Schedule& s,
                                    const std::string& name) {
  return ElementRows(e, group, s, name).run();
}

namespace {

// What a mean is divided by at one place: all taps, or those on the picture.
std::string divisor_text(const Made& made, const Window& w) {
  if (made.i("count_pads") != 0) return std::to_string(w.kernel_rows * w.kernel_columns);
  return "((last_row - first_row) * (last_column - first_column))";
}

}  // namespace

std::vector<Step> emit_pool(Emitter& e, const Group& group, const Schedule& s,
                            const std::string& name) {
  auto& c = e.c;
  const auto& made = *group.anchor;
  const auto w = window_of(made.call, made.ints("window")[0], made.ints("window")[1]).value();
  const auto in = e.layout(made.in[0]);
  const auto out = e.layout(group.result());
  const bool largest = made.op() == "max_pool";
  const auto whole = w.channels / s.lanes * s.lanes;
  const auto instantiate = [&](const std::string& form, int64_t n) {
    paste_kernel(
        c, s.kernel,
        {{"NAME", name + form},
         {"INPUT", "float"},
         {"CHANNELS", std::to_string(n)},
         {"EPILOGUE_ARGUMENTS", ", float *to, vf share"},
         {"STORE(value)", largest ? fmt::format("(void)share; vf_store_n(to, value, {});", n)
                                  : fmt::format("vf_store_n(to, value * share, {});", n)}});
  };
  if (whole > 0) instantiate("_whole", s.lanes);
  if (whole < w.channels) instantiate("_rest", w.channels - whole);
  write_step(c, name, [&] {
    c.line("const float *x = {};", e.address(made.in[0]));
    c.line("float *y = {};", e.address(group.result(), true));
    c.block("for (long u = from; u < to; ++u)", [&] {
      c.line("const long picture = u / {0}, row = u % {0};", w.out_rows);
      c.line("(void)picture;");
      write_margins(c, out, 4, "y", "row");
      c.line("const long at_row = row * {} - {};", w.row_stride, w.top);
      write_taps(c, "row", "at_row", "at_row", w.kernel_rows, w.row_dilation, w.rows);
      c.loop("column", w.out_columns, [&] {
        c.line("const long at_column = column * {} - {};", w.column_stride, w.left);
        write_taps(c, "column", "at_column", "at_column", w.kernel_columns, w.column_dilation,
                   w.columns);
        c.line("float *to = y + {};", offset_text(out, "picture", "row", "column", "0"));
        c.block("if (first_row >= last_row || first_column >= last_column)", [&] {
          c.line("for (long k = 0; k < {}; ++k) to[k] = {};", w.channels,
                 largest ? "-V_INFINITY" : "0");
          c.line("continue;");
        });
        c.line("const vf share = vf_set({});",
               largest ? "0" : fmt::format("1.0f / (float){}", divisor_text(made, w)));
        c.line("const float *at = x + {};",
               offset_text(in, "picture", fmt::format("at_row + first_row * {}", w.row_dilation),
                           fmt::format("at_column + first_column * {}", w.column_dilation), "0"));
        write_channels(c, w.channels, s.lanes, [&](const std::string& k, const std::string& n) {
          c.line(
              "{}{}(at + {}, {}, {}, last_row - first_row, last_column - first_column, to + {}, "
              "share);",
              name, n == "LANES" ? "_whole" : "_rest", k, in.row_step * w.row_dilation,
              in.column_step * w.column_dilation, k);
        });
      });
    });
  });
  return {{name, w.batch * w.out_rows, s.parallel}};
}

std::vector<Step> emit_mean(Emitter& e, const Group& group, const Schedule& s,
                            const std::string& name) {
  auto& c = e.c;
  const auto in = e.layout(group.anchor->in[0]);
  const auto out = e.layout(group.result());
  const auto vectors = ceil_div(in.channels, s.lanes);
  write_step(c, name, [&] {
    c.line("const float *x = {};", e.address(group.anchor->in[0]));
    c.line("float *y = {};", e.address(group.result(), true));
    c.block("for (long u = from; u < to; ++u)", [&] {
      c.line("const long picture = u / {0}, k = u % {0} * LANES;", vectors);
      c.line("(void)picture;");
      c.line("const int n = {0} - k < LANES ? (int)({0} - k) : LANES;", in.channels);
      // Several sums hide the time that an addition takes, and keep their rounding apart.
      c.line("vf a = {{}}, b = {{}}, c = {{}}, d = {{}};");
      c.loop("row", in.rows, [&] {
        c.line("const float *at = x + {};", offset_text(in, "picture", "row", "0", "k"));
        c.line("long column = 0;");
        c.block(fmt::format("for (; column + 4 <= {}; column += 4, at += {})", in.columns,
                            4 * in.column_step),
                [&] {
                  for (int i = 0; i < 4; ++i)
                    c.line("{} += vf_load_n(at + {}, n);", "abcd"[i], i * in.column_step);
                });
        c.line("for (; column < {}; ++column, at += {}) a += vf_load_n(at, n);", in.columns,
               in.column_step);
      });
      c.line("vf_store_n(y + {}, ((a + b) + (c + d)) * vf_set({}), n);",
             offset_text(out, "picture", "0", "0", "k"),
             c_float(1.0F / static_cast<float>(in.rows * in.columns)));
    });
  });
  return {{name, in.pictures * vectors, s.parallel}};
}

std::vector<Step> emit_reduce(Emitter& e, const Group& group, const Schedule& s,
                              const std::string& name) {
  auto& c = e.c;
  const auto op = group.anchor->op();
  const auto in = e.layout(group.anchor->in[0]);
  const bool sums = op == "reduce_sum" || op == "reduce_mean";
  const auto start = sums                 ? "vf_set(0)"
                     : op == "reduce_max" ? "vf_set(-V_INFINITY)"
                                          : "vf_set(V_INFINITY)";
  // A NaN gives way to a number, as in the operator.
  const auto join = [&](const std::string& to, const std::string& x) {
    return sums                 ? fmt::format("{0} = {0} + {1};", to, x)
           : op == "reduce_max" ? fmt::format("{0} = vf_max({1}, {0});", to, x)
                                : fmt::format("{0} = vf_min({1}, {0});", to, x);
  };
  const auto whole = in.channels / s.lanes * s.lanes;
  const auto four = whole / (4 * s.lanes) * (4 * s.lanes);
  const auto pixels = in.pictures * in.rows * in.columns;
  write_step(c, name, [&] {
    c.line("const float *x = {};", e.address(group.anchor->in[0]));
    c.line("float *y = {};", e.address(group.result(), true));
    c.block("for (long u = from; u < to; ++u)", [&] {
      c.line("const long picture = u / {}, row = u / {} % {}, column = u % {};",
             in.rows * in.columns, in.columns, in.rows, in.columns);
      c.line("(void)picture, (void)row;");
      c.line("const float *at = x + {};", offset_text(in, "picture", "row", "column", "0"));
      c.line("vf a = {0}, b = {0}, c = {0}, d = {0};", start);
      if (four > 0)
        c.loop("k", 0, four, 4 * s.lanes, [&] {
          for (int i = 0; i < 4; ++i)
            c.line("{}",
                   join(std::string(1, "abcd"[i]), fmt::format("vf_load(at + k + {} * LANES)", i)));
        });
      if (four < whole)
        c.loop("k", four, whole, s.lanes, [&] { c.line("{}", join("a", "vf_load(at + k)")); });
      c.line("{}", join("a", "b"));
      c.line("{}", join("c", "d"));
      c.line("{}", join("a", "c"));
      c.line("float all = {}(a);", sums                 ? "vf_sum"
                                   : op == "reduce_max" ? "vf_highest"
                                                        : "vf_lowest");
      for (int64_t k = whole; k < in.channels; ++k)
        if (sums)
          c.line("all += at[{}];", k);
        else
          c.line("all = at[{0}] {1} all ? at[{0}] : all;", k, op == "reduce_max" ? ">" : "<");
      c.line("y[u] = all{};", op == "reduce_mean"
                                  ? fmt::format(" / {}", c_float(static_cast<float>(in.channels)))
                                  : "");
    });
  });
  return {{name, pixels, s.parallel}};
}

std::vector<Step> emit_concat(Emitter& e, const Group& group, const Schedule& s,
                              const std::string& name) {
  auto& c = e.c;
  const auto whole = group.result();
  const auto out = e.layout(whole);
  const auto type = e.graph.type(whole).dtype;
  const auto size = size_of(type);
  write_step(c, name, [&] {
    c.line("char *y = (char *){};", e.address(whole, true));
    c.block("for (long u = from; u < to; ++u)", [&] {
      c.line("const long picture = u / {0}, row = u % {0};", out.rows);
      c.line("(void)picture;");
      write_margins(c, out, size, fmt::format("({} *)y", c_type(type)), "row");
      int64_t at = 0;
      for (const auto part : group.anchor->in) {
        const auto layout = e.layout(part);
        const auto own = at;
        at += layout.channels;
        const auto inside = e.layouts.inside.find(part);
        if (inside != e.layouts.inside.end() && inside->second == whole) continue;
        c.block("", [&] {
          c.line("const char *x = (const char *)({} + {});", e.address(part),
                 offset_text(layout, "picture", "row", "0", "0"));
          c.line("char *to_row = y + ({} + {}) * {};", offset_text(out, "picture", "row", "0", "0"),
                 own, size);
          c.loop("column", out.columns, [&] {
            c.line("__builtin_memcpy(to_row + column * {}, x + column * {}, {});",
                   out.column_step * size, layout.column_step * size, layout.channels * size);
          });
        });
      }
    });
  });
  return {{name, out.pictures * out.rows, s.parallel}};
}

}  // namespace turnstone
