// Depthwise convolutions around the depthwise kernel. Rows above and below the picture are a row of
// zeros, columns beside it are margins of the input's layout.
#include <set>

#include "codegen/emitter.h"
#include "ops/narrow.h"

namespace turnstone {
namespace {

class DepthwiseEmitter {
 public:
  DepthwiseEmitter(Emitter& e, const Group& group, const Schedule& s, std::string name, int64_t own)
      : e_(e),
        c_(e.c),
        group_(group),
        s_(s),
        name_(std::move(name)),
        own_(own),
        shape_(conv_shape(group.anchor->call)),
        integers_(group.anchor->call.out[0].dtype == DType::i32),
        epilogue_(e, group),
        out_(e.layout(group.result())) {}

  std::vector<Step> run() {
    std::vector<Step> steps;
    const auto zero = integers_ ? group_.anchor->i("x_zero") : 0;
    if (s_.copies_input) {
      write_row_copy(c_, name_,
                     {.from = e_.layout(group_.anchor->in[0]),
                      .to = s_.input,
                      .from_type = input_type(),
                      .type = input_type(),
                      .fill = zero},
                     e_.address(group_.anchor->in[0]), copy_address());
      if (!s_.in_strip)
        steps.push_back(
            write_row_units(c_, name_ + "_copy", shape_.batch, shape_.rows, 1, s_.parallel));
    }
    pack();
    if (integers_) c_.need("pairs");
    fill_row_ = write_fill_row(e_, name_, s_.input, input_type(), zero);
    epilogue_.write_store(name_);
    // Channels that tiles of many columns do: where tiles are wide, also those behind the last
    // whole one.
    const auto tiled = has_quads() ? shape_.channels : shape_.channels / width() * width();
    if (tiled > 0) write_tiled_channels(tiled);
    if (tiled < shape_.channels) write_last_channels(static_cast<int>(shape_.channels - tiled));
    write_rows(tiled);
    if (!s_.in_strip)
      steps.push_back(
          write_row_units(c_, name_, shape_.batch, shape_.out_rows, s_.rows, s_.parallel));
    return steps;
  }

 private:
  std::string copy_address() const {
    return e_.copy_address(s_, own_, size_of(group_.anchor->call.in[0].dtype));
  }

  DType input_dtype() const { return group_.anchor->call.in[0].dtype; }
  DType weight_dtype() const { return group_.anchor->call.in[1].dtype; }
  std::string_view input_type() const { return kernel_type(input_dtype()); }
  std::string_view start_type() const { return integers_ ? "int" : "float"; }
  bool has_quads() const { return s_.kernel == "depthwise/quads"; }
  // Weights stand in words, for two or four rows that a tile reads at a time.
  bool has_words() const { return has_quads() || s_.kernel == "depthwise/pairs"; }
  int64_t rows_of_word() const { return has_quads() ? 4 : 2; }
  // Of the rows that a tile reads, for one column.
  int64_t words() const { return ceil_div(shape_.kernel_rows + s_.rows - 1, rows_of_word()); }

  // Channels of a tile.
  int64_t width() const { return int64_t{s_.vectors} * s_.lanes; }

  // Weights of one channel, or words of them.
  int64_t steps() const {
    return (has_words() ? s_.rows * words() : shape_.kernel_rows) * shape_.kernel_columns;
  }

  std::string_view weight_type() const {
    if (!integers_) return kernel_type(weight_dtype());
    return has_words() ? "int" : "short";
  }

  // Goes over the channels of one tile after the other, of which the last may be narrower:
  // [tile][tap][channel of the tile], so that one pointer is enough for all weights of a tile.
  template <class Body>
  void for_each_weight(int64_t taps, const Body& body) const {
    for (int64_t first = 0; first < shape_.channels; first += width())
      for (int64_t tap = 0; tap < taps; ++tap)
        for (auto channel = first; channel < std::min(first + width(), shape_.channels); ++channel)
          body(channel, tap);
  }

  template <class To, class From>
  int64_t pack(std::span<const From> from, int64_t zero) {
    const auto taps = shape_.kernel_rows * shape_.kernel_columns;
    return e_.weights.add<To>(taps * shape_.channels, [&](To* to) {
      for_each_weight(taps, [&](int64_t channel, int64_t tap) {
        *to++ = static_cast<To>(from[static_cast<size_t>(channel * taps + tap)] - zero);
      });
    });
  }

