// Every operator: its emitted C gives what eval gives, its texts are there, its calls print and
// parse.
#include "ops/ops.h"

#include <gtest/gtest.h>

#include <cctype>

#include "base/files.h"
#include "ir/text.h"
#include "ops/joined_sum.h"
#include "ops/rescale.h"
#include "ops/testing.h"

namespace turnstone {
namespace {

using testing_support::CallMachine;
using testing_support::CompiledCalls;

constexpr int rounds = 20;
constexpr int elementwise_rounds = 8;  // they share their loops

unsigned seed() { return static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()); }

struct Drawn {
  Call call;
  std::vector<Tensor> operands;
};

// Legal calls of every operator; a draw that is not legal fails the test.
std::vector<Drawn> draw_calls(int count) {
  std::mt19937 rng(seed());
  std::vector<Drawn> all;
  for (const auto* op : core_ops())
    for (int round = 0; round < (op->elementwise ? std::min(count, elementwise_rounds) : count);
         ++round) {
      const auto drawn = op->sample(rng);
      auto call = make_call(*op, drawn.in, drawn.attrs);
      if (!call) {
        ADD_FAILURE() << "sample of " << op->name << ": " << call.error().text;
        continue;
      }
      all.push_back({*std::move(call), testing_support::random_operands(drawn, rng)});
    }
  return all;
}

std::string describe(const Call& call) {
  std::string text(call.op->name);
  for (const auto& type : call.in) text += " " + print(type);
  for (const auto& [name, value] : call.attrs) text += fmt::format(" {}={}", name, print(value));
  return text;
}

class EveryOp : public testing::TestWithParam<CallMachine> {};

TEST_P(EveryOp, EmittedCodeAgreesWithEval) {
  SCOPED_TRACE(fmt::format("repeat with --gtest_random_seed={}", seed()));
  const auto drawn = draw_calls(rounds);
  CompiledCalls compiled;
  for (const auto& one : drawn) compiled.add(one.call);
  const auto done = compiled.compile(GetParam());
  ASSERT_TRUE(done) << done.error().text;
  if (!GetParam().runs)
    GTEST_SKIP() << GetParam().name << ": compiled; this computer cannot run it";
  for (size_t i = 0; i < drawn.size(); ++i) {
    const auto& [call, operands] = drawn[i];
    SCOPED_TRACE(describe(call));
    const auto actual = compiled.run(i, operands);
    if (!actual) {
      ADD_FAILURE() << actual.error().text;
      continue;
    }
    const auto expected = testing_support::run_eval(call, operands);
    for (size_t k = 0; k < expected.size(); ++k)
      EXPECT_EQ(describe_mismatch((*actual)[k], expected[k], call.op->tolerance), "");
  }
}

// All machines are the business of the long tests: each costs a compilation of everything.
std::vector<CallMachine> wanted_machines() {
  auto all = testing_support::call_machines();
  if (std::getenv("TURNSTONE_ALL_MACHINES")) return all;
  for (auto& machine : all)
    if (machine.name == "x86_64_v3" && machine.runs) return {machine};
  return {all.front()};
}

INSTANTIATE_TEST_SUITE_P(Machines, EveryOp, testing::ValuesIn(wanted_machines()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Ops, AreSortedByNameWithoutTwins) {
  const auto ops = core_ops();
  for (size_t i = 1; i < ops.size(); ++i) EXPECT_LT(ops[i - 1]->name, ops[i]->name);
  for (const auto* op : ops) EXPECT_EQ(find_op(ops, op->name), op);
}

TEST(Ops, SayWhatTheyAndTheirAttributesMean) {
  for (const auto* op : core_ops()) {
    EXPECT_FALSE(op->doc.empty()) << op->name;
    EXPECT_EQ(op->doc.find('\n'), op->doc.npos) << op->name;
    EXPECT_FALSE(op->doc.ends_with('.')) << op->name;
    for (const auto& attribute : op->attrs)
      EXPECT_FALSE(attribute.doc.empty()) << op->name << " " << attribute.name;
  }
}

TEST(Ops, HaveCases) {
  std::string texts;
  const auto all = list_files(TURNSTONE_SOURCE_DIR "/src/ops");
  ASSERT_TRUE(all);
  for (const auto& path : *all)
    if (path.extension() == ".cases") texts += "\n" + *read_text(path);
  for (const auto* op : core_ops())
    EXPECT_NE(texts.find(fmt::format("\n{}(", op->name)), texts.npos)
        << op->name << " has no case in any .cases of src/ops";
}

TEST(Ops, PrintAndParseToTheSameGraph) {
  for (const auto& [call, operands] : draw_calls(5)) {
    SCOPED_TRACE(describe(call));
    Graph graph(core_ops());
    std::vector<Value> in;
    for (size_t i = 0; i < operands.size(); ++i)
      in.push_back(i == 0 ? graph.input("x", call.in[0]) : graph.constant(operands[i]));
    const auto made = graph.call_all(call.op->name, in, call.attrs);
    ASSERT_FALSE(made.empty());
    for (size_t i = 0; i < made.size(); ++i) graph.output(fmt::format("y{}", i), made[i]);
    const auto text = print(graph);
    const auto again = parse_graph(text, core_ops());
    ASSERT_TRUE(again) << again.error().text << "\n" << text;
    EXPECT_EQ(print(*again), text);
    EXPECT_EQ(again->calls().back().call.attrs, call.attrs);
  }
}

// Scales as models have them: the sums of all pairs, by two multiply-adds, become the integers that
// eval makes; what was taken off before makes no difference.
TEST(JoinedSum, IsFoundAndAgreesForEveryPair) {
  std::mt19937 rng(seed());
  std::uniform_real_distribution<double> scales(0.01, 0.2);
  constexpr int draws = 10;
  int found = 0;
  for (int round = 0; round < draws; ++round) {
    const auto zero = static_cast<int64_t>(rng() % 256);
    const auto call = make_call(*find_op(core_ops(), "rescaled_add"),
                                {Type{DType::u8, {65536}}, Type{DType::u8, {65536}}},
                                {{"a_scale", scales(rng)},
                                 {"b_scale", scales(rng)},
                                 {"scale", scales(rng)},
                                 {"a_zero", static_cast<int64_t>(rng() % 256)},
                                 {"b_zero", static_cast<int64_t>(rng() % 256)},
                                 {"zero", zero},
                                 {"low", int64_t{0}},
                                 {"high", int64_t{255}},
                                 {"to", std::string("u8")}});
    ASSERT_TRUE(call) << call.error().text;
    std::vector<Tensor> pairs = {Tensor(DType::u8, {65536}), Tensor(DType::u8, {65536})};
    for (int64_t i = 0; i < 65536; ++i) {
      pairs[0].set_integer(i, i / 256);
      pairs[1].set_integer(i, i % 256);
    }
    const auto expected = testing_support::run_eval(*call, pairs);
    for (const auto& taken_off :
         {std::array<int64_t, 2>{0, 0}, std::array<int64_t, 2>{call->i("a_zero"), 0}}) {
      const auto sum = joined_sum(*call, taken_off);
      if (!sum) continue;
      ++found;
      for (int64_t i = 0; i < 65536; ++i) {
        const int64_t a = i / 256, b = i % 256;
        const auto steps =
            sum->of(static_cast<float>(a - taken_off[0]), static_cast<float>(b - taken_off[1]));
        ASSERT_EQ(std::clamp(static_cast<int64_t>(std::nearbyint(steps)), int64_t{0}, int64_t{255}),
                  expected[0].integer_at(i))
            << "round " << round << " of " << a << " and " << b;
      }
    }
  }
  EXPECT_GE(found, draws);  // half of them: ties at every turn may leave no factors
}

}  // namespace
}  // namespace turnstone
