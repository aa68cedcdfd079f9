#include "codegen/layout.h"

#include <algorithm>
#include <set>

#include "codegen/schedule.h"

namespace turnstone {

bool MemoryLayout::is_flat() const {
  return ring == 0 && left + right == 0 && (rows == 1 || row_step == columns * column_step) &&
         (pictures == 1 || picture_step == rows * columns * column_step);
}

bool MemoryLayout::is_plain() const {
  return first == 0 && is_channels_last() && column_step == channels && is_flat();
}

namespace {

MemoryLayout extents_of(const Shape& shape) {
  MemoryLayout layout;
  if (shape.size() == 4) {
    layout.pictures = shape[0];
    layout.rows = shape[1];
    layout.columns = shape[2];
    layout.channels = shape[3];
  } else if (!shape.empty()) {
    layout.channels = shape.back();
    layout.columns = count({shape.begin(), shape.end() - 1});
  }
  return layout;
}

// Sets the steps of channels last, `column_step` apart.
void set_steps(MemoryLayout& layout, int64_t column_step) {
  layout.block = layout.channels;
  layout.block_step = layout.channels;
  layout.column_step = column_step;
  layout.row_step = (layout.left + layout.columns + layout.right) * column_step;
  layout.picture_step = layout.rows * layout.row_step;
  layout.first = layout.left * column_step;
  layout.elements = layout.pictures * layout.picture_step;
}

}  // namespace

MemoryLayout plain_layout(const Shape& shape) { return margin_layout(shape, 0, 0); }

MemoryLayout margin_layout(const Shape& shape, int64_t left, int64_t right) {
  auto layout = extents_of(shape);
  layout.left = left;
  layout.right = right;
  set_steps(layout, layout.channels);
  return layout;
}

MemoryLayout plane_layout(const Shape& shape, int64_t left, int64_t right) {
  auto layout = extents_of(shape);
  layout.left = left;
  layout.right = right;
  layout.block = 1;
  layout.column_step = 1;
  layout.block_step = left + layout.columns + right;
  layout.row_step = layout.channels * layout.block_step;
  layout.picture_step = layout.rows * layout.row_step;
  layout.first = left;
  layout.elements = layout.pictures * layout.picture_step;
  return layout;
}

MemoryLayout padded_layout(const Shape& shape, const MemoryLayout& like, int64_t left,
                           int64_t right) {
  return like.is_channels_last() ? margin_layout(shape, left, right)
                                 : plane_layout(shape, left, right);
}

MemoryLayout gap_layout(MemoryLayout layout, int64_t gap, DType type) {
  if (gap == 0) return layout;
  CHECK(layout.is_channels_last());
  layout.gap = gap;
  layout.clears_gap = is_float(type);
  set_steps(layout, layout.channels + gap);
  return layout;
}

MemoryLayout ring_layout(MemoryLayout layout, int64_t rows) {
  layout.ring = rows;
  layout.elements = rows * layout.row_step;
  return layout;
}

namespace {

// Adds "index * step" to a sum unless it is zero.
void add_term(std::string& sum, std::string_view index, int64_t step) {
  if (index.empty() || index == "0" || step == 0) return;
  const bool compound = index.find_first_of(" +-*/%") != index.npos;
  const auto factor = compound ? fmt::format("({})", index) : std::string(index);
  sum += fmt::format("{}{}", sum.empty() ? "" : " + ",
                     step == 1 ? factor : fmt::format("{} * {}", factor, step));
}

}  // namespace

std::string offset_text(const MemoryLayout& layout, std::string_view picture, std::string_view row,
                        std::string_view column, std::string_view channel) {
  std::string sum;
  if (layout.pictures > 1 && layout.ring == 0) add_term(sum, picture, layout.picture_step);
  if (layout.ring > 1 && row != "0")
    add_term(sum, fmt::format("({}) % {}", row, layout.ring), layout.row_step);
  else if (layout.ring == 0)
    add_term(sum, row, layout.row_step);
  add_term(sum, column, layout.column_step);
  add_term(sum, channel, 1);
  return sum.empty() ? "0" : sum;
}

MemoryLayout MemoryLayouts::find(const Graph& graph, Value value) const {
  const auto found = of.find(value);
  return found == of.end() ? plain_layout(graph.shape(value)) : found->second;
}

bool MemoryLayouts::stands_alone(Value value) const {
  return !inside.contains(value) &&
         std::ranges::none_of(inside, [&](const auto& entry) { return entry.second == value; });
}

Value MemoryLayouts::memory_of(Value value) const {
  auto found = inside.find(value);
  while (found != inside.end()) {
    value = found->second;
    found = inside.find(value);
  }
  return value;
}

namespace {

using Kind = Schedule::Kind;

// Who makes a value and who reads it.
struct Uses {
  int64_t maker = -1;           // group, or -1 for inputs and constants
  std::vector<size_t> readers;  // groups
  bool is_port = false;         // an output of the graph
};

class Chooser {
 public:
  Chooser(const Graph& graph, const std::vector<Group>& groups, std::vector<Schedule>& schedules)
      : graph_(graph), groups_(groups), schedules_(schedules), uses_(graph.value_count()) {
    for (size_t g = 0; g < groups.size(); ++g) {
      for (const auto value : groups[g].outputs) uses(value).maker = static_cast<int64_t>(g);
      for (const auto value : groups[g].inputs) uses(value).readers.push_back(g);
    }
    for (const auto& port : graph.outputs()) uses(port.value).is_port = true;
  }

