#include "codegen/schedule.h"

#include <algorithm>
#include <limits>

#include "codegen/picks.h"
#include "ops/narrow.h"

namespace turnstone {
namespace {

using Kind = Schedule::Kind;

// A part of the work that takes less than about 20 us is done before another thread wakes up.
constexpr uint64_t flops_worth_a_thread = 2'000'000;
constexpr uint64_t bytes_worth_a_thread = 200'000;

// Of any type where `type` is empty.
const KernelRow* find_row(std::string_view name, std::string_view type, const Target& target) {
  for (const auto& row : kernel_rows())
    if (row.name == name && (type.empty() || row.type == type) && row.lanes == target.lanes &&
        has_feature(row.needs, target))
      return &row;
  return nullptr;
}

std::vector<KernelTile> tiles_for(std::string_view name, const Target& target) {
  std::vector<KernelTile> found;
  for (const auto& tile : kernel_tiles())
    if (tile.machine == target.tiles && tile.name == name && tile.lanes == target.lanes)
      found.push_back(tile);
  if (found.empty()) found.push_back({target.tiles, name, target.lanes, 1, 4, 1});
  return found;
}

KernelMachine machine_of(const Target& target) {
  for (const auto& machine : kernel_machines())
    if (machine.name == target.tiles && machine.lanes == target.lanes) return machine;
  return {target.tiles, target.lanes, 1, 1, 4, 16, 1, true};
}

// The size of parts, at most `most` and at least a third of it, with which two threads and four are
// done with `times` times `all` soonest.
int64_t fair_share(int64_t all, int64_t most, int64_t times = 1) {
  most = std::clamp<int64_t>(most, 1, all);
  const auto longest = [&](int64_t size) {
    const auto parts = ceil_div(all, size) * times;
    return (ceil_div(parts, 2) * 2 + ceil_div(parts, 4) * 4) * size;
  };
  auto best = most;
  for (auto size = most; 3 * size >= most && size > 0; --size)
    if (longest(size) < longest(best)) best = size;
  return best;
}

int even_columns(int64_t pixels, int most) { return static_cast<int>(even_share(pixels, most)); }

// Cycles of one depth step of a tile.
double step_cycles(const KernelMachine& machine, int pixels, int vectors) {
  const double products = static_cast<double>(pixels) * vectors / machine.multiply_adds;
  const double inputs = static_cast<double>(pixels) / machine.inputs;
  const double loads = (inputs + vectors) / machine.loads;
  if (!machine.beside) return std::max(products + loads, static_cast<double>(machine.latency));
  return std::max({products, loads, static_cast<double>(machine.latency)});
}

// Loads, sums and stores of one vector of a tile that is transformed.
constexpr double cycles_of_a_transformed_vector = 4;

// What a matrix kernel goes over.
struct Field {
  int64_t rows = 1;  // of all pictures; flat values have one
  int64_t columns = 1;
  int64_t depth = 1;
  int64_t channels = 1;
};

// Cycles of all tiles of a field: the sums, and to begin and end each.
double field_cycles(const Field& field, const KernelMachine& machine, int rows, int columns,
                    int vectors) {
  constexpr double cycles_around_a_tile = 30;
  const auto all_vectors = ceil_div(field.channels, machine.lanes);
  double cycles = 0;
  const auto add = [&](double tiles, int pixels, int wide) {
    if (tiles <= 0) return;
    cycles += tiles * (static_cast<double>(field.depth) * step_cycles(machine, pixels, wide) +
                       cycles_around_a_tile + 2.0 * pixels * wide);
  };
  const auto add_row = [&](int64_t count, int tile_rows) {
    const auto whole = field.columns / columns;
    const auto rest = static_cast<int>(field.columns % columns);
    for (const auto& [panels, wide] :
         {std::pair{all_vectors / vectors, vectors},
          std::pair{int64_t{all_vectors % vectors > 0}, static_cast<int>(all_vectors % vectors)}}) {
      add(static_cast<double>(count * whole * panels), tile_rows * columns, wide);
      if (rest > 0) add(static_cast<double>(count * panels), tile_rows * rest, wide);
    }
  };
  add_row(field.rows / rows, rows);
  if (field.rows % rows > 0) add_row(field.rows % rows, 1);
  return cycles;
}

bool fits_registers(const KernelMachine& machine, int pixels, int vectors) {
  const int inputs = machine.inputs > 1 ? pixels : 1;
  return pixels * vectors + vectors + inputs <= machine.registers;
}

// Inputs that lie a multiple of 4096 bytes apart share few places of a first-level cache.
bool collides(const MemoryLayout& input, int64_t stride, int64_t size) {
  return input.column_step * stride * size % 4096 == 0;
}

class Scheduler {
 public:
  Scheduler(const Graph& graph, const Target& target, const Tuning* tuning)
      : graph_(graph), target_(target), tuning_(tuning), machine_(machine_of(target)) {}

