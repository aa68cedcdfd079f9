// Convolutions and matrix products around the matrix kernels.
#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include "codegen/emitter.h"
#include "codegen/picks.h"
#include "ops/narrow.h"

namespace turnstone {
namespace {

class MatrixEmitter {
 public:
  MatrixEmitter(Emitter& e, const Group& group, const Schedule& s, std::string name, int64_t own)
      : e_(e),
        c_(e.c),
        group_(group),
        s_(s),
        name_(std::move(name)),
        own_(own),
        shape_(matrix_shape(e.graph, *group.anchor)),
        window_(window_of(shape_, s.input)),
        epilogue_(e, group),
        panels_{shape_.channels, s.vectors, s.lanes},
        out_(e.layout(group.result())),
        block_(s.input.block),
        blocks_(s.input.blocks()) {
    columns_ = s.flat ? shape_.pixels : window_.out_columns;
    tiles_ = ceil_div(columns_, s.columns);
    rest_columns_ = static_cast<int>(columns_ - (tiles_ - 1) * s.columns);
    pictures_ = s.flat ? shape_.batches : window_.batch;
    rows_ = s.flat ? tiles_ : window_.out_rows;
    if (shape_.integers)
      taken_at_once_ =
          std::max<int64_t>(s_.kernel == "gemm/pairs" ? 2 : 1, bytes_at_once(s_.kernel));
    if (on_tiles()) taken_at_once_ = 4 / size_of(input_dtype()), panels_.unit = 16 / s_.lanes;
    // A group of channels is a block of its own.
    if (shape_.groups > 1) block_ = shape_.conv->group_channels(), blocks_ = 1;
    const bool joined = !is_picked() && s.input.column_step == block_ &&
                        window_.column_dilation == 1 && s.parts == 1;
    taps_ = joined ? 1 : window_.kernel_columns;
    length_ = (joined ? window_.kernel_columns * block_ : block_) / s.parts;
    const auto step = on_tiles() ? tile_step(input_dtype()) : taken_at_once_;
    even_length_ = ceil_div(length_, step) * step;
    if (is_picked()) pick();
  }

  std::vector<Step> run() {
    std::vector<Step> steps;
    if (on_tiles())
      c_.need("tiles");
    else if (shape_.integers)
      c_.need("pairs");
    if (s_.copies_input) {
      write_copy();
      if (!s_.in_strip) steps.push_back(write_copy_units());
    }
    if (!shape_.constant_weights)
      steps.push_back(write_pack());
    else
      pack_constant();
    if (has_start()) shape_.integers ? add_integer_starts() : add_real_starts();
    if (window_.top > 0 || window_.bottom > 0 || reads_below())
      fill_row_ = write_fill_row(e_, name_, s_.input, input_type(), outside());
    plan_prefetch();
    epilogue_.write_store(name_);
    const bool has_full = panels_.count() > 1 || panels_.last_vectors() == s_.vectors;
    has_last_ = panels_.last_vectors() != s_.vectors ||
                shape_.channels % (int64_t{s_.lanes} * panels_.unit) != 0;
    if (has_full && !(has_last_ && panels_.count() == 1)) write_panel("full", s_.vectors, false);
    if (has_last_) write_panel("last", panels_.last_vectors(), true);
    write_panels();
    if (s_.in_strip)
      write_rows_function(c_, name_, [&] {
        c_.line("{}_panels(f, rings, picture, from, to, 0, {});", name_,
                shape_.groups * panels_.count());
      });
    else
      steps.push_back(write_units());
    return steps;
  }

 private:
  // Pads may be declared that no window reaches; windows may end below the picture without pads.
  bool reads_below() const {
    return (window_.out_rows - 1) * window_.row_stride - window_.top +
               (window_.kernel_rows - 1) * window_.row_dilation >=
           window_.rows;
  }

  // While a panel meets its tiles, as many bytes of the weights after it are fetched as it has
  // itself: weights stand in the order of execution, so that those of the next layers come too.
  void plan_prefetch() {
    if (on_tiles()) return plan_prefetch_of_tiles();
    constexpr int64_t least_bytes = 32 << 10;  // of a layer whose weights may not be near
    constexpr int64_t most_steps = 64;         // between two fetches, else it is not worth the code
    const auto bytes = all_elements() * weight_bytes();
    if (!shape_.constant_weights || bytes < least_bytes) return;
    if (shape_.integers && e_.target.arch != Arch::x86_64) return;
    const auto tiles = tiles_in_block();
    const auto lines = ceil_div(panel_elements() * weight_bytes(), 64 * tiles);  // for each tile
    const auto steps = packed_depth() / taken_at_once_;
    const auto every = steps / lines;
    // Weights that one tile alone meets are a stream, which the processor fetches by itself.
    if (every > most_steps || every == 0) return;
    // Whole turns of the kernel's loop: what is left over would be a branch that is guessed wrong.
    constexpr int64_t turn = 4;
    prefetch_every_ = std::clamp<int64_t>(every < turn ? every : every / turn * turn, 1,
                                          even_length_ / taken_at_once_);
    prefetch_bytes_ = 64 * lines;
    keep_inputs_whole();
  }

