// Convolutions and matrix products around the matrix kernels.
#include "codegen/emitter.h"

namespace turnstone {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// A picture with the convolution's pads around it, and the window that slides over it.
struct Padded {
  int64_t rows, columns, channels;
};

Padded padded_of(const ConvShape& c) {
  return {c.rows + c.top + c.bottom, c.columns + c.left + c.right, c.channels};
}

class MatrixEmitter {
 public:
  MatrixEmitter(Emitter& e, const Group& group, const Schedule& s, std::string name, int64_t local)
      : e_(e),
        c_(e.c),
        group_(group),
        s_(s),
        name_(std::move(name)),
        local_(local),
        shape_(matrix_shape(e.graph, *group.anchor)),
        epilogue_(e, group) {
    width_ = s.vectors * s.lanes;
    panels_ = ceil_div(shape_.channels, width_);
    const auto rest = shape_.channels - (panels_ - 1) * width_;
    last_vectors_ = static_cast<int>(ceil_div(rest, s.lanes));
    run_ = shape_.is_flat() ? shape_.pixels : shape_.conv->out_columns;
    runs_ = shape_.is_flat() ? 1 : shape_.pixels / run_;
    tiles_in_run_ = ceil_div(run_, s.rows);
    rest_rows_ = static_cast<int>(run_ - (tiles_in_run_ - 1) * s.rows);
    tiles_ = runs_ * tiles_in_run_;
    blocks_ = ceil_div(tiles_, s.block);
    line_ = shape_.depth;
    if (!shape_.is_flat()) {
      const auto& conv = *shape_.conv;
      const bool whole_rows = conv.column_dilation == 1;
      line_ = whole_rows ? conv.kernel_columns * conv.channels : conv.channels;
      runs_of_window_ = conv.kernel_rows * (whole_rows ? 1 : conv.kernel_columns);
    }
    if (shape_.integers) taken_at_once_ = 2;
    even_line_ = ceil_div(line_, taken_at_once_) * taken_at_once_;
  }

  std::vector<Step> run() {
    std::vector<Step> steps;
    if (shape_.integers) c_.need("pairs");
    if (s_.layout == ReadAs::padded) steps.push_back(emit_pad());
    if (!shape_.constant_weights)
      steps.push_back(emit_pack());
    else
      pack_constant();
    if (epilogue_.bias()) shape_.integers ? add_bias<int32_t>() : add_bias<float>();
    epilogue_.write_store(name_);
    const bool has_full = panels_ > 1 || last_vectors_ == s_.vectors;
    const bool has_last = last_vectors_ != s_.vectors || shape_.channels % s_.lanes != 0;
    if (has_full && !(has_last && panels_ == 1)) emit_panel("full", s_.vectors, false);
    if (has_last) emit_panel("last", last_vectors_, true);
    steps.push_back(emit_loops(has_last));
    return steps;
  }

 private:
  // Copies each picture into scratch memory with zeros around it; a unit is one row. Integers are
  // widened on the way.
  Step emit_pad() {
    const auto& conv = *shape_.conv;
    const auto p = padded_of(conv);
    const auto function = name_ + "_pad";
    const int64_t size = shape_.integers ? 2 : 4;
    const auto inner = conv.columns * conv.channels;
    write_step(c_, function, [&] {
      c_.line("const {} *x = {};", c_type(group_.anchor->call.in[0].dtype),
              e_.address(group_.anchor->in[0]));
      c_.line("{} *p = {};", input_type(), e_.scratch_address(input_type(), local_));
      c_.block("for (long u = from; u < to; ++u)", [&] {
        c_.line("const long row = u % {} - {};", p.rows, conv.top);
        c_.line("{} *to_row = p + u * {};", input_type(), p.columns * p.channels);
        c_.block(fmt::format("if (row < 0 || row >= {})", conv.rows), [&] {
          c_.line("__builtin_memset(to_row, 0, {});", p.columns * p.channels * size);
          c_.line("continue;");
        });
        if (conv.left) c_.line("__builtin_memset(to_row, 0, {});", conv.left * p.channels * size);
        const auto source = fmt::format("x + (u / {} * {} + row) * {}", p.rows, conv.rows, inner);
        if (shape_.integers)
          c_.block(fmt::format("for (long k = 0; k < {}; ++k)", inner), [&] {
            c_.line("to_row[{} + k] = (short)(({})[k] - {});", conv.left * p.channels, source,
                    c_integer(group_.anchor->i("x_zero")));
          });
        else
          c_.line("__builtin_memcpy(to_row + {}, {}, {});", conv.left * p.channels, source,
                  inner * size);
        if (conv.right)
          c_.line("__builtin_memset(to_row + {}, 0, {});", (conv.left + conv.columns) * p.channels,
                  conv.right * p.channels * size);
      });
    });
    return {function, conv.batch * p.rows, s_.parallel};
  }