  std::vector<Choice> candidates(const Group& group) const {
    if (tile_row(*group.anchor)) return {};
    const auto shape = matrix_shape(graph_, *group.anchor);
    const auto field = whole_field(shape);
    std::vector<std::pair<double, Choice>> all;
    for (const auto& tile : tiles_for("gemm/fma", target_)) {
      const auto vectors = std::min<int64_t>(tile.vectors, ceil_div(field.channels, target_.lanes));
      all.emplace_back(
          field_cycles(field, machine_, tile.rows, even_columns(field.columns, tile.columns),
                       static_cast<int>(vectors)),
          Choice{0, tile.rows, tile.columns, static_cast<int>(vectors)});
    }
    if (may_be_filtered(shape))
      for (const int outputs : {2, 4}) {
        auto s = filtered(outputs);
        const auto cycles = winograd_cycles(*shape.conv, s);
        all.emplace_back(cycles, Choice{outputs, s.rows, s.columns, s.vectors});
      }
    std::ranges::stable_sort(all, {}, [](const auto& entry) { return entry.first; });
    std::vector<Choice> best;
    for (const auto& [cycles, choice] : all) {
      const bool known = std::ranges::any_of(
          best, [&, &choice = choice](const Choice& other) { return other.same_code(choice); });
      if (!known && best.size() < most_candidates && cycles < 2 * all.front().first)
        best.push_back(choice);
    }
    return best;
  }

  Scheduled run() {
    all_.groups = make_groups(graph_);
    for (const auto& group : all_.groups) all_.schedules.push_back(kind_of(group));
    all_.layouts = make_layouts(graph_, all_.groups, all_.schedules);
    all_.strips = make_strips(graph_, all_.groups, all_.schedules, target_, all_.layouts);
    for (const auto& strip : all_.strips) enter(strip);
    for (size_t g = 0; g < all_.groups.size(); ++g) complete(all_.groups[g], all_.schedules[g]);
    all_.attentions = make_attentions(graph_, all_.groups, all_.layouts, target_, all_.schedules);
    return std::move(all_);
  }

 private:
  // What can be said before layouts are known.
  Schedule kind_of(const Group& group) const {
    Schedule s;
    const auto& made = *group.anchor;
    if (group.is_view) {
      s.kind = Kind::view;
    } else if (work_of(graph_, made) == Work::matrix) {
      s.kind = Kind::matrix;
      s.kernel = matrix_row(made)->name;
      consider_winograd(group, s);
    } else if (work_of(graph_, made) == Work::depthwise) {
      s.kind = Kind::depthwise;
    } else if (work_of(graph_, made) == Work::elements || made.call.op->mixed) {
      s.kind = goes_pixel_by_pixel(group)  ? Kind::rows
               : made.call.op->elementwise ? Kind::elements
                                           : Kind::portable;
    } else if (count(made.call.out[0].shape) == 0) {
      s.kind = Kind::portable;
    } else if ((made.op() == "max_pool" || made.op() == "average_pool") && is_f32(group)) {
      s.kind = Kind::pool;
    } else if (made.op() == "reduce_mean" && is_f32(group) && is_mean_of_pixels(made)) {
      s.kind = Kind::mean;
    } else if (made.op().starts_with("reduce_") && made.op() != "reduce_prod" && is_f32(group) &&
               is_of_channels(made)) {
      s.kind = Kind::reduce;
    } else if (made.op() == "concat" && is_along_channels(made)) {
      s.kind = Kind::concat;
    }
    return s;
  }

  const KernelRow* matrix_row(const Made& made) const {
    if (const auto* row = tile_row(made)) return row;
    if (matrix_shape(graph_, made).integers) return integer_row(made);
    const auto* row = find_row("gemm/fma", print(made.call.in[0].dtype), target_);
    CHECK(row);
    return row;
  }

  // The row for products on tiles, where there are any and they are not mostly empty.
  const KernelRow* tile_row(const Made& made) const {
    constexpr int64_t least_run = 16;
    const auto shape = matrix_shape(graph_, made);
    const auto* row = find_row("gemm/amx", print(shape.input), target_);
    if (!row || !shape.constant_weights || shape.groups > 1 || shape.batches > 1) return nullptr;
    if (shape.integers ? !has_byte_weights(made) : shape.weights != DType::bf16) return nullptr;
    if (shape.conv) return shape.conv->channels >= least_run ? row : nullptr;
    return shape.depth % tile_step(shape.input) == 0 ? row : nullptr;
  }

