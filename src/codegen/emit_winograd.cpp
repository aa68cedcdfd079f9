// 3x3 convolutions by the minimal filtering of Winograd: tiles of the input are transformed, each
// of the transformed elements is a matrix product of its own over the channels, and the sums are
// transformed into tiles of the output (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", CVPR 2016). Some tiles at a time, so that what is in between stays in the cache.
#include <algorithm>
#include <set>

#include "codegen/emitter.h"

namespace turnstone {
namespace {

// The transformed taps of a 3-tap filter: `from[3 * step]` to as many as there are products.
std::vector<double> transformed_taps(int outputs, double g0, double g1, double g2) {
  if (outputs == 2) return {g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2};
  return {g0 / 4,
          -(g0 + g1 + g2) / 6,
          -(g0 - g1 + g2) / 6,
          g0 / 24 + g1 / 12 + g2 / 6,
          g0 / 24 - g1 / 12 + g2 / 6,
          g2};
}

class WinogradEmitter {
 public:
  WinogradEmitter(Emitter& e, const Group& group, const Schedule& s, std::string name)
      : e_(e),
        c_(e.c),
        group_(group),
        s_(s),
        name_(std::move(name)),
        shape_(conv_shape(group.anchor->call)),
        w_(winograd_shape(shape_, s)),
        epilogue_(e, group),
        panels_{shape_.out_channels, s.vectors, s.lanes},
        out_(e.layout(group.result())) {}

  std::vector<Step> run() {
    c_.need(s_.outputs == 4 ? "winograd/four" : "winograd/two");
    pack();
    fill_row_ = write_fill_row(e_, name_, s_.input, "float", 0);
    epilogue_.write_store(name_);
    write_input();
    if (panels_.count() > 1 || panels_.last_vectors() == s_.vectors)
      write_products("full", s_.vectors);
    if (panels_.last_vectors() != s_.vectors) write_products("last", panels_.last_vectors());
    write_output();
    return {write_units()};
  }

 private:
  int64_t panel_elements() const { return shape_.channels * panels_.width(); }
  int64_t product_elements() const { return shape_.channels * panels_.filled(); }

  // [product][panel][input channel][channels of the panel]
  void pack() {
    const auto* from = e_.graph.constant_of(group_.anchor->in[1])->as<float>().data();
    const auto taps = static_cast<size_t>(w_.taps);
    weights_at_ = e_.weights.add<float>(w_.products() * product_elements(), [&](float* to) {
      std::vector<double> u(taps * taps);
      for (int64_t out = 0; out < shape_.out_channels; ++out)
        for (int64_t in = 0; in < shape_.channels; ++in) {
          transform_filter(from + out * 9 * shape_.channels + in, u);
          const auto panel = out / panels_.width();
          const auto width = panels_.width_of(panel);
          for (size_t i = 0; i < u.size(); ++i)
            to[static_cast<int64_t>(i) * product_elements() + panel * panel_elements() +
               in * width + out % panels_.width()] = static_cast<float>(u[i]);
        }
    });
    if (!epilogue_.bias()) return;
    const auto bias = epilogue_.bias()->as<float>();
    bias_at_ =
        e_.weights.add<float>(shape_.out_channels, [&](float* to) { std::ranges::copy(bias, to); });
  }

  // One filter's nine taps lie `channels` apart.
  void transform_filter(const float* g, std::vector<double>& u) const {
    const auto step = shape_.channels;
    std::vector<std::vector<double>> rows;
    for (int64_t row = 0; row < 3; ++row)
      rows.push_back(transformed_taps(s_.outputs, g[(row * 3) * step], g[(row * 3 + 1) * step],
                                      g[(row * 3 + 2) * step]));
    const auto taps = static_cast<size_t>(w_.taps);
    for (size_t column = 0; column < taps; ++column) {
      const auto all =
          transformed_taps(s_.outputs, rows[0][column], rows[1][column], rows[2][column]);
      for (size_t row = 0; row < taps; ++row) u[row * taps + column] = all[row];
    }
  }

  std::string transform(std::string_view which) const {
    return fmt::format("v_winograd{}_{}", s_.outputs, which);
  }

  // Where tile t stands: its picture, and its first output row and column.
  void write_tile() {
    c_.line("const long picture = t / {}, row = t / {} % {} * {}, column = t % {} * {};",
            w_.tile_rows * w_.tile_columns, w_.tile_columns, w_.tile_rows, s_.outputs,
            w_.tile_columns, s_.outputs);
    c_.line("(void)picture;");
  }