  // That one panel meets before the next.
  int64_t tiles_in_block() const {
    const auto blocks = ceil_div(s_.flat ? rows_ : ceil_div(rows_, s_.rows), s_.block);
    return std::max<int64_t>(1, (s_.flat ? rows_ : ceil_div(rows_, s_.rows) * tiles_) / blocks);
  }

  // The same for tiles, which take many inputs at once: before the first products, or with each
  // step.
  void plan_prefetch_of_tiles() {
    constexpr int64_t least_bytes = 32 << 10;
    constexpr int64_t most_lines = 16;  // at once, else they are in the way
    const auto bytes = packed_depth() * panels_.width() * size_of(input_dtype());
    if (bytes * panels_.count() < least_bytes) return;
    const auto steps = packed_depth() / tile_step(input_dtype());
    const auto lines = ceil_div(bytes, 64 * tiles_in_block());
    prefetch_each_ = std::min(lines / steps, most_lines);
    prefetch_first_ = prefetch_each_ < most_lines ? std::min(lines % steps, most_lines) : 0;
    prefetch_bytes_ = 64 * (prefetch_first_ + prefetch_each_ * steps);
  }

  // On NEON four inputs are loaded at once, and steps that pick go by four: fetches must not cut
  // them.
  void keep_inputs_whole() {
    if (e_.target.arch == Arch::x86_64 && !is_picked()) return;
    constexpr int64_t at_once = 4;
    const auto every = std::max(prefetch_every_ / at_once * at_once, at_once);
    prefetch_lines_ = ceil_div(prefetch_lines_ * every, prefetch_every_);
    prefetch_every_ = every;
  }

  void write_copy() {
    const auto type = group_.anchor->call.in[0].dtype;
    write_row_copy(c_, name_,
                   {.from = e_.layout(group_.anchor->in[0]),
                    .to = s_.input,
                    .from_type = has_unsigned_bytes() ? input_type() : kernel_type(type),
                    .type = input_type(),
                    .zero = taken_off(),
                    .fill = outside()},
                   e_.address(group_.anchor->in[0]), copy_address());
  }

  Step write_copy_units() {
    return write_row_units(c_, name_ + "_copy", window_.batch, window_.rows, 1, s_.parallel);
  }

  // Of the first element of the padded copy.
  std::string copy_address() const {
    return e_.copy_address(s_, own_,
                           has_bytes()       ? 1
                           : shape_.integers ? 2
                                             : size_of(input_dtype()));
  }

  DType input_dtype() const { return group_.anchor->call.in[0].dtype; }

  bool is_picked() const { return s_.kernel == "gemm/picked"; }
  bool on_tiles() const { return takes_tiles(s_.kernel); }
  // Bytes are read, several neighbours at a time.
  bool has_bytes() const { return shape_.integers && (bytes_at_once(s_.kernel) > 0 || on_tiles()); }
  // With a sign or without, as they are.
  bool has_bytes_as_they_are() const {
    return has_bytes() && (on_tiles() || s_.kernel == "gemm/mmla" || s_.kernel == "gemm/mull");
  }
  // Without a sign, which those with one become inside the kernel; those of the dot products have
  // one.
  bool has_unsigned_bytes() const {
    return has_bytes() && s_.kernel != "gemm/dot" && !has_bytes_as_they_are();
  }

  // From the model's inputs when they are copied for the kernel.
  int64_t taken_off() const {
    if (!shape_.integers || has_unsigned_bytes() || has_bytes_as_they_are()) return 0;
    if (!has_bytes()) return group_.anchor->i("x_zero");
    return input_dtype() == DType::u8 ? 128 : 0;
  }
  // What a product has too much in every input, since zero is another number there.
  int64_t surplus() const {
    if (!has_bytes()) return 0;
    const bool moves_up = has_unsigned_bytes() && input_dtype() == DType::i8;
    const bool moves_down = s_.kernel == "gemm/mull" && input_dtype() == DType::u8;
    return group_.anchor->i("x_zero") - taken_off() + (moves_up ? 128 : moves_down ? -128 : 0);
  }
  // What stands outside the picture.
  int64_t outside() const {
    if (has_unsigned_bytes()) return group_.anchor->i("x_zero") & 255;
    return has_bytes() ? group_.anchor->i("x_zero") - taken_off() : 0;
  }

  std::string_view input_type() const {
    if (!shape_.integers || has_bytes_as_they_are()) return kernel_type(input_dtype());
    if (has_unsigned_bytes()) return "unsigned char";
    return has_bytes() ? "signed char" : "short";
  }
  std::string_view start_type() const { return shape_.integers ? "int" : "float"; }
  std::string_view weight_type() const {
    if (!shape_.integers) return kernel_type(shape_.weights);
    return has_byte_weights(*group_.anchor) ? "signed char" : "short";
  }
  int64_t weight_bytes() const {
    if (!shape_.integers) return size_of(shape_.weights);
    return has_byte_weights(*group_.anchor) ? 1 : 2;
  }