  // The row for products of integers. Weights of 8 bits meet four inputs, or eight, at once where
  // that is an instruction, or where sums of two products, in some order, have 16 bits; else pairs
  // of 16 bits are an instruction on x86, lanes on ARM.
  const KernelRow* integer_row(const Made& made) const {
    if (has_byte_weights(made) && graph_.constant_of(made.in[1])) {
      const auto type = print(made.call.in[0].dtype);
      if (const auto* row = find_row("gemm/vnni", type, target_)) return row;
      if (const auto* row = find_row("gemm/picked", type, target_); row && can_be_picked(made))
        return row;
      if (const auto* row = find_row("gemm/bytes", type, target_); row && has_small_pairs(made))
        return row;
      if (made.i("groups") == 1) {
        if (const auto* row = find_row("gemm/mmla", type, target_)) return row;
        if (const auto* row = find_row("gemm/dot", "i8", target_)) return row;
        if (target_.arch != Arch::x86_64 && has_no_lowest(made))
          return find_row("gemm/mull", type, target_);
      }
    }
    return find_row(target_.arch == Arch::x86_64 ? "gemm/pairs" : "gemm/lanes", "i16", target_);
  }

  // Whether neighbouring weights are as gemm/bytes wants them, wherever a run of inputs begins.
  bool has_small_pairs(const Made& made) const {
    constexpr int most = 128;
    const auto w = graph_.constant_of(made.in[1])->as<int8_t>();
    const auto run = static_cast<size_t>(conv_shape(made.call).group_channels());
    for (size_t k = 0; k + 1 < w.size(); k += run % 2 ? 1 : 2) {
      const auto above = std::max<int>(w[k], 0) + std::max<int>(w[k + 1], 0);
      const auto below = std::min<int>(w[k], 0) + std::min<int>(w[k + 1], 0);
      if (above > most || below < -most) return false;
    }
    return true;
  }

  // Whether the inputs of panels have orders for gemm/picked that take few extra steps: with more,
  // pairs of 16 bits are as quick.
  bool can_be_picked(const Made& made) const {
    constexpr int64_t steps_worth_one = 8;
    const auto conv = conv_shape(made.call);
    const auto length = conv.group_channels();
    if (!is_picked_length(length)) return false;
    const auto w = graph_.constant_of(made.in[1])->as<int8_t>();
    const auto width = int64_t{tiles_for("gemm/picked", target_).front().vectors} * target_.lanes;
    int64_t steps = 0, extra = 0, most = 0;
    visit_runs(w,
               {.groups = conv.groups,
                .channels = conv.group_outputs(),
                .width = width,
                .depth = conv.kernel_rows * conv.kernel_columns * length,
                .length = length},
               [&](std::span<const int8_t> run, int64_t channels) {
                 const auto more = extra_steps(run, channels);
                 steps += ceil_div(length, 4);
                 extra += more;
                 most = std::max(most, more);
               });
    // There is room for as many in every run as one has.
    return extra * steps_worth_one <= steps && most * 2 <= ceil_div(length, 4);
  }

  // Whether two products with any inputs have 16 bits together.
  bool has_no_lowest(const Made& made) const {
    return std::ranges::count(graph_.constant_of(made.in[1])->as<int8_t>(), int8_t{-128}) == 0;
  }

  // 3x3 convolutions of many channels need fewer products when tiles are transformed.
  void consider_winograd(const Group& group, Schedule& s) const {
    const auto shape = matrix_shape(graph_, *group.anchor);
    if (!may_be_filtered(shape)) return;
    const auto& c = *shape.conv;
    if (const auto* known = choice_for(group); known && is_legal(*known, *gemm_row())) {
      if (known->outputs != 2 && known->outputs != 4) return;
      s = filtered(known->outputs);
      winograd_cycles(c, s);
      s.columns = std::min<int>(known->columns, static_cast<int>(s.block));
      s.vectors = known->vectors;
      return;
    }
    Schedule direct;
    direct.lanes = target_.lanes;
    auto best = with_weights(best_tile(whole_field(shape), "gemm/fma", 1, direct),
                             shape.depth * shape.channels, ceil_div(c.batch * c.out_rows, 16));
    for (const int outputs : {2, 4}) {
      auto tried = filtered(outputs);
      const auto cycles = winograd_cycles(c, tried);
      if (cycles >= best) continue;
      best = cycles;
      s = tried;
    }
  }

  static bool may_be_filtered(const MatrixShape& shape) {
    if (!shape.conv || shape.integers || shape.groups > 1) return false;
    // Transformed weights are four times as many, and no longer numbers of 16 bits.
    if (is_narrow(shape.weights)) return false;
    const auto& c = *shape.conv;
    return c.kernel_rows == 3 && c.kernel_columns == 3 && c.row_stride == 1 &&
           c.column_stride == 1 && c.row_dilation == 1 && c.column_dilation == 1 &&
           c.channels >= 16 && c.out_channels >= 16;
  }

  Schedule filtered(int outputs) const {
    Schedule s;
    s.kind = Kind::winograd;
    s.kernel = "gemm/fma";
    s.lanes = target_.lanes;
    s.outputs = outputs;
    return s;
  }