  // Transforms the input of the tiles [from, to): v is [product][tile][channel].
  void write_input() {
    const auto n = w_.taps;
    c_.block(
        fmt::format("static void {}_input(const float *x, float *v, long from, long to)", name_),
        [&] {
          c_.block("for (long t = from; t < to; ++t)", [&] {
            write_tile();
            c_.line("const float *at[{0}][{0}];", n);
            c_.line("for (long i = 0; i < {0}; ++i) for (long j = 0; j < {0}; ++j) {{", n);
            c_.line("const long r = row + i - {}, k = column + j - {};", shape_.top, shape_.left);
            c_.line("at[i][j] = r < 0 || r >= {} || k < 0 || k >= {} ? {} : x + {};", shape_.rows,
                    shape_.columns, fill_row_, offset_text(s_.input, "picture", "r", "k", "0"));
            c_.line("}}");
            c_.line("float *to_tile = v + (t - from) * {};", w_.input_step);
            write_channels(
                c_, shape_.channels, s_.lanes,
                [&](const std::string& k, const std::string& n) { write_input_vector(k, n); });
          });
        });
  }

  void write_input_vector(const std::string& k, const std::string& n) {
    const auto taps = w_.taps;
    c_.line("vf room[{0}][{0}], (*a)[{0}] = room, d[{0}], e[{0}];", taps);
    c_.line("if (V_LOADS_APART) V_HIDE(a);");
    c_.block(fmt::format("V_UNROLL_OF_MANY for (int i = 0; i < {}; ++i)", taps), [&] {
      c_.line("V_UNROLL for (int j = 0; j < {}; ++j) d[j] = vf_load_n(at[i][j] + {}, {});", taps, k,
              n);
      c_.line("{}(d, a[i]);", transform("input"));
      c_.line("V_IN_TURN;");
    });
    c_.block(fmt::format("V_UNROLL_OF_MANY for (int j = 0; j < {}; ++j)", taps), [&] {
      c_.line("V_UNROLL for (int i = 0; i < {}; ++i) d[i] = a[i][j];", taps);
      c_.line("{}(d, e);", transform("input"));
      c_.line(
          "V_UNROLL for (int i = 0; i < {0}; ++i) vf_store(to_tile + (i * {0} + j) * {1} + {2}, "
          "e[i]);",
          taps, w_.input_plane, k);
      c_.line("V_IN_TURN;");
    });
  }

  // How many tiles a call of the kernel takes: those of the schedule, and what blocks leave.
  std::set<int> columns() const {
    std::set<int> all;
    for (const auto tiles : {w_.block, w_.tiles() - (w_.blocks() - 1) * w_.block}) {
      if (tiles >= s_.columns) all.insert(s_.columns);
      if (tiles % s_.columns > 0) all.insert(static_cast<int>(tiles % s_.columns));
    }
    return all;
  }

  // One panel of one product for `tiles` tiles.
  void write_products(std::string_view form, int vectors) {
    for (const auto tiles : columns())
      paste_kernel(c_, "gemm/fma",
                   {{"NAME", fmt::format("{}_{}_{}", name_, form, tiles)},
                    {"COLUMNS", std::to_string(tiles)},
                    {"VECTORS", std::to_string(vectors)},
                    {"EPILOGUE_ARGUMENTS", ", float *y"},
                    {"STORE(row, column, vector, value)",
                     fmt::format("vf_store(y + (column) * {} + (vector) * LANES, value);",
                                 w_.output_step)}});
    c_.block(
        fmt::format("V_OWN_OF_FEW void {}_{}(const float *v, const float *w, float *y, long tiles)",
                    name_, form),
        [&] {
          c_.line("const float *rows[1] = {{v}};");
          c_.line("long t = 0;");
          const auto call = [&](int tiles) {
            c_.line(
                "{}_{}_{}(rows, t * {}, {}, (struct window){{.rows = 1, .blocks = 1, .taps = 1, "
                ".length = {}}}, w, 0, 0, y + t * {});",
                name_, form, tiles, w_.input_step, w_.input_step, shape_.channels, w_.output_step);
          };
          for (const auto tiles : columns()) {
            if (tiles == s_.columns)
              c_.block(fmt::format("for (; t + {0} <= tiles; t += {0})", tiles),
                       [&] { call(tiles); });
          }
          for (const auto tiles : columns())
            if (tiles != s_.columns)
              c_.block(fmt::format("if (tiles - t == {})", tiles), [&] {
                call(tiles);
                c_.line("return;");
              });
        });
  }

