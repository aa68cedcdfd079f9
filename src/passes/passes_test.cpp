// Every pass: the .cases file of its name (a graph, `=>`, and the graph that it becomes or `same`),
// and random graphs, which keep their results whatever passes run over them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "ir/text.h"
#include "ops/ops.h"
#include "ops/testing_graphs.h"
#include "passes/pass.h"

namespace turnstone {
namespace {

using testing_support::random_graph;
using testing_support::random_inputs_of;

constexpr std::string_view joining = "join_equal_calls";
constexpr int most_runs = 16;
constexpr int graphs = 300;

struct Case {
  size_t line = 0;
  std::string before;
  std::string after;
};

std::string path_of(std::string_view pass) {
  return fmt::format("{}/src/passes/{}.cases", TURNSTONE_SOURCE_DIR, pass);
}

std::vector<Case> read_cases(const std::string& path) {
  std::vector<Case> cases;
  const auto text = read_text(path);
  if (!text) return cases;
  size_t number = 0;
  bool behind_arrow = true;
  for (const auto& raw : split(*text, '\n')) {
    ++number;
    const std::string line(trim(raw));
    if (line.empty() || line[0] == '#') continue;
    const bool arrow = line.starts_with("=>");
    const bool ended = behind_arrow && !arrow && line.starts_with("graph") &&
                       (cases.empty() || !cases.back().after.empty());
    if (ended) {
      cases.push_back({.line = number, .before = {}, .after = {}});
      behind_arrow = false;
    }
    if (cases.empty()) continue;
    if (arrow) behind_arrow = true;
    auto& side = behind_arrow ? cases.back().after : cases.back().before;
    const auto rest = arrow ? std::string(trim(std::string_view(line).substr(2))) : line;
    if (!rest.empty()) side += rest + "\n";
  }
  return cases;
}

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const auto& pass : all_passes()) names.emplace_back(pass.name);
  names.emplace_back(joining);
  return names;
}

Graph run_once(std::string_view name, const Graph& graph, bool* changed) {
  if (name == joining) return join_equal_calls(graph, changed);
  for (const auto& pass : all_passes())
    if (pass.name == name) return apply_pass(graph, pass, changed);
  CHECK(false);
  return graph;
}

// Runs a pass until it changes nothing; `runs` is how often it did.
Graph run_through(std::string_view name, Graph graph, int& runs) {
  bool changed = true;
  for (runs = 0; runs < most_runs; ++runs) {
    auto next = run_once(name, graph, &changed);
    if (!changed) return graph;
    graph = std::move(next);
  }
  return graph;
}

// "" when both graphs give the same numbers for the same random inputs, else what differs.
std::string difference(const Graph& actual, const Graph& expected, unsigned seed) {
  const auto inputs = random_inputs_of(expected, seed);
  const auto a = evaluate(actual, inputs);
  const auto b = evaluate(expected, inputs);
  if (!a) return a.error().text;
  if (!b) return b.error().text;
  if (a->size() != b->size()) return "the number of outputs differs";
  for (size_t i = 0; i < a->size(); ++i) {
    const auto& x = (*a)[i];
    const auto& y = (*b)[i];
    if (x.dtype() != y.dtype() || x.shape() != y.shape()) return "types of outputs differ";
    const auto apart = compare(x, y).relative_to_range;
    if (!(apart <= (is_float(x.dtype()) ? 1e-4 : 0)))
      return fmt::format("output {} is {} of its range apart", i, apart);
  }
  return {};
}

unsigned seed() { return static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()); }

class EveryPass : public testing::TestWithParam<std::string> {};

TEST_P(EveryPass, HasCasesInWhichItActsAndInWhichItMustNot) {
  size_t same = 0;
  const auto cases = read_cases(path_of(GetParam()));
  for (const auto& one : cases) same += one.after == "same\n";
  EXPECT_GT(same, 0u) << path_of(GetParam()) << " has no case that stays the same";
  EXPECT_GT(cases.size(), same) << path_of(GetParam()) << " has no case that changes";
}

TEST_P(EveryPass, DoesWhatItsCasesSay) {
  for (const auto& one : read_cases(path_of(GetParam()))) {
    SCOPED_TRACE(fmt::format("{}.cases:{}", GetParam(), one.line));
    const auto before = parse_graph(one.before, core_ops());
    ASSERT_TRUE(before) << before.error().text;
    const bool same = one.after == "same\n";
    const auto expected = same ? before : parse_graph(one.after, core_ops());
    ASSERT_TRUE(expected) << expected.error().text;
    int runs = 0;
    const auto actual = run_through(GetParam(), *before, runs);
    EXPECT_EQ(runs > 0, !same);
    EXPECT_LT(runs, most_runs) << "the pass never comes to rest";
    EXPECT_EQ(print(actual), print(*expected));
    EXPECT_TRUE(verify(actual));
    EXPECT_EQ(difference(actual, *before, seed()), "");
  }
}

TEST_P(EveryPass, AloneKeepsWhatRandomGraphsCompute) {
  std::mt19937 rng(seed());
  SCOPED_TRACE(fmt::format("--gtest_random_seed={}", seed()));
  for (int round = 0; round < graphs / 3; ++round) {
    const auto graph = random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    bool first = false, second = false;
    const auto once = run_once(GetParam(), *graph, &first);
    const auto actual = run_once(GetParam(), once, &second);
    ASSERT_TRUE(verify(actual)) << print(*graph, 8);
    if (!first) {
      EXPECT_FALSE(second);
      continue;
    }
    ASSERT_EQ(difference(actual, *graph, rng()), "") << print(*graph, 8) << print(actual, 8);
  }
}