  // Panels of `panels_.width()` channels, each [depth / g][channels of the panel][g] with g inputs
  // taken at once, filled up with zeros; a run of odd length has one more input for that. Where the
  // depth has parts, a part of as many panels as are added up together, then the next part of them.
  int64_t block_depth() const { return taps_ * even_length_; }
  int64_t row_depth() const { return blocks_ * block_depth(); }
  int64_t packed_depth() const { return window_.kernel_rows * row_depth(); }
  int64_t panel_elements() const { return packed_depth() * panels_.width(); }
  int64_t all_elements() const { return s_.parts * packed_depth() * panels_.filled(); }
  int64_t panels_at_once() const { return s_.parts > 1 ? s_.panels : 1; }

  // For each depth step of a part the model's own, or -1 where there is none.
  std::vector<int64_t> depth_order(int64_t part) const {
    const auto channels = blocks_ > 1 ? window_.channels : block_;
    std::vector<int64_t> order;
    for (int64_t row = 0; row < window_.kernel_rows; ++row)
      for (int64_t block = 0; block < blocks_; ++block)
        for (int64_t tap = 0; tap < taps_; ++tap)
          for (int64_t k = 0; k < even_length_; ++k) {
            const auto column = taps_ > 1 ? tap : k / block_;
            const auto channel = block * block_ + part * length_ + k % block_;
            const auto at = (row * window_.kernel_columns + column) * channels + channel;
            order.push_back(k < length_ ? at : -1);
          }
    return order;
  }

  template <class To, class From>
  void pack(To* to, const From* from, int64_t zero) const {
    std::vector<std::vector<int64_t>> orders;
    for (int64_t part = 0; part < s_.parts; ++part) orders.push_back(depth_order(part));
    for (int64_t first = 0; first < panels_.count(); first += panels_at_once())
      for (const auto& order : orders)
        for (auto panel = first; panel < std::min(first + panels_at_once(), panels_.count());
             ++panel)
          to = pack_panel(to, from, zero, order, panel);
  }

  // Returns the end of the panel.
  template <class To, class From>
  To* pack_panel(To* to, const From* from, int64_t zero, const std::vector<int64_t>& order,
                 int64_t panel) const {
    const auto at = [&](int64_t channel, int64_t d) {
      return shape_.conv ? channel * shape_.depth + d : d * shape_.channels + channel;
    };
    const auto width = panels_.width_of(panel);
    for (size_t k = 0; k < order.size(); k += static_cast<size_t>(taken_at_once_))
      for (int64_t lane = 0; lane < width; ++lane)
        for (size_t j = k; j < k + static_cast<size_t>(taken_at_once_); ++j) {
          const auto channel = panel * panels_.width() + lane;
          const bool real = channel < shape_.channels && order[j] >= 0;
          *to++ = real ? static_cast<To>(from[at(channel, order[j])] - zero) : To{};
        }
    return to;
  }

  // Finds the order of every run of every panel. All have as many extra steps as any needs.
  void pick() {
    const auto w = e_.graph.constant_of(group_.anchor->in[1])->as<int8_t>();
    visit_runs(w,
               {.groups = shape_.groups,
                .channels = shape_.channels,
                .width = panels_.width(),
                .depth = shape_.depth,
                .length = length_},
               [&](std::span<const int8_t> run, int64_t channels) {
                 picks_.push_back(pick_inputs(run, channels));
               });
    for (const auto& picks : picks_) extra_steps_ = std::max(extra_steps_, picks.extra_steps);
    for (auto& picks : picks_) picks.fill_up(extra_steps_);
    drop_rare_fours();
    even_length_ += extra_steps_ * taken_at_once_;
  }

  // Sums of four are worth code of their own where they are not rare; their order suits sums of
  // two.
  void drop_rare_fours() {
    constexpr int64_t most_rare = 8;
    int64_t blocks = 0, fours = 0;
    for (const auto& picks : picks_) blocks += picks.blocks, fours += picks.fours;
    fours_ = fours == blocks ? 2 : fours * most_rare < blocks ? 0 : 1;
  }

  // Every panel in an order of its own, and behind all weights what the kernel reads of those.
  void pack_picked(std::span<const int8_t> w) {
    auto picks = picks_.begin();
    weights_at_ = e_.weights.add<int8_t>(shape_.groups * all_elements(), [&](int8_t* to) {
      for (int64_t group = 0; group < shape_.groups; ++group)
        for (int64_t panel = 0; panel < panels_.count(); ++panel) {
          std::vector<int64_t> order;
          for (int64_t run = 0; run < shape_.depth; run += length_, ++picks)
            for (const auto input : picks->inputs) order.push_back(input < 0 ? -1 : run + input);
          to = pack_panel(to, w.data() + group * shape_.channels * shape_.depth, 0, order, panel);
        }
    });
    std::vector<uint8_t> order;
    for (const auto& one : picks_) order.insert(order.end(), one.order.begin(), one.order.end());
    order_at_ = e_.weights.add<uint8_t>(static_cast<int64_t>(order.size()),
                                        [&](uint8_t* to) { std::ranges::copy(order, to); });
  }

  // Products with weights of their own, batches or groups, one behind the other.
  template <class To, class From>
  int64_t pack_all(std::span<const From> from, int64_t zero) {
    const auto one = shape_.depth * shape_.channels;
    const auto batches = static_cast<int64_t>(from.size()) / one;
    return e_.weights.add<To>(batches * all_elements(), [&](To* to) {
      for (int64_t batch = 0; batch < batches; ++batch)
        pack(to + batch * all_elements(), from.data() + batch * one, zero);
    });
  }