  // Transforms the sums of the tiles [from, to) into results.
  void write_output() {
    c_.block(fmt::format(
                 "static void {}_output(const float *m, const float *bias, long from, long to{})",
                 name_, epilogue_.parameters()),
             [&] {
               c_.line("(void)bias;");
               c_.block("for (long t = from; t < to; ++t)", [&] {
                 write_tile();
                 c_.line("const long rows = {0} - row < {1} ? {0} - row : {1};", shape_.out_rows,
                         s_.outputs);
                 c_.line("const long columns = {0} - column < {1} ? {0} - column : {1};",
                         shape_.out_columns, s_.outputs);
                 if (out_.has_margins())
                   c_.block("if (column == 0) for (long i = 0; i < rows; ++i)",
                            [&] { write_margins(c_, out_, 4, "y", "row + i"); });
                 c_.line("const float *of_tile = m + (t - from) * {};", w_.output_step);
                 write_channels(c_, shape_.out_channels, s_.lanes,
                                [&](const std::string& k, const std::string& n) {
                                  write_output_vector(k, n);
                                });
               });
             });
  }

  void write_output_vector(const std::string& k, const std::string& n) {
    const auto taps = w_.taps;
    c_.line("vf room[{0}][{1}], (*a)[{1}] = room, d[{1}], out[{0}][{0}];", s_.outputs, taps);
    c_.line("if (V_LOADS_APART) V_HIDE(a);");
    c_.line("const vf start = {};",
            epilogue_.bias() ? fmt::format("vf_load_n(bias + {}, {})", k, n) : "vf_set(0)");
    c_.block(fmt::format("V_UNROLL_OF_MANY for (int j = 0; j < {}; ++j)", taps), [&] {
      c_.line("vf e[{}];", s_.outputs);
      c_.line(
          "V_UNROLL for (int i = 0; i < {0}; ++i) d[i] = vf_load(of_tile + (i * {0} + j) * {1} + "
          "{2});",
          taps, w_.output_plane, k);
      c_.line("{}(d, e);", transform("output"));
      c_.line("V_UNROLL for (int i = 0; i < {}; ++i) a[i][j] = e[i];", s_.outputs);
      c_.line("V_IN_TURN;");
    });
    c_.block(fmt::format("V_UNROLL_OF_MANY for (int i = 0; i < {}; ++i)", s_.outputs), [&] {
      c_.line("{}(a[i], out[i]);", transform("output"));
      c_.line("V_UNROLL for (int j = 0; j < {}; ++j) out[i][j] += start;", s_.outputs);
    });
    c_.block("for (long i = 0; i < rows; ++i) V_ROLLED for (long j = 0; j < columns; ++j)", [&] {
      c_.line("const vf value = out[i][j];");
      c_.line("{}",
              epilogue_.store(
                  name_, n,
                  {.picture = "picture", .row = "row + i", .column = "column + j", .channel = k}));
    });
  }

  // A unit is a block of tiles.
  Step write_units() {
    write_step(c_, name_, [&] {
      c_.line("const float *x = {};", e_.address(group_.anchor->in[0]));
      c_.line("const float *w = {};", e_.weights_address("float", weights_at_));
      c_.line("const float *bias = {};",
              epilogue_.bias() ? e_.weights_address("float", bias_at_) : "0");
      c_.line("float *v = (float *)rings, *m = v + {};", w_.products() * w_.input_plane);
      epilogue_.write_pointers();
      c_.block("for (long u = from; u < to; ++u)", [&] {
        c_.line("const long first = u * {0}, last = first + {0} < {1} ? first + {0} : {1};",
                w_.block, w_.tiles());
        c_.line("{}_input(x, v, first, last);", name_);
        c_.loop("i", w_.products(), [&] {
          c_.loop("panel", panels_.count(), [&] {
            const auto call = [&](std::string_view form) {
              c_.line(
                  "{}_{}(v + i * {}, w + i * {} + panel * {}, m + i * {} + panel * {}, last - "
                  "first);",
                  name_, form, w_.input_plane, product_elements(), panel_elements(),
                  w_.output_plane, panels_.width());
            };
            write_panel_calls(c_, panels_, panels_.last_vectors() != s_.vectors, call);
          });
        });
        c_.line("{}_output(m, bias, first, last{});", name_, epilogue_.arguments());
      });
    });
    return {name_, w_.blocks(), s_.parallel};
  }

  Emitter& e_;
  CWriter& c_;
  const Group& group_;
  const Schedule& s_;
  std::string name_;
  ConvShape shape_;
  WinogradShape w_;
  Epilogue epilogue_;
  Panels panels_;
  MemoryLayout out_;
  std::string fill_row_;
  int64_t weights_at_ = 0;
  int64_t bias_at_ = 0;
};

}  // namespace

std::vector<Step> emit_winograd(Emitter& e, const Group& group, const Schedule& s,
                                const std::string& name) {
  return WinogradEmitter(e, group, s, name).run();
}

}  // namespace turnstone