  static Field whole_field(const MatrixShape& shape) {
    if (shape.conv && !shape.is_pointwise())
      return {shape.conv->batch * shape.conv->out_rows, shape.conv->out_columns, shape.depth,
              shape.channels};
    return {1, shape.pixels, shape.depth, shape.channels};
  }

  const KernelRow* gemm_row() const { return find_row("gemm/fma", "f32", target_); }

  bool is_legal(const Choice& choice, const KernelRow& row) const {
    return row.rows.contains(choice.rows) && row.columns.contains(choice.columns) &&
           row.vectors.contains(choice.vectors) &&
           fits_registers(machine_, choice.rows * choice.columns, choice.vectors);
  }

  const Choice* choice_for(const Group& group) const {
    return tuning_ ? tuning_->find(target_.name, layer_key(graph_, group)) : nullptr;
  }

  // Cycles, or those that the weights take to come from beyond the second-level cache each time
  // that they are gone through, if those are more.
  double with_weights(double cycles, int64_t elements, int64_t times) const {
    constexpr double bytes_a_cycle = 8;
    const auto bytes = static_cast<double>(elements) * 4;
    if (bytes <= static_cast<double>(target_.l2_bytes) / 2) times = 1;
    return std::max(cycles, bytes * static_cast<double>(times) / bytes_a_cycle);
  }

  double winograd_cycles(const ConvShape& c, Schedule& s) const {
    auto w = winograd_shape(c, s);
    // What is between the transforms fills half of the cache.
    const auto one = w.products() * (w.input_step + w.output_step) * 4;
    const auto most = target_.l2_bytes / 2 / one;
    s.block = even_share(w.tiles(), most);
    const Field field{1, s.block, c.channels, c.out_channels};
    const auto products = best_tile(field, s.kernel, 1, s) * static_cast<double>(w.products());
    w = winograd_shape(c, s);
    const auto vectors = ceil_div(c.channels, s.lanes) + ceil_div(c.out_channels, s.lanes);
    const double transforms =
        static_cast<double>(w.tiles() * vectors * w.products()) * cycles_of_a_transformed_vector;
    return with_weights(products * static_cast<double>(w.blocks()),
                        w.products() * c.channels * c.out_channels, w.blocks()) +
           transforms;
  }

  bool is_f32(const Group& group) const {
    return graph_.type(group.result()).dtype == DType::f32 &&
           std::ranges::all_of(group.inputs,
                               [&](Value v) { return graph_.type(v).dtype == DType::f32; });
  }

  // On vectors, with operands that lie beside the result in a simple way.
  bool goes_pixel_by_pixel(const Group& group) const {
    if (count(graph_.shape(group.result())) == 0 || !has_vector_forms(group)) return false;
    return std::ranges::all_of(group.inputs, [&](Value v) {
      return beside(graph_.shape(v), graph_.shape(group.result())) != Beside::other;
    });
  }

  static bool is_mean_of_pixels(const Made& made) {
    if (made.call.in[0].rank() != 4) return false;
    std::vector<int64_t> axes;
    for (const auto axis : made.ints("axes")) axes.push_back(*normal_axis(axis, 4));
    std::ranges::sort(axes);
    return axes == std::vector<int64_t>{1, 2};
  }

  static bool is_of_channels(const Made& made) {
    const auto rank = made.call.in[0].rank();
    const auto& axes = made.ints("axes");
    return rank > 0 && axes.size() == 1 && *normal_axis(axes[0], rank) == rank - 1;
  }

  static bool is_along_channels(const Made& made) {
    const auto rank = made.call.out[0].rank();
    return *normal_axis(made.i("axis"), rank) == rank - 1 && made.call.out[0].shape.back() > 0;
  }

  void enter(const Strip& strip) {
    for (size_t i = 0; i < strip.stages.size(); ++i) {
      const auto& stage = strip.stages[i];
      auto& s = all_.schedules[stage.group];
      s.in_strip = true;
      if (stage.copies) {
        s.input.ring = stage.kept;
        s.ring_at = stage.at;
        continue;
      }
      // Tiles of several rows must not reach over the end of a ring.
      const bool last = i + 1 == strip.stages.size();
      s.most_rows = last || are_pointwise(strip, i + 1) ? static_cast<int>(stage.kept) : 1;
    }
  }

  // Whether rows of every stage from `first` on are asked for as many at a time as of the last.
  static bool are_pointwise(const Strip& strip, size_t first) {
    return std::all_of(
        strip.stages.begin() + static_cast<std::ptrdiff_t>(first), strip.stages.end(),
        [](const auto& stage) { return stage.window.stride == 1 && stage.window.reach == 1; });
  }

