#include "codegen/attention.h"

#include <algorithm>

#include "codegen/schedule.h"

namespace turnstone {
namespace {

using Kind = Schedule::Kind;

class Finder {
 public:
  Finder(const Graph& graph, const std::vector<Group>& groups, const MemoryLayouts& layouts,
         const Target& target, std::vector<Schedule>& schedules)
      : graph_(graph),
        groups_(groups),
        layouts_(layouts),
        target_(target),
        schedules_(schedules),
        made_by_(graph.value_count(), groups.size()),
        readers_(readers_of(graph, groups)) {
    for (size_t g = 0; g < groups.size(); ++g)
      for (const auto value : groups[g].outputs) made_by_[index(value)] = g;
  }

  std::vector<Attention> run() {
    std::vector<Attention> all;
    for (size_t g = 0; g < groups_.size(); ++g)
      if (auto found = around(g)) all.push_back(*found);
    return all;
  }

 private:
  static size_t index(Value value) { return static_cast<size_t>(value.id); }

  // A product of reals that runs over its pixels without regard to rows, all of its depth at once.
  bool is_plain_product(size_t g) const {
    const auto& s = schedules_[g];
    if (s.kind != Kind::matrix || s.in_strip || !s.flat || s.parts > 1 || takes_tiles(s.kernel))
      return false;
    const auto& made = *groups_[g].anchor;
    return made.op() == "matmul" && made.call.in[0].dtype == DType::f32;
  }

  bool is_softmax_of_rows(size_t g) const {
    const auto& made = *groups_[g].anchor;
    return made.op() == "softmax" && groups_[g].epilogue.empty() &&
           *normal_axis(made.i("axis"), made.call.in[0].rank()) == made.call.in[0].rank() - 1;
  }

  // The only group that reads what a group makes, which has memory of its own; or none.
  std::optional<size_t> reader_of(size_t g) const {
    const auto value = groups_[g].result();
    const auto& readers = readers_[index(value)];
    if (readers.size() != 1 || readers.front() >= groups_.size() || !layouts_.stands_alone(value) ||
        !layouts_.find(graph_, value).is_plain())
      return {};
    return readers.front();
  }

  // Whether it is the rows of scores that a product sums over, one batch of it for one of them.
  bool sums_over(size_t product, Value scores, const MatrixShape& from) const {
    const auto& group = groups_[product];
    const auto& made = *group.anchor;
    const auto& in = made.call.in[0].shape;
    const auto& out = made.call.out[0].shape;
    const auto shape = matrix_shape(graph_, made);
    const bool is_alone = std::ranges::none_of(group.epilogue, [&](const Made* call) {
      return std::ranges::find(call->in, scores) != call->in.end();
    });
    return made.in[0] == scores && made.in[1] != scores && is_alone &&
           shape.batches == from.batches && shape.pixels == from.pixels &&
           in.size() == out.size() && std::equal(in.begin(), in.end() - 1, out.begin());
  }

  std::optional<Attention> around(size_t softmax) {
    if (!is_softmax_of_rows(softmax)) return {};
    const auto scores = made_by_[index(groups_[softmax].anchor->in[0])];
    if (scores == groups_.size() || !is_plain_product(scores) || reader_of(scores) != softmax)
      return {};
    const auto result = reader_of(softmax);
    if (!result || !is_plain_product(*result)) return {};
    const auto shape = matrix_shape(graph_, *groups_[scores].anchor);
    const auto value = groups_[softmax].result();
    if (!sums_over(*result, value, shape)) return {};
    // What stays near anyway may as well be whole.
    const auto near_bytes = std::min(target_.l1_bytes, target_.l2_bytes / 3) * 3 / 4;
    if (size_bytes(graph_.type(value)) <= near_bytes) return {};
    Attention a{.scores = scores, .softmax = softmax, .result = *result};
    a.batches = shape.batches;
    a.rows = shape.pixels;
    a.row_bytes = shape.channels * 4;
    a.rows_of_tile = std::min(schedules_[scores].columns, schedules_[*result].columns);
    const auto tiles = ceil_div(a.rows, a.rows_of_tile);
    const auto near = near_bytes / (a.row_bytes * a.rows_of_tile);
    a.rows_at_once = even_share(tiles, near) * a.rows_of_tile;
    for (const auto g : {scores, softmax, *result}) schedules_[g].in_strip = true;
    for (const auto g : {scores, *result}) schedules_[g].columns = static_cast<int>(a.rows_of_tile);
    return a;
  }

  const Graph& graph_;
  const std::vector<Group>& groups_;
  const MemoryLayouts& layouts_;
  const Target& target_;
  std::vector<Schedule>& schedules_;
  std::vector<size_t> made_by_;               // the group that makes each value
  std::vector<std::vector<size_t>> readers_;  // groups that read each value
};

}  // namespace

std::vector<Attention> make_attentions(const Graph& graph, const std::vector<Group>& groups,
                                       const MemoryLayouts& layouts, const Target& target,
                                       std::vector<Schedule>& schedules) {
  return Finder(graph, groups, layouts, target, schedules).run();
}

}  // namespace turnstone