  void pack_constant() {
    const auto& w = *e_.graph.constant_of(group_.anchor->in[1]);
    const auto zero = shape_.integers ? group_.anchor->i("w_zero") : 0;
    if (is_narrow(shape_.weights))
      weights_at_ = pack_all<uint16_t>(w.as<uint16_t>(), zero);  // bits; those of 0 are 0
    else if (!shape_.integers)
      weights_at_ = pack_all<float>(w.as<float>(), zero);
    else if (is_picked())
      pack_picked(w.as<int8_t>());
    else if (has_byte_weights(*group_.anchor))
      weights_at_ = pack_all<int8_t>(w.as<int8_t>(), zero);
    else if (w.dtype() == DType::i8)
      weights_at_ = pack_all<int16_t>(w.as<int8_t>(), zero);
    else
      weights_at_ = pack_all<int16_t>(w.as<uint8_t>(), zero);
  }

  // The same packing while the model runs, for weights that it computes; a unit is one batch.
  Step write_pack() {
    const auto function = name_ + "_pack";
    write_step(c_, function, [&] {
      const auto type = group_.anchor->call.in[1].dtype;
      c_.line("const {} *w = {};", kernel_type(type), e_.address(group_.anchor->in[1]));
      c_.line("float *p = {};", e_.scratch_address("float", own_));
      write_batches("b", group_.anchor->call.in[1].shape);
      c_.block("for (long u = from; u < to; ++u)", [&] {
        c_.line("const {} *x = w + (long)b[u] * {};", kernel_type(type),
                shape_.depth * shape_.channels);
        c_.line("float *q = p + u * {};", all_elements());
        const auto whole = shape_.channels / panels_.width();
        if (whole > 0)
          c_.loop("panel", whole,
                  [&] { write_panel_pack(type, "panel", s_.vectors, panels_.width()); });
        if (whole < panels_.count())
          write_panel_pack(type, std::to_string(whole), panels_.last_vectors(),
                           shape_.channels % panels_.width());
      });
    });
    return {function, shape_.batches, s_.parallel};
  }

  // A panel of so many vectors, of which the last ones may be filled up with zeros.
  void write_panel_pack(DType type, const std::string& panel, int vectors, int64_t channels) {
    c_.loop("d", shape_.depth, [&] {
      for (int v = 0; v < vectors; ++v) {
        const auto n = std::clamp<int64_t>(channels - int64_t{v} * s_.lanes, 0, s_.lanes);
        const auto at = fmt::format("x + d * {} + {} * {} + {}", shape_.channels, panel,
                                    panels_.width(), v * s_.lanes);
        c_.line(
            "vf_store(q + {}, {});", v * s_.lanes,
            n > 0 ? load_text(type, at, n < s_.lanes ? std::to_string(n) : "LANES") : "vf_set(0)");
      }
      c_.line("q += {};", vectors * s_.lanes);
    });
  }