  void complete(const Group& group, Schedule& s) const {
    if (s.kind == Kind::view || s.kind == Kind::elements) return;
    s.parallel = flops_of(graph_, group) >= flops_worth_a_thread ||
                 bytes_of(graph_, group) >= bytes_worth_a_thread;
    if (s.kind == Kind::portable) return;
    s.lanes = target_.lanes;
    if (s.kind == Kind::matrix) complete_matrix(group, s);
    if (s.kind == Kind::depthwise) complete_depthwise(group, s);
    if (s.kind == Kind::winograd) {
      const auto conv = conv_shape(group.anchor->call);
      s.input = layout(group.anchor->in[0]);
      s.ring_bytes = winograd_shape(conv, s).bytes();
    }
    if (s.kind == Kind::pool) s.kernel = group.anchor->op() == "max_pool" ? "pool/max" : "pool/sum";
  }

  MemoryLayout layout(Value value) const { return all_.layouts.find(graph_, value); }

  // Bytes of an element as the kernel of a product reads it.
  static int64_t input_bytes(const MatrixShape& shape, std::string_view kernel) {
    if (!shape.integers) return size_of(shape.input);
    return bytes_at_once(kernel) > 0 || takes_tiles(kernel) ? 1 : 2;
  }

  // Reads the input where it is, or a copy with the margins and the gap that the window asks for,
  // of elements of `element_bytes`.
  void choose_input(const Group& group, int64_t element_bytes, Schedule& s) const {
    const auto kept = s.input.ring;
    s.input = layout(group.anchor->in[0]);
    if (reads_as_it_lies(graph_, *group.anchor, s.kernel, s.input)) return;
    s.copies_input = true;
    s.input = copied_layout(graph_, *group.anchor, s.kernel, s.input);
    if (kept > 0) {
      s.input = ring_layout(s.input, kept);
      return;
    }
    // A kernel that takes several inputs at once reads a little more than there is.
    s.own_bytes += s.input.elements * element_bytes + 64;
  }

  // Values that go pixel by pixel with the result.
  bool are_flat(const Group& group) const {
    const auto& shape = group.anchor->call.out[0].shape;
    for (const auto* call : group.epilogue)
      for (const auto value : call->in) {
        const auto where = beside(graph_.shape(value), shape);
        if ((where == Beside::whole || where == Beside::pixel) && value != group.anchor->out[0] &&
            !is_inside(group, value) && !layout(value).is_flat())
          return false;
      }
    return layout(group.result()).is_flat();
  }

  static bool is_inside(const Group& group, Value value) {
    return std::ranges::any_of(group.epilogue,
                               [&](const Made* call) { return call->out[0] == value; });
  }

  void complete_matrix(const Group& group, Schedule& s) const {
    const auto shape = matrix_shape(graph_, *group.anchor);
    if (shape.conv)
      choose_input(group, input_bytes(shape, s.kernel), s);
    else
      s.input = layout(group.anchor->in[0]);
    s.flat = !s.in_strip && shape.is_pointwise() && s.input.is_flat() && are_flat(group);
    choose_tile(shape, choice_for(group), s);
    if (!shape.constant_weights)
      s.own_bytes += shape.batches * ceil_div(shape.channels, s.lanes) * s.lanes * shape.depth * 4;
  }

  void choose_tile(const MatrixShape& shape, const Choice* known, Schedule& s) const {
    const auto window = window_of(shape, s.input);
    Field field{1, shape.pixels, shape.depth, shape.channels};
    if (!s.flat) field.rows = window.batch * window.out_rows, field.columns = window.out_columns;
    const auto most_rows =
        s.flat ? 1 : static_cast<int>(std::min<int64_t>(window.out_rows, s.most_rows));
    const auto element_bytes = input_bytes(shape, s.kernel);
    const bool few = collides(s.input, window.column_stride, element_bytes);
    if (takes_tiles(s.kernel)) {
      fill_tiles(field, most_rows, s);
    } else if (known && known->outputs == 0 && known->rows <= most_rows &&
               is_legal(*known, *gemm_row())) {
      s.rows = known->rows;
      s.columns = even_columns(field.columns, known->columns);
      s.vectors = static_cast<int>(
          std::min<int64_t>(known->vectors, ceil_div(shape.channels, target_.lanes)));
    } else {
      best_tile(field, s.kernel, most_rows, s, few ? 8 : 64);
    }
    const bool is_pairs = shape.integers && element_bytes == 2;
    const auto tile_bytes = std::max<int64_t>(
        1, int64_t{s.rows} * s.columns * shape.depth * (is_pairs ? 4 : element_bytes));
    const auto in_row = ceil_div(field.columns, s.columns);
    const auto tiles = s.flat ? in_row : ceil_div(window.out_rows, s.rows);
    const auto most = pixels_bytes(shape) / tile_bytes / (s.flat ? 1 : in_row);
    // Blocks of one size: threads share them.
    s.block = even_share(tiles, most);
    choose_parts(shape, s, tiles, in_row);
  }