  MemoryLayouts run() {
    share_reshapes();
    take_planes();
    find_slices();
    for (size_t g = groups_.size(); g-- > 0;)
      if (schedules_[g].kind == Kind::concat) place_parts(g);
    for (size_t g = 0; g < groups_.size(); ++g)
      if (makes_layouts(g)) give_margins(groups_[g].result());
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (schedules_[g].kind == Kind::slice) show_slice(g);
      if (schedules_[g].kind == Kind::concat) show_blocks(g);
    }
    return std::move(layouts_);
  }

 private:
  Uses& uses(Value value) { return uses_[static_cast<size_t>(value.id)]; }
  const Uses& uses(Value value) const { return uses_[static_cast<size_t>(value.id)]; }

  // A reshape shows the memory of what it reads, which is plain.
  void share_reshapes() {
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (!groups_[g].is_view) continue;
      layouts_.inside[groups_[g].result()] = groups_[g].inputs.front();
      pinned_.insert(groups_[g].result());
      pinned_.insert(groups_[g].inputs.front());
    }
  }

  // Channels of this value, seen from the first of some on.
  static MemoryLayout part_of(MemoryLayout layout, int64_t from, int64_t channels) {
    layout.channels = layout.block = channels;
    layout.first += from;
    layout.left = layout.right = layout.gap = 0;
    layout.clears_gap = false;
    layout.elements = 0;
    return layout;
  }

  // Batches of products are counted through all pixels.
  bool is_batched(size_t g) const {
    const auto& made = *groups_[g].anchor;
    return made.op() == "matmul" && matrix_shape(graph_, made).batches > 1;
  }

  bool makes_layouts(size_t g) const {
    const auto kind = schedules_[g].kind;
    if (kind == Kind::matrix && is_batched(g)) return false;
    return kind == Kind::matrix || kind == Kind::winograd || kind == Kind::depthwise ||
           kind == Kind::rows || kind == Kind::pool;
  }

  // Whether the group can read the value however its columns stand.
  bool takes_layouts(size_t g, Value value) const {
    const auto& group = groups_[g];
    const auto& made = *group.anchor;
    switch (schedules_[g].kind) {
      case Kind::pool:
      case Kind::mean:
      case Kind::reduce:
      case Kind::concat:
      case Kind::slice:
        return true;
      case Kind::rows:
        return beside(graph_.shape(value), graph_.shape(group.result())) == Beside::whole;
      case Kind::matrix:
        // Batched products and weights that the model computes are read as they are.
        if (is_batched(g)) return false;
        [[fallthrough]];
      case Kind::winograd:
      case Kind::depthwise:
        return std::count(made.in.begin() + 1, made.in.end(), value) == 0 &&
               (made.in[0] == value ||
                beside(graph_.shape(value), made.call.out[0].shape) == Beside::whole) &&
               !is_also_spread(group, value);
      default:
        return false;
    }
  }

  // Whether the end of the group reads the value in another way than element by element.
  bool is_also_spread(const Group& group, Value value) const {
    return std::ranges::any_of(group.epilogue, [&](const Made* call) {
      return std::count(call->in.begin(), call->in.end(), value) > 0 &&
             beside(graph_.shape(value), call->call.out[0].shape) != Beside::whole;
    });
  }

  bool is_free(Value value) const {
    return !pinned_.contains(value) && !uses(value).is_port && uses(value).maker >= 0 &&
           !layouts_.of.contains(value) && std::ranges::all_of(uses(value).readers, [&](size_t g) {
             return takes_layouts(g, value);
           });
  }

