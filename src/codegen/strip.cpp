#include "codegen/strip.h"

#include <algorithm>

#include "codegen/schedule.h"

namespace turnstone {
namespace {

using Kind = Schedule::Kind;

bool may_stand_in_rings(DType type) {
  return type == DType::f32 || type == DType::bf16 || type == DType::u8 || type == DType::i8;
}

class Finder {
 public:
  Finder(const Graph& graph, const std::vector<Group>& groups,
         const std::vector<Schedule>& schedules, const Target& target, MemoryLayouts& layouts)
      : graph_(graph),
        groups_(groups),
        schedules_(schedules),
        target_(target),
        layouts_(layouts),
        taken_(groups.size(), false),
        readers_(readers_of(graph, groups)) {}

  std::vector<Strip> run() {
    std::vector<Strip> strips;
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (taken_[g]) continue;
      std::vector<size_t> chain = {g};
      while (chain.size() < most_groups && can_follow(chain.back())) {
        const auto next = readers_[index(groups_[chain.back()].result())].front();
        if (weights_bytes(chain) + weights_bytes({next}) > target_.l2_bytes / 4) break;
        chain.push_back(next);
      }
      if (chain.size() < 2) continue;
      strips.push_back(make(chain));
      for (const auto member : chain) taken_[member] = true;
    }
    return strips;
  }

 private:
  static constexpr size_t most_groups = 8;

  static size_t index(Value value) { return static_cast<size_t>(value.id); }

  // Work that knows rows.
  bool goes_by_rows(size_t g) const {
    const auto& group = groups_[g];
    const auto kind = schedules_[g].kind;
    if (kind != Kind::matrix && kind != Kind::depthwise && kind != Kind::rows) return false;
    const auto& type = graph_.type(group.result());
    if (!may_stand_in_rings(type.dtype) || type.rank() != 4 || type.shape[1] < 8) return false;
    if (kind != Kind::matrix) return true;
    // A ring has the elements of the value.
    const auto& made = *group.anchor;
    const auto kernel = schedules_[g].kernel;
    return matrix_shape(graph_, made).conv &&
           (takes_elements_of_value(made, kernel) || bytes_at_once(kernel) > 0);
  }

  // Whether all that becomes of the group's result is that one other group reads it, row by row,
  // and the result is too large to stay in the cache until then.
  bool can_follow(size_t g) const {
    const auto value = groups_[g].result();
    const auto& readers = readers_[index(value)];
    if (!goes_by_rows(g) || readers.size() != 1 || readers.front() >= groups_.size()) return false;
    // A ring has no memory that others could stand in.
    if (!layouts_.stands_alone(value)) return false;
    const auto next = readers.front();
    if (taken_[next] || !goes_by_rows(next)) return false;
    if (size_bytes(graph_.type(value)) < target_.l2_bytes / 3) return false;
    const auto& group = groups_[next];
    if (schedules_[next].kind == Kind::rows)
      return beside(graph_.shape(value), graph_.shape(group.result())) == Beside::whole;
    if (group.anchor->in[0] != value || copies_input(next)) return false;
    return std::ranges::none_of(group.epilogue, [&](const Made* call) {
      return std::count(call->in.begin(), call->in.end(), value) > 0;
    });
  }

  int64_t weights_bytes(const std::vector<size_t>& chain) const {
    int64_t bytes = 0;
    for (const auto g : chain)
      if (schedules_[g].kind == Kind::matrix) bytes += size_bytes(groups_[g].anchor->call.in[1]);
    return bytes;
  }

  RowWindow window_of_group(size_t g) const {
    if (schedules_[g].kind == Kind::rows) return {};
    const auto conv = conv_shape(groups_[g].anchor->call);
    return {conv.row_stride, conv.top, (conv.kernel_rows - 1) * conv.row_dilation + 1};
  }

  // Whether a group has to copy its input, to get margins or because elements are taken many at
  // once: only the first of a strip may.
  bool copies_input(size_t g) const {
    if (schedules_[g].kind == Kind::rows) return false;
    const auto& made = *groups_[g].anchor;
    return !reads_as_it_lies(graph_, made, schedules_[g].kernel, layouts_.find(graph_, made.in[0]));
  }

  Strip make(const std::vector<size_t>& chain) {
    Strip strip;
    const auto add = [&](size_t g, bool copies, RowWindow window, int64_t rows) {
      strip.stages.push_back({.group = g, .copies = copies, .window = window, .rows = rows});
    };
    if (copies_input(chain.front()))
      add(chain.front(), true, {}, graph_.shape(groups_[chain.front()].anchor->in[0])[1]);
    for (const auto g : chain)
      add(g, false, window_of_group(g), graph_.shape(groups_[g].result())[1]);
    set_rows(strip);
    return strip;
  }

  void set_rows(Strip& strip) {
    auto& stages = strip.stages;
    stages.back().kept = std::min<int64_t>(2, stages.back().rows);
    for (size_t i = stages.size() - 1; i-- > 0;) {
      const auto& next = stages[i + 1];
      auto& stage = stages[i];
      stage.kept = std::min(stage.rows, (next.kept - 1) * next.window.stride + next.window.reach);
      stage.at = strip.bytes;
      const auto& group = groups_[stage.group];
      if (stage.copies) {
        const auto& made = *group.anchor;
        const auto copied = copied_layout(graph_, made, schedules_[stage.group].kernel,
                                          layouts_.find(graph_, made.in[0]));
        const auto size = size_of(made.call.in[0].dtype);
        strip.bytes += whole_lines(ring_layout(copied, stage.kept).elements * size + 64);
      } else {
        const auto ring = ring_layout(layouts_.find(graph_, group.result()), stage.kept);
        layouts_.of[group.result()] = ring;
        const auto size = size_of(graph_.type(group.result()).dtype);
        strip.bytes += whole_lines(ring.elements * size + 64);
      }
    }
  }

  const Graph& graph_;
  const std::vector<Group>& groups_;
  const std::vector<Schedule>& schedules_;
  const Target& target_;
  MemoryLayouts& layouts_;
  std::vector<bool> taken_;
  std::vector<std::vector<size_t>> readers_;  // groups that read each value
};

}  // namespace

std::vector<Strip> make_strips(const Graph& graph, const std::vector<Group>& groups,
                               const std::vector<Schedule>& schedules, const Target& target,
                               MemoryLayouts& layouts) {
  return Finder(graph, groups, schedules, target, layouts).run();
}

}  // namespace turnstone