  // Two tiles of inputs share what is loaded of the weights, and those what is loaded of them: up
  // to 16 outputs of two rows where rows are short, else up to 32 of one.
  void fill_tiles(const Field& field, int most_rows, Schedule& s) const {
    constexpr int64_t tile_rows = 16;
    const bool two = field.columns <= tile_rows && most_rows > 1;
    s.rows = two ? 2 : 1;
    s.columns = even_columns(field.columns, two ? tile_rows : 2 * tile_rows);
    s.vectors = static_cast<int>((field.channels > tile_rows ? 2 : 1) * tile_rows / target_.lanes);
  }

  // Bytes of the inputs that meet all weights before the next: half of the second-level cache, the
  // rest is for weights and results. Few where the weights stay in the cache anyway, so that
  // results, and what is added to them, are gone through pixel by pixel.
  int64_t pixels_bytes(const MatrixShape& shape) const {
    const bool weights_stay = shape.depth * shape.channels * 4 <= target_.l2_bytes / 4;
    return target_.l2_bytes / (weights_stay ? 16 : 2);
  }

  // Where weights come from far away, once for every block of pixels, a part of the depth at a time
  // lets blocks be larger: `tiles` of pixels, or of rows, which have `in_row` each.
  void choose_parts(const MatrixShape& shape, Schedule& s, int64_t tiles, int64_t in_row) const {
    if (shape.integers || takes_tiles(s.kernel) || !shape.constant_weights || shape.groups > 1 ||
        shape.batches > 1 || s.in_strip || s.input.blocks() > 1)
      return;
    const auto width = int64_t{s.vectors} * s.lanes;
    const auto panel_bytes = shape.depth * width * 4;
    const auto l2_bytes = int64_t{target_.l2_bytes};
    if (shape.depth * shape.channels * 4 <= l2_bytes ||
        (s.block >= tiles && panel_bytes < l2_bytes / 4))
      return;
    constexpr int64_t most_depth = 512;
    constexpr int64_t most_sums = 64 << 10;
    constexpr int64_t most_panels = 8;
    const auto run = s.input.channels;
    while (shape.depth / s.parts > most_depth && run % (2 * s.parts) == 0) s.parts *= 2;
    if (s.parts == 1) return;
    const auto in_tile = int64_t{s.rows} * s.columns;
    const auto most = l2_bytes / 2 / (in_tile * shape.depth / s.parts * 4) / (s.flat ? 1 : in_row);
    s.block = even_share(tiles, most);
    // A block that ends inside a tile of rows has tiles of one row.
    const auto in_block = s.flat ? s.block : (s.block + s.rows - 1) * in_row;
    const auto sums = in_block * in_tile * width * 4;
    s.panels = fair_share(ceil_div(shape.channels, width), std::min(most_sums / sums, most_panels),
                          ceil_div(tiles, s.block));
    s.ring_bytes = s.panels * sums;
  }

  // Sets the tile that costs least, and returns its cycles.
  double best_tile(const Field& field, std::string_view kernel, int most_rows, Schedule& s,
                   int most_pixels = 64) const {
    const auto all_vectors = ceil_div(field.channels, target_.lanes);
    double best = std::numeric_limits<double>::infinity();
    for (const auto& tile : tiles_for(kernel, target_)) {
      if (tile.rows > std::min(most_rows, most_pixels)) continue;
      const auto vectors = static_cast<int>(std::min<int64_t>(tile.vectors, all_vectors));
      const auto columns =
          even_columns(field.columns, std::min(tile.columns, most_pixels / tile.rows));
      const auto cycles = field_cycles(field, machine_, tile.rows, columns, vectors);
      if (cycles >= best) continue;
      best = cycles;
      s.rows = tile.rows;
      s.columns = columns;
      s.vectors = vectors;
    }
    return best;
  }

  void complete_depthwise(const Group& group, Schedule& s) const {
    const auto type = group.anchor->call.in[0].dtype;
    // Products of pairs are an instruction on x86.
    const auto of_bytes = target_.arch == Arch::x86_64 ? "depthwise/pairs" : "depthwise/shorts";
    const auto* row = find_row(is_float(type) ? "depthwise/fma" : of_bytes, print(type), target_);
    // Those of quads too, of weights that have 8 bits.
    const auto* quads = find_row("depthwise/quads", print(type), target_);
    if (quads && has_byte_weights(*group.anchor)) row = quads;
    CHECK(row);
    const auto c = conv_shape(group.anchor->call);
    s.kernel = row->name;
    choose_input(group, size_of(type), s);
    auto tile = tiles_for(row->name, target_).front();
    // Large windows make long code: smaller tiles keep clang quick.
    const bool is_large = c.kernel_rows * c.kernel_columns > 9;
    if (is_large) tile.columns = std::min(tile.columns, 4);
    // Two rows share what they load where loading takes time of its own.
    const bool shares_rows = c.row_stride == 1 && c.column_stride == 1 &&
                             (row->name != "depthwise/quads" || c.row_dilation == 1) &&
                             !(is_large && machine_.beside);
    s.rows = c.out_rows > 1 && shares_rows ? std::min(tile.rows, s.most_rows) : 1;
    // Fewer sums would wait for themselves.
    if (is_float(type) && !shares_rows) tile.columns *= tile.rows;
    s.vectors = static_cast<int>(std::min<int64_t>(
        tile.vectors, std::max<int64_t>(ceil_div(c.channels, s.lanes), row->vectors.from)));
    s.columns = even_columns(c.out_columns, tile.columns * tile.vectors / s.vectors);
  }