  // The same in words, once for each output row of a tile, the weight of the uppermost row in the
  // lowest bits.
  template <class From>
  int64_t pack_words(std::span<const From> from, int64_t zero) {
    const auto taps = shape_.kernel_rows * shape_.kernel_columns;
    const auto bits = 32 / rows_of_word();
    return e_.weights.add<int32_t>(steps() * shape_.channels, [&](int32_t* to) {
      for_each_weight(steps(), [&](int64_t channel, int64_t step) {
        const auto column = step % shape_.kernel_columns;
        const auto first = step / shape_.kernel_columns % words() * rows_of_word();
        const auto output = step / shape_.kernel_columns / words();
        int64_t word = 0;
        for (int64_t r = 0; r < rows_of_word(); ++r)
          if (const auto row = first + r - output; row >= 0 && row < shape_.kernel_rows) {
            const auto at = channel * taps + row * shape_.kernel_columns + column;
            const auto weight = from[static_cast<size_t>(at)] - zero;
            word |= (weight & ((int64_t{1} << bits) - 1)) << bits * r;
          }
        *to++ = static_cast<int32_t>(word);
      });
    });
  }

  // What a product of integers has too much in every input.
  int64_t surplus() const {
    const bool moves_up = has_quads() && input_dtype() == DType::i8;
    return integers_ ? group_.anchor->i("x_zero") + (moves_up ? 128 : 0) : 0;
  }

  // What the sums of a channel begin with: the bias, less what the zero point adds to them.
  template <class From>
  int64_t add_start(std::span<const From> weights, int64_t w_zero) {
    const auto taps = shape_.kernel_rows * shape_.kernel_columns;
    const auto* bias = epilogue_.bias();
    return e_.weights.add<int32_t>(shape_.channels, [&](int32_t* to) {
      for (int64_t channel = 0; channel < shape_.channels; ++channel) {
        int64_t sum = 0;
        for (int64_t tap = 0; tap < taps; ++tap)
          sum += weights[static_cast<size_t>(channel * taps + tap)] - w_zero;
        *to++ = static_cast<int32_t>((bias ? bias->integer_at(channel) : 0) - surplus() * sum);
      }
    });
  }

  int64_t add_bias() {
    const auto bias = epilogue_.bias()->as<float>();
    return e_.weights.add<float>(shape_.channels,
                                 [&](float* to) { std::copy(bias.begin(), bias.end(), to); });
  }

  bool has_start() const { return epilogue_.bias() || surplus() != 0; }

  template <class From>
  void pack_integers(std::span<const From> w, int64_t zero) {
    weights_at_ = has_words() ? pack_words(w, zero) : pack<int16_t>(w, zero);
    if (has_start()) bias_at_ = add_start(w, zero);
  }

  void pack() {
    const auto& w = *e_.graph.constant_of(group_.anchor->in[1]);
    if (integers_) {
      const auto zero = group_.anchor->i("w_zero");
      return w.dtype() == DType::i8 ? pack_integers(w.as<int8_t>(), zero)
                                    : pack_integers(w.as<uint8_t>(), zero);
    }
    weights_at_ = is_narrow(w.dtype()) ? pack<uint16_t>(w.as<uint16_t>(), 0)  // bits
                                       : pack<float>(w.as<float>(), 0);
    if (epilogue_.bias()) bias_at_ = add_bias();
  }

  std::string tile_function(std::string_view form, int rows, int columns) const {
    return fmt::format("{}_{}_{}x{}", name_, form, rows, columns);
  }

