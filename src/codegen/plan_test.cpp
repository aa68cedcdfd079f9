#include "codegen/plan.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/ops.h"
#include "ops/testing_graphs.h"

namespace turnstone {
namespace {

struct Planned {
  Graph graph;
  Scheduled scheduled;
  Plan plan;
};

Planned plan_of(Graph graph) {
  const auto target = find_target("x86_64_v3");
  EXPECT_TRUE(target);
  Planned p{std::move(graph), {}, {}};
  p.scheduled = make_schedule(p.graph, *target);
  p.plan = make_plan(p.graph, p.scheduled);
  return p;
}

Planned plan_of(const std::string& text) {
  auto graph = parse_graph(text, core_ops());
  EXPECT_TRUE(graph) << graph.error().text;
  return plan_of(graph ? std::move(*graph) : Graph(core_ops()));
}

Value output(const Planned& p, size_t i) { return p.graph.outputs()[i].value; }

// Walks through the groups and notes for every byte of the arena whose value stands there. A group
// may neither read a value that somebody has written over, nor write where it reads.
class Walk {
 public:
  explicit Walk(const Planned& p) : p_(p), bytes_(static_cast<size_t>(p.plan.arena_bytes), -1) {}

  void run() {
    const auto& groups = p_.scheduled.groups;
    const auto& schedules = p_.scheduled.schedules;
    for (size_t g = 0; g < groups.size(); ++g) {
      if (schedules[g].kind == Schedule::Kind::view) continue;
      const auto& group = groups[g];
      for (const auto value : group.outputs) write(value);
      if (schedules[g].own_bytes > 0) fill(p_.plan.own[g], schedules[g].own_bytes, scratch);
      for (const auto value : group.inputs) read(value);
      for (const auto value : group.outputs) read(value);
    }
    for (const auto& [to, value] : p_.plan.copies) read(value);
  }

 private:
  static constexpr int32_t scratch = -2;

  Value memory(Value value) const { return p_.scheduled.layouts.memory_of(value); }
  const Place& place(Value value) const { return p_.plan.places.at(memory(value)); }

  void fill(int64_t at, int64_t size, int32_t owner) {
    EXPECT_EQ(at % 64, 0);
    ASSERT_GE(at, 0);
    ASSERT_LE(at + size, p_.plan.arena_bytes);
    std::fill_n(bytes_.begin() + at, size, owner);
  }

  // Calls visit(byte of the arena) for each element's first byte.
  template <class Visit>
  void visit_elements(Value value, Visit visit) const {
    const auto layout = p_.scheduled.layouts.find(p_.graph, value);
    const auto size = size_of(p_.graph.type(value).dtype);
    for (int64_t i = 0; i < layout.pictures; ++i)
      for (int64_t row = 0; row < layout.rows; ++row)
        for (int64_t column = 0; column < layout.columns; ++column)
          for (int64_t channel = 0; channel < layout.channels; ++channel)
            visit(place(value).at +
                  size * (layout.first + i * layout.picture_step + row * layout.row_step +
                          column * layout.column_step + channel / layout.block * layout.block_step +
                          channel % layout.block));
  }

  void write(Value value) {
    if (place(value).kind != Place::Kind::arena) return;
    const auto whole = memory(value);
    const auto size =
        p_.scheduled.layouts.find(p_.graph, whole).elements * size_of(p_.graph.type(whole).dtype);
    ASSERT_LE(place(value).at + size, p_.plan.arena_bytes);
    // Parts of a value are written one by one, each with its margins.
    if (whole == value) return fill(place(value).at, size, value.id);
    visit_elements(value, [&](int64_t at) { bytes_[static_cast<size_t>(at)] = value.id; });
  }

  void read(Value value) const {
    const auto& at = place(value);
    EXPECT_EQ(at.kind == Place::Kind::constant, p_.graph.constant_of(memory(value)) != nullptr);
    if (at.kind != Place::Kind::arena) return;
    visit_elements(value, [&](int64_t byte) {
      const auto owner = bytes_[static_cast<size_t>(byte)];
      ASSERT_TRUE(owner >= 0 && memory(Value{owner}) == memory(value))
          << "byte " << byte << " of value " << value.id << " was written over";
    });
  }

  const Planned& p_;
  std::vector<int32_t> bytes_;
};

TEST(Plan, NoValueIsWrittenOverWhileItIsNeeded) {
  const auto seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
  SCOPED_TRACE(fmt::format("--gtest_random_seed={}", seed));
  std::mt19937 rng(seed);
  int64_t arenas = 0;
  for (int round = 0; round < 200; ++round) {
    auto graph = testing_support::random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    const auto p = plan_of(std::move(*graph));
    Walk(p).run();
    if (testing::Test::HasFailure()) FAIL() << print(p.graph, 8);
    arenas += p.plan.arena_bytes > 0;
  }
  EXPECT_GT(arenas, 0);
}

TEST(Plan, ChainsUseTwoPlacesInTurns) {
  const auto p =
      plan_of("graph(x: f32[64]) { softmax(softmax(softmax(softmax(softmax(softmax(x)))))) }");
  EXPECT_EQ(p.plan.arena_bytes, 2 * 64 * 4);
}

TEST(Plan, OutputsAreWrittenWhereTheCallerWantsThem) {
  const auto p = plan_of("graph(x: f32[64]) { softmax(x) }");
  EXPECT_EQ(p.plan.arena_bytes, 0);
  EXPECT_EQ(p.plan.places.at(output(p, 0)).kind, Place::Kind::output);
  EXPECT_TRUE(p.plan.copies.empty());
}

TEST(Plan, ViewsShareTheirMemory) {
  const auto p = plan_of(
      "graph(x: f32[2,3]) {\n a = softmax(x)\n b = reshape(a, shape=[6])\n c: softmax(b), d: "
      "softmax(a) }");
  const auto& view = p.scheduled.groups[1];
  ASSERT_TRUE(view.is_view);
  EXPECT_EQ(p.scheduled.layouts.memory_of(view.result()), view.inputs.front());
  EXPECT_EQ(p.plan.places.at(view.inputs.front()).kind, Place::Kind::arena);
}

TEST(Plan, OutputsThatAreInputsConstantsOrRepeatedAreCopied) {
  const auto p =
      plan_of("graph(x: f32[2]) {\n v = softmax(x)\n a: x, b: f32[2] [1 2], c: v, d: v }");
  std::vector<int64_t> copied;
  for (const auto& [to, value] : p.plan.copies) copied.push_back(to);
  EXPECT_EQ(copied, (std::vector<int64_t>{0, 1, 3}));
}

}  // namespace
}  // namespace turnstone