  static constexpr size_t most_candidates = 6;

  const Graph& graph_;
  const Target& target_;
  const Tuning* tuning_;
  KernelMachine machine_;
  Scheduled all_;
};

}  // namespace

Scheduled make_schedule(const Graph& graph, const Target& target, const Tuning* tuning) {
  return Scheduler(graph, target, tuning).run();
}

std::string layer_key(const Graph& graph, const Group& group) {
  const auto& made = *group.anchor;
  if (work_of(graph, made) != Work::matrix) return {};
  const auto shape = matrix_shape(graph, made);
  if (shape.integers || !shape.constant_weights) return {};
  auto key = fmt::format("{} {}x{}->{}", made.op(), shape.pixels, shape.depth, shape.channels);
  if (shape.conv) {
    const auto& c = *shape.conv;
    key = fmt::format("conv {}x{} s{}x{} d{}x{} g{} {}->{}", c.kernel_rows, c.kernel_columns,
                      c.row_stride, c.column_stride, c.row_dilation, c.column_dilation, c.groups,
                      print(made.call.in[0].shape), print(made.call.out[0].shape));
  }
  for (const auto& type : {made.call.in[0].dtype, shape.weights})
    if (type != DType::f32) key += fmt::format(" {}", print(type));
  for (const auto* call : group.epilogue) key += fmt::format(" +{}", call->op());
  return key;
}

std::vector<Choice> candidates_of(const Graph& graph, const Group& group, const Target& target) {
  return Scheduler(graph, target, nullptr).candidates(group);
}

WinogradShape winograd_shape(const ConvShape& c, const Schedule& s) {
  WinogradShape w;
  w.taps = s.outputs + 2;
  w.batch = c.batch;
  w.tile_rows = ceil_div(c.out_rows, s.outputs);
  w.tile_columns = ceil_div(c.out_columns, s.outputs);
  w.block = s.block;
  w.input_step = ceil_div(c.channels, s.lanes) * s.lanes;
  w.output_step = ceil_div(c.out_channels, s.lanes) * s.lanes;
  // A cache line more keeps planes from standing a power of two apart.
  w.input_plane = w.block * w.input_step + 16;
  w.output_plane = w.block * w.output_step + 16;
  return w;
}

std::string_view print_kernel(const Schedule& s) {
  if (s.kind == Kind::winograd) return s.outputs == 4 ? "winograd/four" : "winograd/two";
  if (!s.kernel.empty()) return s.kernel;
  switch (s.kind) {
    case Kind::view:
      return "view";
    case Kind::elements:
    case Kind::rows:
      return "elements";
    case Kind::mean:
      return "mean";
    case Kind::reduce:
      return "reduce";
    case Kind::concat:
      return "concat";
    default:
      return "portable";
  }
}

int64_t columns_beyond(const Window& w) {
  const auto reach = (w.out_columns - 1) * w.column_stride - w.left +
                     (w.kernel_columns - 1) * w.column_dilation + 1;
  return std::max<int64_t>(0, reach - w.columns);
}

bool MatrixShape::is_pointwise() const {
  if (!conv) return true;
  return conv->kernel_rows == 1 && conv->kernel_columns == 1 && conv->row_stride == 1 &&
         conv->column_stride == 1 && conv->top + conv->bottom + conv->left + conv->right == 0;
}

Window window_of(const MatrixShape& shape, const MemoryLayout& input) {
  if (shape.conv) return static_cast<const Window&>(*shape.conv);
  return {.batch = input.pictures,
          .rows = input.rows,
          .columns = input.columns,
          .channels = input.channels,
          .kernel_rows = 1,
          .kernel_columns = 1,
          .out_rows = input.rows,
          .out_columns = input.columns};
}

int64_t bytes_at_once(std::string_view kernel) {
  const auto row = std::ranges::find(kernel_rows(), kernel, &KernelRow::name);
  if (row == kernel_rows().end()) return 0;
  return row->layout == "eights" ? 8 : row->layout == "quads" ? 4 : 0;
}

bool takes_tiles(std::string_view kernel) { return kernel == "gemm/amx"; }

int64_t tile_step(DType type) { return 64 / size_of(type); }

int64_t wanted_gap(const Graph& graph, const Made& made, std::string_view kernel) {
  if (!takes_tiles(kernel) || made.op() != "conv") return 0;
  const auto channels = graph.shape(made.in[0]).back();
  const auto step = tile_step(made.call.in[0].dtype);
  return ceil_div(channels, step) * step - channels;
}

MemoryLayout copied_layout(const Graph& graph, const Made& made, std::string_view kernel,
                           const MemoryLayout& like) {
  const auto conv = conv_shape(made.call);
  const auto& type = made.call.in[0];
  return gap_layout(padded_layout(type.shape, like, conv.left, columns_beyond(conv)),
                    wanted_gap(graph, made, kernel), type.dtype);
}

bool reads_as_it_lies(const Graph& graph, const Made& made, std::string_view kernel,
                      const MemoryLayout& layout) {
  const auto conv = conv_shape(made.call);
  const auto right = columns_beyond(conv);
  if (layout.gap < wanted_gap(graph, made, kernel) || layout.left < conv.left ||
      layout.right < right || (conv.left + right > 0 && layout.fill != made.i("x_zero")))
    return false;
  return reads_in_place(made, kernel);
}

bool reads_in_place(const Made& made, std::string_view kernel) {
  if (takes_elements_of_value(made, kernel)) return true;
  const auto step = bytes_at_once(kernel);
  if (step == 0 || conv_shape(made.call).group_channels() % step != 0) return false;
  return kernel != "gemm/dot" || made.call.in[0].dtype == DType::i8;
}

bool takes_elements_of_value(const Made& made, std::string_view kernel) {
  return made.call.out[0].dtype != DType::i32 || !kernel.starts_with("gemm/") ||
         takes_tiles(kernel);
}

bool has_byte_weights(const Made& made) {
  return made.call.in[1].dtype == DType::i8 && made.i("w_zero") == 0;
}

MatrixShape matrix_shape(const Graph& graph, const Made& made) {
  MatrixShape shape;
  shape.constant_weights = graph.constant_of(made.in[1]) != nullptr;
  shape.input = made.call.in[0].dtype;
  if (shape.constant_weights && is_float(made.call.in[1].dtype))
    shape.weights = made.call.in[1].dtype;
  if (made.op() == "conv") {
    shape.conv = conv_shape(made.call);
    shape.pixels = shape.conv->batch * shape.conv->out_rows * shape.conv->out_columns;
    shape.groups = shape.conv->groups;
    shape.depth =
        shape.conv->kernel_rows * shape.conv->kernel_columns * shape.conv->group_channels();
    shape.channels = shape.conv->group_outputs();
    shape.integers = made.call.out[0].dtype == DType::i32;
    return shape;
  }
  const auto& a = made.call.in[0].shape;
  const auto& b = made.call.in[1].shape;
  const auto& out = made.call.out[0].shape;
  shape.depth = a.back();
  shape.channels = b.back();
  const auto all = count(out) / shape.channels;
  if (count(b) == shape.depth * shape.channels) {
    shape.pixels = all;
    return shape;
  }
  shape.pixels = a[a.size() - 2];
  shape.batches = all / shape.pixels;
  return shape;
}

uint64_t flops_of(const Graph& graph, const Group& group) {
  const auto& made = *group.anchor;
  const auto results = static_cast<uint64_t>(count(made.call.out[0].shape));
  if (group.is_view) return 0;
  if (made.op() == "conv") {
    const auto c = conv_shape(made.call);
    return 2 * results *
           static_cast<uint64_t>(c.kernel_rows * c.kernel_columns * c.group_channels());
  }
  if (made.op() == "matmul")
    return 2 * results * static_cast<uint64_t>(matrix_shape(graph, made).depth);
  return results * (1 + group.epilogue.size());
}

uint64_t bytes_of(const Graph& graph, const Group& group) {
  if (group.is_view) return 0;
  int64_t bytes = 0;
  for (const auto value : group.inputs) bytes += size_bytes(graph.type(value));
  for (const auto value : group.outputs) bytes += size_bytes(graph.type(value));
  return static_cast<uint64_t>(bytes);
}

std::string describe(const Graph& graph, const Group& group) {
  const auto& made = *group.anchor;
  std::string text(made.op());
  if (made.op() == "conv") {
    const auto c = conv_shape(made.call);
    text = fmt::format("{} {}x{}", c.is_depthwise() ? "depthwise" : "conv", c.kernel_rows,
                       c.kernel_columns);
    if (c.row_stride != 1 || c.column_stride != 1)
      text += fmt::format("/{}", std::max(c.row_stride, c.column_stride));
  }
  text += fmt::format(" {}->{}", print(made.call.in[0].shape),
                      print(graph.shape(group.outputs.front())));
  for (const auto* call : group.epilogue) text += fmt::format(" +{}", call->op());
  return text;
}

}  // namespace turnstone