  void instantiate(std::string_view form, int rows, int columns, int n) {
    if (integers_) {
      c_.line("#define INPUT {}", input_type());
      if (has_quads()) c_.line("#define QUADS {}", words());
    } else {
      c_.line("#define INPUT {}\n#define WEIGHT {}", print(input_dtype()), print(weight_dtype()));
    }
    const auto name = tile_function(form, rows, columns);
    const auto filled = n % s_.lanes == 0 ? "LANES" : std::to_string(n % s_.lanes);
    const auto in_vector =
        n > s_.lanes ? fmt::format("(vector) == 0 ? LANES : {}", filled) : filled;
    const auto store =
        has_quads() ? epilogue_.store_pixel(name_, "CHANNELS", "sums",
                                            {.row = "(row)", .column = "(column)"})
                    : epilogue_.store(
                          name_, in_vector,
                          {.row = "(row)", .column = "(column)", .channel = "(vector) * LANES"});
    paste_tile(c_, s_.kernel,
               {.name = name,
                .parameters = fmt::format(
                    "const {} *const *rows, long pixel, const {} *w, long tap, const float *bias",
                    input_type(), weight_type()),
                .arguments = "rows, pixel, w, tap, bias",
                .rows = rows,
                .columns = columns,
                .vectors = s_.vectors},
               epilogue_,
               has_quads() ? "STORE_PIXEL(row, column, sums)" : "STORE(row, column, vector, value)",
               store,
               {{"KERNEL_ROWS", std::to_string(shape_.kernel_rows)},
                {"KERNEL_COLUMNS", std::to_string(shape_.kernel_columns)},
                {"STRIDE", std::to_string(shape_.column_stride)},
                {"DILATION", std::to_string(shape_.row_dilation)},
                {"COLUMNS", std::to_string(columns)},
                {"OUTPUT_ROWS", std::to_string(rows)},
                {"CROWDED", epilogue_.is_heavy() ? "1" : "0"},
                {"CHANNELS", std::to_string(n)}});
  }

  int64_t window_rows(int rows) const {
    return (shape_.kernel_rows - 1) * shape_.row_dilation + 1 + (rows - 1) * shape_.row_stride;
  }

  // Calls `call(columns, column)` for the tiles of a row, of `most` columns each.
  template <class Call>
  void write_columns(int most, Call call) {
    const auto tiles = shape_.out_columns / most;
    const auto rest = static_cast<int>(shape_.out_columns % most);
    if (tiles > 0) c_.loop("column", 0, tiles * most, most, [&] { call(most, "column"); });
    if (rest > 0) call(rest, std::to_string(tiles * most));
  }

  // A tile of n channels at a column or a channel behind where `in` and the pointers of the
  // epilogue point to.
  void write_tile(std::string_view form, int rows, int columns, int n, const Spot& spot) {
    c_.line("const {} *at[{}];", input_type(), window_rows(rows));
    c_.line("for (int k = 0; k < {}; ++k) at[k] = in[k] + {} * {} + {};", window_rows(rows),
            spot.column, shape_.column_stride * s_.input.column_step, spot.channel);
    c_.line("{}(at, {}, w + {} * {}, {}, {}{});", tile_function(form, rows, columns),
            s_.input.column_step, spot.channel, steps(), n,
            has_start() ? fmt::format("bias + {}", spot.channel) : "0",
            epilogue_.arguments_at(spot));
  }

  std::string function_head(const std::string& name) const {
    return fmt::format("V_OWN_OF_FEW void {}(const {} *const *in, const {} *w, const {} *bias{})",
                       name, input_type(), weight_type(), start_type(), epilogue_.parameters());
  }

  // A function for every size of tile, which does `tiled` channels, the last of which may be a
  // narrower tile: neighbours in memory come one after the other. Pixels may lie as far apart as
  // the first-level cache repeats.
  void write_tiled_channels(int64_t tiled) {
    const auto all = static_cast<int>(width());
    const auto whole = tiled / all * all;
    const auto n = static_cast<int>(tiled - whole);
    for (const auto rows : heights())
      for (const auto columns : tile_columns()) {
        if (whole > 0) instantiate("whole", rows, columns, all);
        if (n > 0) instantiate("rest", rows, columns, n);
        c_.block(function_head(fmt::format("{}_{}x{}", name_, rows, columns)), [&] {
          c_.line("(void)bias;");
          if (whole > 0)
            c_.loop("channel", 0, whole, width(),
                    [&] { write_tile("whole", rows, columns, all, {.channel = "channel"}); });
          if (n > 0) write_tile("rest", rows, columns, n, {.channel = std::to_string(whole)});
        });
      }
  }

  // Of the tiles of a row.
  std::set<int> tile_columns() const {
    std::set<int> all;
    if (shape_.out_columns >= s_.columns) all.insert(s_.columns);
    if (const auto rest = static_cast<int>(shape_.out_columns % s_.columns)) all.insert(rest);
    return all;
  }

