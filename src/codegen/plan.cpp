#include "codegen/plan.h"

#include <algorithm>
#include <limits>
#include <set>

namespace turnstone {
namespace {

struct Block {
  int64_t bytes = 0;
  size_t from = 0;  // first and last group during which it is needed
  size_t to = 0;
  int64_t at = -1;
};

// Gives every block the lowest offset at which no block of the same time lies.
int64_t place_blocks(std::vector<Block>& blocks) {
  std::vector<Block*> order;
  for (auto& block : blocks) order.push_back(&block);
  std::stable_sort(order.begin(), order.end(),
                   [](const Block* a, const Block* b) { return a->bytes > b->bytes; });
  int64_t top = 0;
  std::vector<const Block*> placed;
  for (auto* block : order) {
    std::vector<const Block*> rivals;
    for (const auto* other : placed)
      if (other->from <= block->to && block->from <= other->to) rivals.push_back(other);
    std::sort(rivals.begin(), rivals.end(),
              [](const Block* a, const Block* b) { return a->at < b->at; });
    int64_t at = 0;
    for (const auto* rival : rivals) {
      if (rival->at - at >= block->bytes) break;
      at = std::max(at, rival->at + rival->bytes);
    }
    block->at = at;
    placed.push_back(block);
    top = std::max(top, at + block->bytes);
  }
  return top;
}

class Planner {
 public:
  Planner(const Graph& graph, const Scheduled& scheduled)
      : graph_(graph),
        groups_(scheduled.groups),
        schedules_(scheduled.schedules),
        layouts_(scheduled.layouts),
        strips_(scheduled.strips),
        attentions_(scheduled.attentions) {}

  Plan run() {
    for (size_t g = 0; g < groups_.size(); ++g) when_.push_back(g);
    for (const auto& strip : strips_) place_rings(strip);
    for (const auto& attention : attentions_) place_scores(attention);
    for (const auto& s : schedules_)
      plan_.ring_bytes = std::max(plan_.ring_bytes, whole_lines(s.ring_bytes));
    place_inputs();
    place_outputs();
    place_arena();
    return std::move(plan_);
  }

 private:
  void place_inputs() {
    for (size_t i = 0; i < graph_.inputs().size(); ++i)
      plan_.places[graph_.inputs()[i].value] = {Place::Kind::input, static_cast<int64_t>(i)};
    for (const auto& group : groups_)
      for (const auto value : group.inputs)
        if (graph_.constant_of(value)) plan_.places[value] = {Place::Kind::constant, 0};
  }

  void place_outputs() {
    for (size_t i = 0; i < graph_.outputs().size(); ++i) {
      const auto value = layouts_.memory_of(graph_.outputs()[i].value);
      if (graph_.constant_of(value)) plan_.places[value] = {Place::Kind::constant, 0};
      // What stands inside a larger value is copied out.
      if (plan_.places.contains(value) || is_part(graph_.outputs()[i].value))
        plan_.copies.emplace_back(i, graph_.outputs()[i].value);
      else
        plan_.places[value] = {Place::Kind::output, static_cast<int64_t>(i)};
    }
  }

  // All groups of a strip are at work when its last one is.
  void place_rings(const Strip& strip) {
    for (const auto& stage : strip.stages) {
      when_[stage.group] = strip.last_group();
      if (!stage.copies && stage.group != strip.last_group())
        plan_.places[groups_[stage.group].result()] = {Place::Kind::ring, stage.at};
    }
    plan_.ring_bytes = std::max(plan_.ring_bytes, whole_lines(strip.bytes));
  }

  // The softmax stands where the scores stood.
  void place_scores(const Attention& attention) {
    for (const auto g : {attention.scores, attention.softmax}) {
      when_[g] = attention.result;
      plan_.places[groups_[g].result()] = {Place::Kind::ring, 0};
    }
    plan_.ring_bytes = std::max(plan_.ring_bytes, whole_lines(attention.bytes()));
  }

  bool is_part(Value value) const {
    return size_bytes(graph_.type(layouts_.memory_of(value))) != size_bytes(graph_.type(value));
  }

  int64_t bytes_of_memory(Value value) const {
    return whole_lines(layouts_.find(graph_, value).elements * size_of(graph_.type(value).dtype));
  }

  void place_arena() {
    std::vector<Block> blocks;
    std::map<Value, size_t> block_of;
    const auto use = [&](Value value, size_t g) {
      const auto memory = layouts_.memory_of(value);
      if (plan_.places.contains(memory)) return;
      const auto [found, fresh] = block_of.emplace(memory, blocks.size());
      if (fresh) blocks.push_back({bytes_of_memory(memory), g, g});
      auto& block = blocks[found->second];
      block.from = std::min(block.from, g);
      block.to = std::max(block.to, g);
    };
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (schedules_[g].kind == Schedule::Kind::view) continue;
      for (const auto value : groups_[g].outputs) use(value, when_[g]);
      for (const auto value : groups_[g].inputs) use(value, when_[g]);
    }
    for (const auto& [to, value] : plan_.copies) use(value, groups_.size());
    const auto values = blocks.size();
    for (size_t g = 0; g < groups_.size(); ++g)
      if (schedules_[g].own_bytes > 0)
        blocks.push_back({whole_lines(schedules_[g].own_bytes), when_[g], when_[g]});
    plan_.arena_bytes = place_blocks(blocks);
    for (const auto& [value, block] : block_of)
      plan_.places[value] = {Place::Kind::arena, blocks[block].at};
    size_t next = values;
    for (const auto& schedule : schedules_)
      plan_.own.push_back(schedule.own_bytes > 0 ? blocks[next++].at : 0);
  }

  const Graph& graph_;
  const std::vector<Group>& groups_;
  const std::vector<Schedule>& schedules_;
  const MemoryLayouts& layouts_;
  const std::vector<Strip>& strips_;
  const std::vector<Attention>& attentions_;
  std::vector<size_t> when_;  // of each group, the group at whose time it works
  Plan plan_;
};

}  // namespace

Plan make_plan(const Graph& graph, const Scheduled& scheduled) {
  return Planner(graph, scheduled).run();
}

}  // namespace turnstone
