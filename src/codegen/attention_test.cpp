#include "codegen/attention.h"

#include <gtest/gtest.h>

#include "codegen/testing.h"
#include "ops/testing_graphs.h"

namespace turnstone {
namespace {

using testing_support::expect_compiles_to_itself;
using testing_support::host_targets;
using testing_support::random_inputs_of;

constexpr std::string_view operands = "q: f32[2,3,37,9], k: f32[2,3,9,203], v: f32[2,3,203,21]";

Graph parsed(std::string_view in, std::string_view calls) {
  auto graph = parse_graph(fmt::format("graph({}) {{ {} }}", in, calls), core_ops());
  EXPECT_TRUE(graph) << graph.error().text;
  return *std::move(graph);
}

// Compiles to itself, with so many attentions.
void check(std::string_view in, std::string_view calls, size_t attentions) {
  SCOPED_TRACE(fmt::format("{}: {}", in, calls));
  const auto graph = parsed(in, calls);
  for (const auto& target : host_targets())
    EXPECT_EQ(make_schedule(graph, target).attentions.size(), attentions) << target.l2_bytes;
  expect_compiles_to_itself(graph, random_inputs_of(graph, 1), {2e-5, 2e-5}, host_targets());
}

TEST(Attention, IsAProductTheSoftmaxOfItsRowsAndTheirProduct) {
  check(operands, "matmul(softmax(matmul(q, k)), v)", 1);
  check("q: f32[210,16], k: f32[16,64], v: f32[64,40]", "matmul(softmax(matmul(q, k)), v)", 1);
  // One behind the other, the second of what the first made.
  check("q: f32[3,90,9], k: f32[3,9,110], v: f32[3,110,9]",
        "a = matmul(softmax(matmul(q, k)), v)\n matmul(softmax(matmul(a, k), axis=2), v)", 2);
}

TEST(Attention, HasCallsBehindBothProducts) {
  check(std::string(operands) + ", mask: f32[2,3,37,203], more: f32[2,3,37,21]",
        "s = add(mul(matmul(q, k), f32[] [0.33]), mask)\n "
        "add(matmul(softmax(s), v), more)",
        1);
  check(std::string(operands) + ", some: f32[203], last: f32[21]",
        "add(matmul(softmax(add(matmul(q, k), some)), v), last)", 1);
}

TEST(Attention, OperandsMayBeRepeated) {
  check("q: f32[1,3,37,9], k: f32[2,1,9,203], v: f32[2,3,203,21]",
        "matmul(softmax(matmul(q, k)), v)", 1);
  check("q: f32[2,3,37,9], k: f32[2,3,9,203], v: f32[1,3,203,21]",
        "matmul(softmax(matmul(q, k)), v)", 1);
}

// Scores that others read, too, are there as a whole; rows are those of the second product's left
// operand, of one batch each.
TEST(Attention, IsNothingElse) {
  check(operands, "s = matmul(q, k)\n y: matmul(softmax(s), v), s: s", 0);
  check(operands, "p = softmax(matmul(q, k))\n y: matmul(p, v), p: exp(p)", 0);
  check(operands, "matmul(softmax(matmul(q, k), axis=2), v)", 0);
  check("q: f32[2,3,37,9], k: f32[2,3,9,37]", "p = softmax(matmul(q, k))\n matmul(p, p)", 0);
  check("q: f32[2,3,37,9], k: f32[2,3,9,203], v: f32[2,3,21,37]",
        "matmul(v, softmax(matmul(q, k)))", 0);
  check("q: f32[2,3,37,9], k: f32[2,3,9,203], v: f32[203,21]", "matmul(softmax(matmul(q, k)), v)",
        0);
  check("q: f32[3,37,9], k: f32[3,9,203], v: f32[2,3,203,21]", "matmul(softmax(matmul(q, k)), v)",
        0);
}

}  // namespace
}  // namespace turnstone