  // A picture that comes as planes is read as planes by the convolutions that begin a model.
  void take_planes() {
    for (size_t g = 0; g < groups_.size(); ++g) {
      const auto& made = *groups_[g].anchor;
      const auto value = groups_[g].result();
      if (made.op() != "transpose" || !groups_[g].epilogue.empty() || uses(value).is_port ||
          !graph_.is_input(made.in[0]) || made.ints("axes") != std::vector<int64_t>{0, 2, 3, 1} ||
          pinned_.contains(value) || graph_.type(value).dtype != DType::f32)
        continue;
      if (!std::ranges::all_of(uses(value).readers,
                               [&](size_t r) { return reads_planes(r, value); }))
        continue;
      const auto& shape = graph_.shape(value);
      auto layout = plane_layout(shape, 0, 0);
      layout.row_step = layout.columns;
      layout.block_step = layout.rows * layout.columns;
      layout.elements = 0;
      layouts_.of[value] = layout;
      layouts_.inside[value] = made.in[0];
      schedules_[g] = Schedule{.kind = Kind::view};
    }
  }

  // Few channels only: each is a run of its own.
  bool reads_planes(size_t g, Value value) const {
    const auto& made = *groups_[g].anchor;
    return schedules_[g].kind == Kind::matrix && made.op() == "conv" && made.in[0] == value &&
           made.i("groups") == 1 &&
           std::count(groups_[g].inputs.begin(), groups_[g].inputs.end(), value) == 1 &&
           graph_.shape(value).back() <= 4;
  }

  // Some channels of a value are read where they are, when all that read them can.
  void find_slices() {
    for (size_t g = 0; g < groups_.size(); ++g) {
      const auto& made = *groups_[g].anchor;
      const auto value = groups_[g].result();
      if (made.op() != "slice" || !is_some_channels(made) || pinned_.contains(value) ||
          uses(value).is_port || graph_.constant_of(made.in[0]))
        continue;
      if (std::ranges::all_of(uses(value).readers,
                              [&](size_t reader) { return takes_layouts(reader, value); }))
        schedules_[g].kind = Kind::slice;
    }
  }

  static bool is_some_channels(const Made& slice) {
    const auto& shape = slice.call.in[0].shape;
    for (size_t d = 0; d < shape.size(); ++d) {
      const bool last = d + 1 == shape.size();
      if (slice.ints("steps")[d] != 1) return false;
      if (!last && (slice.ints("starts")[d] != 0 || slice.ints("extents")[d] != shape[d]))
        return false;
    }
    return !shape.empty() && slice.ints("extents").back() > 0;
  }

  void show_slice(size_t g) {
    const auto& made = *groups_[g].anchor;
    const auto value = groups_[g].result();
    const auto whole = layouts_.find(graph_, made.in[0]);
    auto layout = part_of(whole, made.ints("starts").back(), made.ints("extents").back());
    // Whoever made the whole has written its margins.
    layout.left = whole.left;
    layout.right = whole.right;
    layouts_.of[value] = layout;
    layouts_.inside[value] = made.in[0];
    schedules_[g] = Schedule{.kind = Kind::view};
  }

  // Slices of one value at one distance, side by side, are read where they are by products.
  void show_blocks(size_t g) {
    const auto whole = groups_[g].result();
    const auto& parts = groups_[g].anchor->in;
    if (!is_free(whole) || parts.size() < 2) return;
    if (!std::ranges::all_of(uses(whole).readers,
                             [&](size_t reader) { return reads_blocks(reader, whole); }))
      return;
    const auto first = layouts_.find(graph_, parts[0]);
    const auto distance = layouts_.find(graph_, parts[1]).first - first.first;
    for (size_t i = 0; i < parts.size(); ++i) {
      const auto* slice = graph_.made_by(parts[i], "slice");
      const auto layout = layouts_.find(graph_, parts[i]);
      if (!slice || !layouts_.inside.contains(parts[i]) ||
          slice->in[0] != graph_.made_by(parts[0])->in[0] || layout.channels != first.channels ||
          layout.first != first.first + static_cast<int64_t>(i) * distance)
        return;
    }
    auto layout = first;
    layout.channels = graph_.shape(whole).back();
    layout.block_step = distance;
    layouts_.of[whole] = layout;
    layouts_.inside[whole] = parts[0];
    schedules_[g] = Schedule{.kind = Kind::view};
  }

  bool reads_blocks(size_t g, Value value) const {
    const auto& group = groups_[g];
    if (schedules_[g].kind != Kind::matrix || group.anchor->in[0] != value) return false;
    const auto shape = matrix_shape(graph_, *group.anchor);
    return schedules_[g].kernel == "gemm/fma" && shape.is_pointwise() && shape.groups == 1 &&
           shape.batches == 1 && shape.constant_weights &&
           std::ranges::none_of(group.epilogue, [&](const Made* call) {
             return std::count(call->in.begin(), call->in.end(), value) > 0;
           });
  }