  std::string_view input_type() const { return shape_.integers ? "short" : "float"; }
  std::string_view start_type() const { return shape_.integers ? "int" : "float"; }
  std::string_view weight_type() const {
    if (!shape_.integers) return "float";
    return narrow_weights() ? "signed char" : "short";
  }
  bool narrow_weights() const {
    return group_.anchor->call.in[1].dtype == DType::i8 && group_.anchor->i("w_zero") == 0;
  }

  // Panels of `width_` channels, each [depth / g][channels of the panel][g] with g inputs taken at
  // once, filled up with zeros; a run of odd length has one more input for that.
  int64_t packed_depth() const { return runs_of_window_ * even_line_; }
  int64_t panel_elements() const { return packed_depth() * width_; }
  int64_t all_elements() const {
    return (panels_ - 1) * panel_elements() + packed_depth() * last_vectors_ * s_.lanes;
  }

  template <class To, class From>
  void pack(To* to, const From* from, int64_t zero) const {
    const auto at = [&](int64_t channel, int64_t d) {
      return shape_.conv ? channel * shape_.depth + d : d * shape_.channels + channel;
    };
    for (int64_t panel = 0; panel < panels_; ++panel) {
      const auto width = panel + 1 < panels_ ? width_ : last_vectors_ * s_.lanes;
      for (int64_t run = 0; run < runs_of_window_; ++run)
        for (int64_t d = 0; d < even_line_; d += taken_at_once_)
          for (int64_t lane = 0; lane < width; ++lane)
            for (int64_t j = d; j < d + taken_at_once_; ++j) {
              const auto channel = panel * width_ + lane;
              const bool real = channel < shape_.channels && j < line_;
              *to++ = real ? static_cast<To>(from[at(channel, run * line_ + j)] - zero) : To{};
            }
    }
  }

  void pack_constant() {
    const auto& w = *e_.graph.constant_of(group_.anchor->in[1]);
    if (!shape_.integers) {
      const auto one = shape_.depth * shape_.channels;
      const auto batches = w.size() / one;
      weights_at_ = e_.weights.add<float>(batches * all_elements(), [&](float* to) {
        for (int64_t batch = 0; batch < batches; ++batch)
          pack(to + batch * all_elements(), w.as<float>().data() + batch * one, 0);
      });
      return;
    }
    const auto zero = group_.anchor->i("w_zero");
    const auto fill = [&](auto* to) {
      if (w.dtype() == DType::i8)
        pack(to, w.as<int8_t>().data(), zero);
      else
        pack(to, w.as<uint8_t>().data(), zero);
    };
    weights_at_ = narrow_weights() ? e_.weights.add<int8_t>(all_elements(), fill)
                                   : e_.weights.add<int16_t>(all_elements(), fill);
  }

  // The same packing while the model runs, for weights that it computes; a unit is one batch.
  Step emit_pack() {
    const auto function = name_ + "_pack";
    packed_at_ = local_;
    write_step(c_, function, [&] {
      c_.line("const float *w = {};", e_.address(group_.anchor->in[1]));
      c_.line("float *p = {};", e_.scratch_address("float", packed_at_));
      emit_batches("b", group_.anchor->call.in[1].shape);
      c_.block("for (long u = from; u < to; ++u)", [&] {
        c_.line("const float *x = w + (long)b[u] * {};", shape_.depth * shape_.channels);
        c_.loop("panel", panels_, [&] {
          c_.line("const long width = panel < {} ? {} : {};", panels_ - 1, width_,
                  last_vectors_ * s_.lanes);
          c_.line("float *q = p + u * {} + panel * {};", all_elements(), panel_elements());
          c_.loop("d", shape_.depth, [&] {
            c_.line("const long rest = {} - panel * {};", shape_.channels, width_);
            c_.block("for (long k = 0; k < width; ++k)", [&] {
              c_.line("*q++ = k < rest ? x[d * {} + panel * {} + k] : 0.0f;", shape_.channels,
                      width_);
            });
          });
        });
      });
    });
    return {function, shape_.batches, s_.parallel};
  }

