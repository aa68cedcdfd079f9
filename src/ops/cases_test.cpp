// Runs every .cases of this folder: a call on literal operands, then `= result`, one line for each,
// or `! message`. Results may differ by the operator's tolerance and by what the text rounds away.
// What eval says is then asked of the emitted code too.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"
#include "ir/text.h"
#include "ops/ops.h"
#include "ops/testing.h"

namespace turnstone {
namespace {

struct Case {
  size_t line = 0;
  std::string call;
  std::vector<std::string> results;
  std::string message;
};

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  size_t number = 0;
  const auto text = read_text(path);
  CHECK(text.has_value());
  for (const auto& raw : split(*text, '\n')) {
    ++number;
    const std::string line(trim(raw));
    if (line.empty() || line[0] == '#') continue;
    const bool verdict = line[0] == '=' || line[0] == '!';
    if (cases.empty() ||
        (!verdict && (!cases.back().results.empty() || !cases.back().message.empty())))
      cases.push_back({.line = number, .call = {}, .results = {}, .message = {}});
    const std::string rest(trim(std::string_view(line).substr(1)));
    if (line[0] == '=')
      cases.back().results.push_back(rest);
    else if (line[0] == '!')
      cases.back().message = rest;
    else
      cases.back().call += line + "\n";
  }
  return cases;
}

struct Literal {
  Call call;
  std::vector<Tensor> in;  // zeros where the text has no elements
};

Result<Literal> literal_of(const Case& one) {
  auto literal = TRY(parse_literal_call(one.call, core_ops()));
  std::vector<Type> types;
  for (const auto& tensor : literal.in) types.push_back({tensor.dtype(), tensor.shape()});
  auto call = TRY(make_call(*literal.op, types, literal.attrs));
  return Literal{std::move(call), std::move(literal.in)};
}

// Evaluates.
Result<std::vector<Tensor>> outcome(const Case& one, Tolerance& tolerance) {
  const auto literal = TRY(literal_of(one));
  tolerance = literal.call.op->tolerance;
  return testing_support::run_eval(literal.call, literal.in);
}

void check(const Case& one) {
  ASSERT_TRUE(!one.results.empty() || !one.message.empty()) << "a case without a verdict";
  Tolerance tolerance;
  const auto actual = outcome(one, tolerance);
  if (!one.message.empty()) {
    ASSERT_FALSE(actual) << "succeeds: " << print(actual->front());
    EXPECT_EQ(actual.error().text, one.message);
    return;
  }
  ASSERT_TRUE(actual) << actual.error().text;
  ASSERT_EQ(actual->size(), one.results.size());
  for (size_t i = 0; i < actual->size(); ++i) {
    const auto expected = parse_tensor(one.results[i]);
    ASSERT_TRUE(expected) << expected.error().text;
    const bool real = is_float(expected->dtype());
    const Tolerance allowed = {std::max(tolerance.relative, real ? 1e-6 : 0),
                               std::max(tolerance.absolute, real ? 1e-7 : 0)};
    EXPECT_EQ(describe_mismatch((*actual)[i], *expected, allowed), "") << print((*actual)[i]);
  }
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  const auto all = list_files(TURNSTONE_SOURCE_DIR "/src/ops");
  CHECK(all.has_value());
  for (const auto& path : *all)
    if (path.extension() == ".cases") files.push_back(path);
  return files;
}

class OpCases : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(OpCases, Hold) {
  const auto cases = read_cases(GetParam());
  EXPECT_FALSE(cases.empty());
  for (const auto& one : cases) {
    SCOPED_TRACE(fmt::format("{}:{}: {}", GetParam().filename().string(), one.line, one.call));
    check(one);
  }
}

// The best machine that runs here and costs one compilation only.
testing_support::CallMachine machine_here() {
  const auto all = testing_support::call_machines();
  for (const auto& machine : all)
    if (machine.name == "x86_64_v3" && machine.runs) return machine;
  return all.front();
}

bool makes_half(const Call& call) {
  return std::ranges::any_of(call.out, [](const Type& type) { return type.dtype == DType::f16; });
}

TEST_P(OpCases, HoldForTheEmittedCode) {
  std::vector<Literal> literals;
  testing_support::CompiledCalls compiled;
  for (const auto& one : read_cases(GetParam())) {
    auto literal = literal_of(one);
    if (!literal || makes_half(literal->call)) continue;  // no code rounds to f16
    compiled.add(literal->call);
    literals.push_back(*std::move(literal));
  }
  const auto machine = machine_here();
  const auto done = compiled.compile(machine);
  ASSERT_TRUE(done) << done.error().text;
  if (!machine.runs) GTEST_SKIP() << machine.name << ": compiled; this computer cannot run it";
  for (size_t i = 0; i < literals.size(); ++i) {
    const auto& [call, in] = literals[i];
    const auto actual = compiled.run(i, in);
    ASSERT_TRUE(actual) << call.op->name << ": " << actual.error().text;
    const auto expected = testing_support::run_eval(call, in);
    for (size_t k = 0; k < expected.size(); ++k)
      EXPECT_EQ(describe_mismatch((*actual)[k], expected[k], call.op->tolerance), "")
          << call.op->name << " of " << print(in[0]);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, OpCases, testing::ValuesIn(case_files()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace turnstone