  // A table from the batch of the result to the batch of an operand, which may be repeated.
  void write_batches(std::string_view name, const Shape& operand) {
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

  // What sums begin with, in each channel of all groups. Whole vectors are read.
  template <class T>
  void add_starts(int64_t real, const std::function<T(int64_t channel)>& start) {
    bias_at_ = e_.weights.add<T>(real + panels_.width(), [&](T* to) {
      for (int64_t i = 0; i < real + panels_.width(); ++i) to[i] = i < real ? start(i) : T{};
    });
  }

  void add_real_starts() {
    const auto bias = epilogue_.bias()->as<float>();
    add_starts<float>(static_cast<int64_t>(bias.size()),
                      [&](int64_t i) { return bias[static_cast<size_t>(i)]; });
  }

  // The bias, less what the surplus of the inputs adds to every sum.
  void add_integer_starts() {
    const auto* bias = epilogue_.bias();
    add_starts<int32_t>(shape_.groups * shape_.channels, [&](int64_t i) {
      const auto own = bias ? bias->integer_at(i) : 0;
      return static_cast<int32_t>(own - surplus() * sum_of_weights(i));
    });
  }

  // Of a channel of all groups.
  int64_t sum_of_weights(int64_t channel) const {
    if (surplus() == 0) return 0;
    const auto own = e_.graph.constant_of(group_.anchor->in[1])
                         ->as<int8_t>()
                         .subspan(static_cast<size_t>(channel * shape_.depth),
                                  static_cast<size_t>(shape_.depth));
    return std::accumulate(own.begin(), own.end(), int64_t{0});
  }

  bool has_start() const { return epilogue_.bias() || surplus() != 0; }

  // What becomes of the sums of a pixel, of which `stored` channels are the model's: all at once,
  // in vectors at `sums`, or vector by vector.
  std::string store_of(int64_t stored, std::string_view sums) const {
    if (epilogue_.stores_pixels())
      return epilogue_.store_pixel(name_, std::to_string(stored), sums,
                                   {.row = "(row)", .column = "(column)"});
    const auto last = ceil_div(stored, s_.lanes) - 1;
    const auto tail = stored - last * s_.lanes;
    const auto n = tail < s_.lanes ? fmt::format("(vector) == {} ? {} : LANES", last, tail)
                                   : std::string("LANES");
    return epilogue_.store(name_, n,
                           {.row = "(row)", .column = "(column)", .channel = "(vector) * LANES"});
  }

  // Instantiates the kernel for tiles of `rows` x `columns` pixels and `vectors` vectors of
  // channels; only the last panel of all may end inside a vector.
  void instantiate(std::string_view form, int rows, int columns, int vectors, bool last) {
    if (on_tiles()) return instantiate_tiles(form, rows, columns, vectors, last);
    const auto stored = last ? shape_.channels - (panels_.count() - 1) * panels_.width()
                             : int64_t{vectors} * s_.lanes;
    if (has_unsigned_bytes()) c_.line("#define X_SIGNED {}", int{input_dtype() == DType::i8});
    if (is_picked()) c_.line("#define FOURS {}\n#define EXTRA_STEPS {}", fours_, extra_steps_);
    if (has_bytes_as_they_are()) c_.line("#define INPUT {}", input_type());
    if (shape_.integers && !has_bytes()) c_.line("#define WEIGHT {}", weight_type());
    if (!shape_.integers)
      c_.line("#define INPUT {}\n#define WEIGHT {}", print(input_dtype()), print(shape_.weights));
    const auto name = tile_function(form, rows, columns);
    const auto store = store_of(stored, "sums");
    paste_tile(c_, s_.kernel,
               {.name = name,
                .parameters = fmt::format(
                    "const {} *const *rows, long x_at, long x_stride, struct window window, const "
                    "{} *w, const float *bias, const void *ahead",
                    input_type(), weight_type()),
                .arguments = "rows, x_at, x_stride, window, w, bias, ahead",
                .rows = rows,
                .columns = columns,
                .vectors = vectors,
                .parts = s_.parts},
               epilogue_,
               epilogue_.stores_pixels() ? "STORE_PIXEL(row, column, sums)"
                                         : "STORE(row, column, vector, value)",
               store,
               {{"OUTPUT_ROWS", std::to_string(rows)},
                {"COLUMNS", std::to_string(columns)},
                {"VECTORS", std::to_string(vectors)},
                {"STRIDE", std::to_string(window_.row_stride)},
                {"DILATION", std::to_string(window_.row_dilation)},
                {"PREFETCH_EVERY", std::to_string(prefetch_every_)},
                {"PREFETCH_LINES", std::to_string(prefetch_lines_)}});
  }

  // Tiles keep their shape: one of fewer columns begins before them, and stores only its own.
  void instantiate_tiles(std::string_view form, int rows, int columns, int vectors, bool last) {
    const auto stored = last ? shape_.channels - (panels_.count() - 1) * panels_.width()
                             : int64_t{vectors} * s_.lanes;
    const auto store = store_of(stored, "values");
    paste_tile(
        c_, s_.kernel,
        {.name = tile_function(form, rows, columns),
         .parameters = fmt::format(
             "struct v_tiles *tiles, const {} *const *rows, long x_at, long x_stride, struct "
             "window window, const {} *w, const {} *bias, const void *ahead",
             input_type(), weight_type(), start_type()),
         .arguments = fmt::format("tiles, rows, x_at, x_stride, window, (const {} *)w, bias, "
                                  "ahead",
                                  input_type()),
         .rows = rows,
         .columns = s_.columns,
         .vectors = vectors,
         .leaves_sums = true,
         .sum_type = start_type(),
         .first_column = s_.columns - columns,
         .stored_vectors = static_cast<int>(ceil_div(stored, s_.lanes)),
         .stores_pixels = epilogue_.stores_pixels()},
        epilogue_, "", store,
        {{"INPUT", std::string(input_type())},
         {"OUTPUT_ROWS", std::to_string(rows)},
         {"COLUMNS", std::to_string(s_.columns)},
         {"VECTORS", std::to_string(vectors)},
         {"STRIDE", std::to_string(window_.row_stride)},
         {"DILATION", std::to_string(window_.row_dilation)},
         {"PREFETCH_FIRST", std::to_string(prefetch_first_)},
         {"PREFETCH_EACH", std::to_string(prefetch_each_)}});
  }

  std::string tile_function(std::string_view form, int rows, int columns) const {
    return fmt::format("{}_{}_{}x{}", name_, form, rows, columns);
  }

  std::string window_text(std::string_view rows, std::string_view taps) const {
    return fmt::format(
        "(struct window){{.rows = {}, .row_depth = {}, .blocks = {}, .block_step = {}, "
        ".block_depth "
        "= {}, .taps = {}, .tap_step = {}, .tap_depth = {}, .length = {}}}",
        rows, row_depth(), blocks_, s_.input.block_step, block_depth(), taps,
        window_.column_dilation * s_.input.column_step, even_length_, even_length_);
  }

  static constexpr int64_t least_skipped_depth = 64;

  // Whether products with rows outside the picture are left out. Windows of few inputs are quicker
  // as straight code.
  bool skips_rows() const {
    return !fill_row_.empty() && surplus() == 0 && window_.kernel_rows > 1 &&
           row_depth() >= least_skipped_depth;
  }

  // The same for columns outside it, as far as all of a tile are: of wide dilated windows.
  bool skips_taps() const {
    return taps_ > 1 && window_.left >= s_.columns && surplus() == 0 &&
           row_depth() >= least_skipped_depth;
  }

  // All columns of `rows` output rows, whose row pointers are there.
  void write_tiles(std::string_view form, int vectors, int rows) {
    const auto input = skips_rows() ? fmt::format("rows + first_tap * {}", window_.row_dilation)
                                    : std::string("rows");
    auto weights = skips_rows()
                       ? fmt::format("w + first_tap * {}", row_depth() * vectors * s_.lanes)
                       : std::string("w");
    if (skips_taps())
      weights += fmt::format(" + first_column * {}", even_length_ * vectors * s_.lanes);
    if (is_picked()) {
      weights += ", order";
      if (skips_rows()) weights += fmt::format(" + first_tap * {}", row_depth());
      if (skips_taps()) weights += fmt::format(" + first_column * {}", even_length_);
    }
    const auto window =
        window_text(skips_rows() ? "last_tap - first_tap" : std::to_string(window_.kernel_rows),
                    skips_taps() ? "last_column - first_column" : std::to_string(taps_));
    const auto x_stride = window_.column_stride * s_.input.column_step;
    const auto call = [&](int columns, const std::string& column) {
      auto x_at = fmt::format("({} * {} - {}) * {}", column, window_.column_stride, window_.left,
                              s_.input.column_step);
      if (skips_taps()) {
        const auto at = [&](int add) {
          return fmt::format("({} + {}) * {} - {}", column, add, window_.column_stride,
                             window_.left);
        };
        write_taps(c_, "column", at(0), at((on_tiles() ? s_.columns : columns) - 1),
                   window_.kernel_columns, window_.column_dilation, window_.columns);
        x_at += fmt::format(" + first_column * {}", window_.column_dilation * s_.input.column_step);
      }
      c_.line("{}({}{}, {}, {}, {}, {}, bias, ahead{}{});", tile_function(form, rows, columns),
              tiles_argument(), input, x_at, x_stride, window, weights,
              epilogue_.arguments_at(
                  {.picture = "picture", .row = "row", .column = column, .channel = "channel"}),
              parts_arguments());
      write_next_tile(vectors);
    };
    const bool ragged = rest_columns_ != s_.columns;
    const auto whole = (tiles_ - (ragged ? 1 : 0)) * s_.columns;
    if (whole > 0) c_.loop("column", 0, whole, s_.columns, [&] { call(s_.columns, "column"); });
    if (ragged) c_.block("", [&] { call(rest_columns_, std::to_string(first_of_rest(whole))); });
  }

  // Where the tile of what is left begins; those on tiles overlap the one before.
  int64_t first_of_rest(int64_t whole) const {
    return on_tiles() ? whole + rest_columns_ - s_.columns : whole;
  }

  std::string_view tiles_argument() const { return on_tiles() ? "tiles, " : ""; }

  // Whether there may be fewer rows to make than a tile is high.
  bool may_leave_rows() const {
    return !s_.flat && s_.rows > 1 && (s_.in_strip || rows_ % s_.rows != 0);
  }

  void instantiate_all(std::string_view form, int vectors, bool last) {
    std::set<int> heights = {s_.rows};
    if (may_leave_rows()) heights.insert(1);
    for (const auto rows : heights) {
      if (tiles_ > 1 || rest_columns_ == s_.columns)
        instantiate(form, rows, s_.columns, vectors, last);
      if (rest_columns_ != s_.columns) instantiate(form, rows, rest_columns_, vectors, last);
    }
  }

  void write_next_tile(int vectors) {
    if (prefetch_bytes_ > 0) c_.line("ahead += {};", prefetch_bytes_);
    if (s_.parts > 1) c_.line("sums += {};", s_.rows * s_.columns * vectors * s_.lanes);
  }

  std::string_view parts_arguments() const { return s_.parts > 1 ? ", sums, part" : ""; }

  // Pointers to the input rows that `rows` output rows from `row` on read.
  void write_row_pointers(int rows) {
    const auto count =
        (window_.kernel_rows - 1) * window_.row_dilation + 1 + (rows - 1) * window_.row_stride;
    c_.line("const {} *rows[{}];", input_type(), count);
    c_.block(fmt::format("for (int k = 0; k < {}; ++k)", count), [&] {
      const auto inside = fmt::format("x + {}", offset_text(s_.input, "picture", "at", "0", "0"));
      c_.line("const long at = row * {} + k - {};", window_.row_stride, window_.top);
      if (fill_row_.empty())
        c_.line("rows[k] = {};", inside);
      else
        c_.line("rows[k] = at < 0 || at >= {} ? {} : {};", window_.rows, fill_row_, inside);
    });
    if (skips_rows())
      write_taps(c_, "tap", fmt::format("row * {} - {}", window_.row_stride, window_.top),
                 fmt::format("(row + {}) * {} - {}", rows - 1, window_.row_stride, window_.top),
                 window_.kernel_rows, window_.row_dilation, window_.rows);
  }

  // One panel of channels of the rows [from, to); of flat values, of the tiles.
  void write_panel(std::string_view form, int vectors, bool last) {
    instantiate_all(form, vectors, last);
    c_.block(
        fmt::format(
            "static void {}_{}({}const {} *x, const {} *w, {}const {} *bias, const char *ahead, "
            "long picture, long from, long to, long channel{}{})",
            name_, form, on_tiles() ? "struct v_tiles *tiles, " : "", input_type(), weight_type(),
            is_picked() ? "const unsigned char *order, " : "", start_type(), epilogue_.parameters(),
            s_.parts > 1 ? parts_parameters : ""),
        [&] {
          c_.line("(void)picture;");
          if (s_.flat) return write_flat(form, vectors);
          c_.line("long row = from;");
          c_.block(fmt::format("for (; row + {0} <= to; row += {0})", s_.rows), [&] {
            write_row_pointers(s_.rows);
            write_tiles(form, vectors, s_.rows);
          });
          if (may_leave_rows())
            c_.block("for (; row < to; ++row)", [&] {
              write_row_pointers(1);
              write_tiles(form, vectors, 1);
            });
        });
  }

  void write_flat(std::string_view form, int vectors) {
    const bool ragged = rest_columns_ != s_.columns;
    const auto first = shape_.batches > 1 ? fmt::format("picture * {} + ", shape_.pixels) : "";
    c_.line("const {} *rows[1] = {{x}};", input_type());
    c_.block("for (long tile = from; tile < to; ++tile)", [&] {
      c_.line("const long pixel = tile * {};", s_.columns);
      const auto call = [&](int columns) {
        const auto overlap = on_tiles() ? s_.columns - columns : 0;
        const auto pixel = overlap > 0 ? fmt::format("(pixel - {})", overlap) : "pixel";
        c_.line("{}({}rows, {} * {}, {}, {}, w{}, bias, ahead{}{});",
                tile_function(form, 1, columns), tiles_argument(), pixel, s_.input.column_step,
                s_.input.column_step,
                window_text(std::to_string(window_.kernel_rows), std::to_string(taps_)),
                is_picked() ? ", order" : "",
                epilogue_.arguments_at({.column = first + pixel, .channel = "channel"}),
                parts_arguments());
        write_next_tile(vectors);
      };
      if (!ragged) return call(s_.columns);
      if (tiles_ == 1) return call(rest_columns_);
      c_.block(fmt::format("if (tile == {})", tiles_ - 1), [&] { call(rest_columns_); });
      c_.block("else", [&] { call(s_.columns); });
    });
  }

  // All panels [first_panel, last_panel) of the rows [from, to) of a picture.
  void write_panels() {
    c_.block(
        fmt::format("static void {}_panels(const struct frame *f, char *rings, long picture, long "
                    "from, long to, long first_panel, long last_panel)",
                    name_),
        [&] {
          c_.line("(void)f, (void)rings;");
          c_.line("const {0} *x = (const {0} *){1};", input_type(),
                  s_.copies_input ? copy_address() : e_.address(group_.anchor->in[0]));
          c_.line("const {} *w = {};", weight_type(),
                  shape_.constant_weights ? e_.weights_address(weight_type(), weights_at_)
                                          : fmt::format("(const float *)(f->scratch + {})", own_));
          if (is_picked())
            c_.line("const unsigned char *order = {};",
                    e_.weights_address("unsigned char", order_at_));
          if (has_start())
            c_.line("const {} *bias = {};", start_type(),
                    e_.weights_address(start_type(), bias_at_));
          epilogue_.write_pointers();
          if (shape_.batches > 1) write_batch();
          write_ends();
          if (s_.parts > 1) return write_parts();
          if (on_tiles()) {
            c_.line("static const struct v_tile_shapes shapes = V_TILE_SHAPES({}, {});", s_.rows,
                    s_.columns);
            c_.line("struct v_tiles own, *tiles = &own;");
            c_.line("v_tiles_begin(tiles, &shapes);");
          }
          c_.block("for (long u = first_panel; u < last_panel; ++u)", [&] {
            c_.line("const long group = u / {0}, panel = u % {0};", panels_.count());
            c_.line("const {} *panel_weights = w + group * {} + panel * {};", weight_type(),
                    all_elements(), panel_elements());
            if (is_picked())
              c_.line("const unsigned char *panel_order = order + u * {};", packed_depth());
            write_panel_call(
                fmt::format("x + group * {}", shape_.groups > 1 ? block_ : 0),
                fmt::format("group * {} + panel * {}", shape_.channels, panels_.width()), "");
          });
          if (on_tiles()) c_.line("v_tiles_end();");
        });
  }

  // What stands around the elements of the result, once for all panels.
  void write_ends() {
    if (!out_.has_margins()) return;
    const auto size = size_of(e_.graph.type(group_.result()).dtype);
    if (!s_.flat)
      c_.block("if (first_panel == 0) for (long row = from; row < to; ++row)",
               [&] { write_margins(c_, out_, size, "y", "row"); });
    else
      c_.block("if (first_panel == 0)", [&] {
        c_.line("const long end = to * {0} < {1} ? to * {0} : {1};", s_.columns, columns_);
        write_gaps(c_, out_, size, "y", fmt::format("from * {}", s_.columns), "end");
      });
  }

  void write_panel_call(const std::string& x, const std::string& channel, std::string_view more) {
    c_.line("const long channel = {};", channel);
    write_panel_calls(c_, panels_, has_last_, [&](std::string_view form) {
      c_.line("{}_{}({}{}, panel_weights, {}{}, {}, picture, from, to, channel{}{});", name_, form,
              tiles_argument(), x, is_picked() ? "panel_order, " : "",
              has_start() ? "bias + channel" : "0",
              prefetch_bytes_ > 0
                  ? fmt::format("(const char *)panel_weights + {}", e_.target.prefetch_bytes)
                  : "0",
              epilogue_.arguments(), more);
    });
  }

  // All panels for one part of the depth, then for the next. Sums stand panel by panel, tile by
  // tile.
  void write_parts() {
    c_.line("const {} *panel_weights = w + first_panel * {};", weight_type(),
            s_.parts * panel_elements());
    c_.loop("part", s_.parts, [&] {
      c_.block("for (long panel = first_panel; panel < last_panel; ++panel)", [&] {
        c_.line("float *sums = (float *)rings + (panel - first_panel) * {};",
                s_.ring_bytes / 4 / s_.panels);
        write_panel_call(fmt::format("x + part * {}", length_),
                         fmt::format("panel * {}", panels_.width()), parts_arguments());
        if (has_last_ && panels_.last_vectors() != s_.vectors)
          c_.line("panel_weights += panel < {} ? {} : {};", panels_.count() - 1, panel_elements(),
                  packed_depth() * panels_.last_vectors() * s_.lanes);
        else
          c_.line("panel_weights += {};", panel_elements());
      });
    });
  }

  // Batched products: each has its own input and, where they differ, weights.
  void write_batch() {
    write_batches("a", group_.anchor->call.in[0].shape);
    c_.line("x += (long)a[picture] * {};", shape_.pixels * shape_.depth);
    if (shape_.constant_weights) {
      write_batches("b", group_.anchor->call.in[1].shape);
      c_.line("w += (long)b[picture] * {};", all_elements());
    } else {
      c_.line("w += picture * {};", all_elements());
    }
  }

  // A unit is one panel of channels against one block of rows.
  Step write_units() {
    const auto block = s_.flat ? s_.block : s_.block * s_.rows;
    const auto blocks = ceil_div(rows_, block);
    const auto all_panels = shape_.groups * panels_.count();
    const auto panels = ceil_div(all_panels, panels_at_once());
    write_step(c_, name_, [&] {
      c_.block("for (long u = from; u < to; ++u)", [&] {
        c_.line("const long panel = u % {0}, block = u / {0} % {1}, picture = u / {2};", panels,
                blocks, panels * blocks);
        c_.line("const long first = block * {0}, last = first + {0} < {1} ? first + {0} : {1};",
                block, rows_);
        if (panels_at_once() == 1)
          c_.line("{}_panels(f, rings, picture, first, last, panel, panel + 1);", name_);
        else
          c_.line(
              "{0}_panels(f, rings, picture, first, last, panel * {1}, panel * {1} + {1} < {2} ? "
              "panel * {1} + {1} : {2});",
              name_, panels_at_once(), all_panels);
      });
    });
    return {name_, pictures_ * blocks * panels, s_.parallel};
  }

  Emitter& e_;
  CWriter& c_;
  const Group& group_;
  const Schedule& s_;
  std::string name_;
  int64_t own_;
  MatrixShape shape_;
  Window window_;
  Epilogue epilogue_;
  Panels panels_;
  MemoryLayout out_;
  bool has_last_ = false;
  int64_t pictures_ = 1;
  int64_t rows_ = 1;      // output rows of a picture; of flat values, tiles
  int64_t columns_ = 1;   // of a row; of flat values, of all
  int64_t tiles_ = 1;     // in a row
  int rest_columns_ = 0;  // of the last tile of a row
  int64_t block_ = 1;     // channels that a run takes from a pixel
  int64_t blocks_ = 1;
  int64_t taps_ = 1;
  int64_t length_ = 0;       // inputs that lie one behind the other
  int64_t even_length_ = 0;  // the same, filled up to what the kernel takes at once
  int64_t taken_at_once_ = 1;
  int64_t prefetch_every_ = 0;  // depth steps
  int64_t prefetch_lines_ = 1;  // each time
  int64_t prefetch_first_ = 0;  // lines, of products on tiles: at first, and with each step
  int64_t prefetch_each_ = 0;
  int64_t prefetch_bytes_ = 0;  // by one tile
  int64_t weights_at_ = 0;
  std::vector<Picks> picks_;  // by panel and run
  int64_t extra_steps_ = 0;
  int fours_ = 0;  // which blocks of inputs have sums of four: 0 none, 1 some, 2 all
  int64_t order_at_ = 0;
  int64_t bias_at_ = 0;
  std::string fill_row_;
};

}  // namespace

std::vector<Step> emit_matrix(Emitter& e, const Group& group, const Schedule& s,
                              const std::string& name, int64_t own) {
  return MatrixEmitter(e, group, s, name, own).run();
}

}  // namespace turnstone