  // A function that does the n channels behind the last whole vector of a row, one column at a
  // time, which keeps the code short.
  void write_last_channels(int n) {
    for (const auto rows : heights()) {
      instantiate("rest", rows, 1, n);
      c_.block(function_head(fmt::format("{}_rest_{}", name_, rows)), [&] {
        c_.line("(void)bias;");
        write_columns(1, [&](int columns, const std::string& column) {
          write_tile("rest", rows, columns, n, {.column = column});
        });
      });
    }
  }

  // Output rows at a time: those of a tile, and what may be left.
  std::set<int> heights() const {
    std::set<int> all = {s_.rows};
    if (s_.in_strip || shape_.out_rows % s_.rows != 0) all.insert(1);
    return all;
  }

  // One function for the rows of a tile and all channels; `first` points to the input rows.
  void write_channels(int rows, int64_t tiled) {
    c_.block(
        fmt::format("V_OWN void {}_rows_{}(const {} *const *first, const {} *w, const {} *bias{})",
                    name_, rows, input_type(), weight_type(), start_type(), epilogue_.parameters()),
        [&] {
          c_.line("(void)bias;");
          c_.line("const {} *in[{}];", input_type(), window_rows(rows));
          if (tiled > 0)
            write_columns(s_.columns, [&](int columns, const std::string& column) {
              c_.line("for (int k = 0; k < {}; ++k) in[k] = first[k] + {} * {};", window_rows(rows),
                      column, shape_.column_stride * s_.input.column_step);
              c_.line("{}_{}x{}(in, w, {}{});", name_, rows, columns, has_start() ? "bias" : "0",
                      epilogue_.arguments_at({.column = column}));
            });
          if (tiled == shape_.channels) return;
          c_.line("for (int k = 0; k < {}; ++k) in[k] = first[k] + {};", window_rows(rows), tiled);
          c_.line("{}_rest_{}(in, w + {}, {}{});", name_, rows, tiled * steps(),
                  has_start() ? fmt::format("bias + {}", tiled) : "0",
                  epilogue_.arguments_at({.channel = std::to_string(tiled)}));
        });
  }

  void write_row_group(int rows) {
    c_.line("const {} *first[{}];", input_type(), window_rows(rows));
    c_.block(fmt::format("for (int k = 0; k < {}; ++k)", window_rows(rows)), [&] {
      c_.line("const long at = row * {} + k - {};", shape_.row_stride, shape_.top);
      c_.line("first[k] = (at < 0 || at >= {} ? {} : x + {}) - {};", shape_.rows, fill_row_,
              offset_text(s_.input, "picture", "at", "0", "0"), shape_.left * s_.input.column_step);
    });
    c_.line("{}_rows_{}(first, w, {}{});", name_, rows, has_start() ? "bias" : "0",
            epilogue_.arguments_at({.picture = "picture", .row = "row"}));
  }

  // The rows [from, to) of a picture.
  void write_rows(int64_t tiled) {
    for (const auto rows : heights()) write_channels(rows, tiled);
    write_rows_function(c_, name_, [&] {
      c_.line("const {0} *x = (const {0} *){1};", input_type(),
              s_.copies_input ? copy_address() : e_.address(group_.anchor->in[0]));
      c_.line("const {} *w = {};", weight_type(), e_.weights_address(weight_type(), weights_at_));
      if (has_start())
        c_.line("const {} *bias = {};", start_type(), e_.weights_address(start_type(), bias_at_));
      epilogue_.write_pointers();
      if (out_.has_margins())
        c_.block("for (long row = from; row < to; ++row)", [&] {
          write_margins(c_, out_, size_of(e_.graph.type(group_.result()).dtype), "y", "row");
        });
      c_.line("long row = from;");
      c_.block(fmt::format("for (; row + {0} <= to; row += {0})", s_.rows),
               [&] { write_row_group(s_.rows); });
      if (heights().size() > 1) c_.block("for (; row < to; ++row)", [&] { write_row_group(1); });
    });
  }

  Emitter& e_;
  CWriter& c_;
  const Group& group_;
  const Schedule& s_;
  std::string name_;
  int64_t own_;
  ConvShape shape_;
  bool integers_;
  Epilogue epilogue_;
  MemoryLayout out_;
  std::string fill_row_;
  int64_t weights_at_ = 0;
  int64_t bias_at_ = 0;
};

}  // namespace

std::vector<Step> emit_depthwise(Emitter& e, const Group& group, const Schedule& s,
                                 const std::string& name, int64_t own) {
  return DepthwiseEmitter(e, group, s, name, own).run();
}

}  // namespace turnstone