  // Parts of a concatenation of channels are made where they belong. Parts that begin several
  // concatenations stand in the largest of them, and the smaller ones are seen there.
  void place_parts(size_t g) {
    const auto whole = groups_[g].result();
    const auto& parts = groups_[g].anchor->in;
    if (is_free(whole) && show_parts(whole, parts)) {
      schedules_[g] = Schedule{.kind = Kind::view};
      return;
    }
    auto layout = is_free(whole) ? wanted_margins(whole) : layouts_.find(graph_, whole);
    int64_t at = 0;
    bool all = true;
    bool any = false;
    for (const auto part : parts) {
      const auto channels = graph_.shape(part).back();
      if (std::count(parts.begin(), parts.end(), part) == 1 && can_stand_inside(part)) {
        layouts_.of[part] = part_of(layout, at, channels);
        layouts_.inside[part] = whole;
        any = true;
      } else {
        all = false;
      }
      at += channels;
    }
    if (any && is_free(whole)) layouts_.of[whole] = layout;
    if (all && !layout.has_margins()) schedules_[g] = Schedule{.kind = Kind::view};
  }

  bool can_stand_inside(Value part) const {
    if (!is_free(part)) return false;
    const auto maker = static_cast<size_t>(uses(part).maker);
    return makes_layouts(maker) || schedules_[maker].kind == Kind::concat;
  }

  // The parts may already stand one behind the other in the memory of another value.
  bool show_parts(Value whole, const std::vector<Value>& parts) {
    const auto front = layouts_.of.find(parts.front());
    if (front == layouts_.of.end() || !layouts_.inside.contains(parts.front())) return false;
    int64_t at = front->second.first;
    for (const auto part : parts) {
      const auto found = layouts_.of.find(part);
      if (found == layouts_.of.end() || found->second.first != at ||
          layouts_.memory_of(part) != layouts_.memory_of(parts.front()))
        return false;
      at += found->second.channels;
    }
    auto layout = front->second;
    layout.channels = layout.block = graph_.shape(whole).back();
    layouts_.of[whole] = layout;
    layouts_.inside[whole] = layouts_.memory_of(parts.front());
    return true;
  }

  // What the readers of a value would like at the ends of its rows and of its pixels.
  MemoryLayout wanted_margins(Value value) const {
    int64_t left = 0;
    int64_t right = 0;
    int64_t fill = 0;
    int64_t gap = 0;
    for (const auto g : uses(value).readers) {
      const auto& made = *groups_[g].anchor;
      if (made.in[0] == value) gap = std::max(gap, wanted_gap(graph_, made, schedules_[g].kernel));
      if (schedules_[g].kind == Kind::slice) {
        const auto wanted = wanted_margins(groups_[g].result());
        if (wanted.fill != fill) continue;
        left = std::max(left, wanted.left);
        right = std::max(right, wanted.right);
      }
      if (made.op() != "conv" || made.in[0] != value || !reads_margins(g)) continue;
      const auto shape = conv_shape(made.call);
      if (shape.left == 0 && columns_beyond(shape) == 0) continue;
      // Convolutions that take another number for zero have to copy.
      if (left + right > 0 && fill != made.i("x_zero")) continue;
      fill = made.i("x_zero");
      left = std::max(left, shape.left);
      right = std::max(right, columns_beyond(shape));
    }
    const auto& type = graph_.type(value);
    auto layout = gap_layout(margin_layout(type.shape, left, right), gap, type.dtype);
    layout.fill = fill;
    return layout;
  }

  // Whether margins keep the group from copying its input: most products of integers do anyway.
  bool reads_margins(size_t g) const {
    const auto kind = schedules_[g].kind;
    return kind == Kind::depthwise ||
           (kind == Kind::matrix && reads_in_place(*groups_[g].anchor, schedules_[g].kernel));
  }

  void give_margins(Value value) {
    if (!is_free(value) || graph_.type(value).rank() != 4) return;
    const auto layout = wanted_margins(value);
    if (layout.has_margins() || layout.gap > 0) layouts_.of[value] = layout;
  }

  const Graph& graph_;
  const std::vector<Group>& groups_;
  std::vector<Schedule>& schedules_;
  std::vector<Uses> uses_;
  std::set<Value> pinned_;  // plain, whatever others would like
  MemoryLayouts layouts_;
};

}  // namespace

MemoryLayouts make_layouts(const Graph& graph, const std::vector<Group>& groups,
                           std::vector<Schedule>& schedules) {
  return Chooser(graph, groups, schedules).run();
}

}  // namespace turnstone