  // A table from the batch of the result to the batch of an operand, which may be repeated.
  void emit_batches(std::string_view name, const Shape& operand) {
    const auto& out = group_.anchor->call.out[0].shape;
    std::string list;
    for (int64_t i = 0; i < shape_.batches; ++i) {
      int64_t rest = i;
      int64_t index = 0;
      int64_t step = 1;
      for (size_t d = 2; d < out.size(); ++d) {
        const auto extent = out[out.size() - 1 - d];
        const auto own = d < operand.size() ? operand[operand.size() - 1 - d] : 1;
        if (own != 1) index += rest % extent * step;
        step *= own;
        rest /= extent;
      }
      list += fmt::format("{}{}", i ? ", " : "", index);
    }
    c_.line("static const int {}[] = {{{}}};", name, list);
  }

  template <class T>
  void add_bias() {
    const auto bias = epilogue_.bias()->as<T>();
    const auto padded = panels_ * width_;
    bias_at_ = e_.weights.add<T>(padded, [&](T* to) {
      for (int64_t i = 0; i < padded; ++i)
        to[i] = i < shape_.channels ? bias[static_cast<size_t>(i)] : T{};
    });
  }

  // Instantiates the kernel for tiles of `rows` pixels and `vectors` vectors of channels; only the
  // last panel of all may end inside a vector.
  std::string instantiate(std::string_view form, int rows, int vectors, bool last) {
    const auto function = fmt::format("{}_{}_{}", name_, form, rows);
    const auto whole = shape_.channels % s_.lanes == 0;
    const auto tail = shape_.channels - (panels_ - 1) * width_ - (vectors - 1) * s_.lanes;
    const auto n = last && !whole ? fmt::format("(vector) == {} ? {} : LANES", vectors - 1, tail)
                                  : std::string("LANES");
    if (shape_.integers) c_.line("#define WEIGHT {}", weight_type());
    paste_kernel(
        c_, s_.kernel,
        {{"NAME", function},
         {"ROWS", std::to_string(rows)},
         {"VECTORS", std::to_string(vectors)},
         {"EPILOGUE_ARGUMENTS", ", long first_pixel, long first_channel" + epilogue_.parameters()},
         {"STORE(row, vector, value)",
          fmt::format(
              "{}_store(first_pixel + (row), first_channel + (vector) * LANES, {}, value{});",
              name_, n, epilogue_.arguments())}});
    return function;
  }

  std::string window_text() const {
    if (shape_.is_flat())
      return fmt::format("(struct window){{.rows = 1, .taps = 1, .length = {}}}", even_line_);
    const auto& conv = *shape_.conv;
    const auto p = padded_of(conv);
    const auto row = conv.row_dilation * p.columns * p.channels;
    if (conv.column_dilation == 1)
      return fmt::format(
          "(struct window){{.rows = {}, .row_step = {}, .row_depth = {}, .taps = 1, .length = {}}}",
          conv.kernel_rows, row, even_line_, even_line_);
    return fmt::format(
        "(struct window){{.rows = {}, .row_step = {}, .row_depth = {}, .taps = {}, .tap_step = {}, "
        ".tap_depth = {}, .length = {}}}",
        conv.kernel_rows, row, conv.kernel_columns * even_line_, conv.kernel_columns,
        conv.column_dilation * p.channels, even_line_, even_line_);
  }

  int64_t x_stride() const {
    return shape_.is_flat() ? shape_.depth : shape_.conv->column_stride * shape_.conv->channels;
  }

  // Address of the inputs of a tile's first pixel.
  void write_tile_start() {
    if (shape_.is_flat()) {
      c_.line("const long pixel = tile * {};", s_.rows);
      c_.line("const {} *in = x + pixel * {};", input_type(), shape_.depth);
      return;
    }
    const auto& conv = *shape_.conv;
    const auto p = padded_of(conv);
    c_.line("const long run = tile / {}, column = tile % {} * {};", tiles_in_run_, tiles_in_run_,
            s_.rows);
    c_.line("const long pixel = run * {} + column;", run_);
    c_.line("const {} *in = x + ((run / {} * {} + run % {} * {}) * {} + column * {}) * {};",
            input_type(), conv.out_rows, p.rows, conv.out_rows, conv.row_stride, p.columns,
            conv.column_stride, p.channels);
  }