INSTANTIATE_TEST_SUITE_P(Passes, EveryPass, testing::ValuesIn(pass_names()),
                         [](const auto& info) { return info.param; });

TEST(Optimise, KeepsWhatRandomGraphsComputeAndComesToRest) {
  std::mt19937 rng(seed());
  SCOPED_TRACE(fmt::format("--gtest_random_seed={}", seed()));
  std::map<std::string, int> acted;
  for (int round = 0; round < graphs; ++round) {
    const auto graph = random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    const auto best =
        optimise(*graph, [&](std::string_view pass, const Graph&) { ++acted[std::string(pass)]; });
    ASSERT_TRUE(best) << best.error().text << " of\n" << print(*graph, 8);
    ASSERT_EQ(difference(*best, *graph, rng()), "") << print(*graph, 8) << print(*best, 8);
    for (const auto& name : pass_names()) {
      bool changed = false;
      const auto again = run_once(name, *best, &changed);
      ASSERT_FALSE(changed) << name << " still acts on\n" << print(*best, 8) << print(again, 8);
    }
  }
  for (const auto& name : pass_names())
    EXPECT_GT(acted[name], 0) << name << " never acted: the random graphs do not test it";
}

TEST(Passes, ARuleWhoseCallIsIllegalDoesNotApply) {
  const auto graph = parse_graph(
      "graph(x: f32[1,2,2,1]) { conv(pad(x, low=[0,16777216,0,0], high=[0,0,0,0]), f32[1,1,1,1] "
      "[2], pads=[1,0,0,0], strides=[16777216,1]) }",
      core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  bool changed = true;
  EXPECT_EQ(print(run_once("fold_pads", *graph, &changed)), print(*graph));
  EXPECT_FALSE(changed);
}

// A product of u8 with a matrix of so many rows of integers.
bool becomes_integers(int64_t depth) {
  std::string ones;
  for (int64_t i = 0; i < depth; ++i) ones += "1 ";
  const auto graph = parse_graph(
      fmt::format("graph(x: u8[1,{0}]) {{ matmul(dequantize(x, f32[1] [0.5], i32[1] [0]), "
                  "dequantize(u8[{0},1] [{1}], f32[1] [2], i32[1] [0])) }}",
                  depth, ones),
      core_ops());
  EXPECT_TRUE(graph);
  bool changed = false;
  run_once("products_to_integers", *graph, &changed);
  return changed;
}

TEST(Passes, SumsThatMayLeave32BitsStayReal) {
  EXPECT_TRUE(becomes_integers(16000));
  EXPECT_FALSE(becomes_integers(17000));
}

// With what may become one.
size_t convolutions(const Graph& graph) {
  const auto live = graph.live_calls();
  return static_cast<size_t>(std::count_if(live.begin(), live.end(), [](const auto* m) {
    return m->op() == "conv" || m->op() == "conv_transpose" || m->op() == "matmul" ||
           m->op() == "reduce_mean";
  }));
}

TEST(Optimise, NeverComputesAConvolutionTwice) {
  std::mt19937 rng(seed());
  SCOPED_TRACE(fmt::format("--gtest_random_seed={}", seed()));
  for (int round = 0; round < graphs; ++round) {
    const auto graph = random_graph(rng);
    ASSERT_TRUE(graph) << graph.error().text;
    const auto best = optimise(*graph);
    ASSERT_TRUE(best) << best.error().text;
    ASSERT_LE(convolutions(*best), convolutions(*graph)) << print(*graph, 8) << print(*best, 8);
  }
}

TEST(Optimise, KeepsPortsAsTheyWereGiven) {
  const auto graph = parse_graph(
      "graph(\"in:0\": f32[4] scale=0.5 zero=3, unused: u8[2]) {\n"
      "  v = add(\"in:0\", f32[] [0])\n  \"a b\": v scale=0.25 zero=-1, again: v }",
      core_ops());
  ASSERT_TRUE(graph) << graph.error().text;
  const auto best = optimise(*graph);
  ASSERT_TRUE(best) << best.error().text;
  EXPECT_EQ(print(*best),
            "graph(\"in:0\": f32[4] scale=0.5 zero=3, unused: u8[2]) {\n"
            "  \"a b\": \"in:0\" scale=0.25 zero=-1, again: \"in:0\"\n}\n");
}

TEST(Optimise, TellsTheObserverOfEachPassThatChangedTheGraph) {
  const auto graph = parse_graph("graph(x: f32[4]) { clamp(clamp(x, low=0), high=6) }", core_ops());
  ASSERT_TRUE(graph);
  std::vector<std::string> seen;
  const auto best =
      optimise(*graph, [&](std::string_view pass, const Graph&) { seen.emplace_back(pass); });
  ASSERT_TRUE(best);
  EXPECT_EQ(seen, std::vector<std::string>{"merge_clamps"});
}

TEST(Cases, BelongToAPassEach) {
  const auto names = pass_names();
  const auto files = list_files(TURNSTONE_SOURCE_DIR "/src/passes");
  ASSERT_TRUE(files);
  for (const auto& path : *files) {
    if (path.extension() != ".cases") continue;
    EXPECT_NE(std::find(names.begin(), names.end(), path.stem().string()), names.end()) << path;
  }
}

}  // namespace
}  // namespace turnstone