  // One panel of channels against the tiles [first, last).
  void emit_panel(std::string_view form, int vectors, bool last) {
    const bool ragged = rest_rows_ != s_.rows;
    const auto full =
        tiles_in_run_ > 1 || !ragged ? instantiate(form, s_.rows, vectors, last) : std::string();
    const auto rest = ragged ? instantiate(form, rest_rows_, vectors, last) : std::string();
    const auto call = [&](const std::string& function) {
      return fmt::format("{}(in, {}, {}, w, bias, 0, first_pixel + pixel, channel{});", function,
                         x_stride(), window_text(), epilogue_.arguments());
    };
    c_.block(
        fmt::format("static void {}_{}(const {} *x, const {} *w, const {} *bias, long first, long "
                    "last, long first_pixel, long channel{})",
                    name_, form, input_type(), weight_type(), start_type(), epilogue_.parameters()),
        [&] {
          c_.block("for (long tile = first; tile < last; ++tile)", [&] {
            write_tile_start();
            if (full.empty() || rest.empty())
              return c_.line("{}", call(full.empty() ? rest : full));
            c_.block(fmt::format("if (tile % {} == {})", tiles_in_run_, tiles_in_run_ - 1),
                     [&] { c_.line("{}", call(rest)); });
            c_.block("else", [&] { c_.line("{}", call(full)); });
          });
        });
  }

  // A unit is one panel of channels against one block of pixels.
  Step emit_loops(bool has_last) {
    const auto input = s_.layout == ReadAs::padded
                           ? fmt::format("(const {} *)(f->scratch + {})", input_type(), local_)
                           : e_.address(group_.anchor->in[0]);
    const bool batched = shape_.batches > 1;
    write_step(c_, name_, [&] {
      c_.line("const {} *x = {};", input_type(), input);
      c_.line("const {} *w = {};", weight_type(),
              shape_.constant_weights
                  ? e_.weights_address(weight_type(), weights_at_)
                  : fmt::format("(const float *)(f->scratch + {})", packed_at_));
      if (epilogue_.bias())
        c_.line("const {} *bias = {};", start_type(), e_.weights_address(start_type(), bias_at_));
      epilogue_.write_pointers();
      if (batched) emit_batches("a", group_.anchor->call.in[0].shape);
      const bool fixed_batches = batched && shape_.constant_weights;
      if (fixed_batches) emit_batches("b", group_.anchor->call.in[1].shape);
      c_.block("for (long u = from; u < to; ++u)", [&] {
        c_.line("const long panel = u % {}, block = u / {} % {};", panels_, panels_, blocks_);
        c_.line("const long batch = u / {};", panels_ * blocks_);
        c_.line("const long first = block * {};", s_.block);
        c_.line("const long last = first + {} < {} ? first + {} : {};", s_.block, tiles_, s_.block,
                tiles_);
        const auto call = [&](std::string_view form) {
          c_.line(
              "{}_{}(x + {}, w + {} * {} + panel * {}, {}, first, last, batch * {}, panel * "
              "{}{});",
              name_, form,
              batched ? fmt::format("(long)a[batch] * {}", shape_.pixels * shape_.depth) : "0",
              fixed_batches ? "(long)b[batch]" : "batch", all_elements(), panel_elements(),
              epilogue_.bias() ? fmt::format("bias + panel * {}", width_) : "0", shape_.pixels,
              width_, epilogue_.arguments());
        };
        if (!has_last) return call("full");
        if (panels_ == 1) return call("last");
        c_.block(fmt::format("if (panel == {})", panels_ - 1), [&] { call("last"); });
        c_.block("else", [&] { call("full"); });
      });
    });
    return {name_, shape_.batches * blocks_ * panels_, s_.parallel};
  }

  Emitter& e_;
  CWriter& c_;
  const Group& group_;
  const Schedule& s_;
  std::string name_;
  int64_t local_;
  MatrixShape shape_;
  Epilogue epilogue_;
  int64_t width_ = 0;  // channels of a panel
  int64_t panels_ = 0;
  int last_vectors_ = 0;  // vectors of the last panel
  int64_t run_ = 0;       // pixels that lie at one distance from each other
  int64_t runs_ = 0;
  int64_t tiles_in_run_ = 0;
  int rest_rows_ = 0;  // pixels of the last tile of a run
  int64_t tiles_ = 0;
  int64_t blocks_ = 0;
  int64_t line_ = 0;            // inputs that lie one behind the other
  int64_t even_line_ = 0;       // the same, filled up to what the kernel takes at once
  int64_t runs_of_window_ = 1;  // such lines in a window
  int64_t taken_at_once_ = 1;
  int64_t weights_at_ = 0;
  int64_t packed_at_ = 0;
  int64_t bias_at_ = 0;
};

}  // namespace

std::vector<Step> emit_matrix(Emitter& e, const Group& group, const Schedule& s,
                              const std::string& name, int64_t local) {
  return MatrixEmitter(e, group, s, name, local).run();
}

}  // namespace turnstone
