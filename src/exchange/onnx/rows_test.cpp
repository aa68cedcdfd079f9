// rows.cases beside this file: each case is a model of one node. The first operand is an input of
// the model, the others are tensors of the file, as all are behind a '*'; an operand of shape [0]
// is left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <sstream>

#include "base/files.h"
#include "base/text.h"
#include "exchange/onnx/families.h"
#include "exchange/onnx/import.h"
#include "exchange/onnx/proto.h"
#include "ir/text.h"
#include "tensor/compare.h"

namespace turnstone {
namespace {

struct Case {
  int line = 0;
  int64_t opset = 0;
  bool all_known = false;
  std::string call;
  std::vector<std::string> results;  // "= ..." lines
  std::string message;               // "! ..." line
};

std::vector<Case> read_cases() {
  const auto text = read_text(TURNSTONE_SOURCE_DIR "/src/exchange/onnx/rows.cases");
  std::vector<Case> cases;
  std::istringstream lines(text.value_or(""));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '=') {
      cases.back().results.push_back(line.substr(2));
    } else if (line[0] == '!') {
      cases.back().message = line.substr(2);
    } else {
      const auto blank = line.find(' ');
      const bool known = line[blank + 1] == '*';
      cases.push_back({number, std::stoll(line), known, line.substr(blank + 1 + known), {}, {}});
    }
  }
  return cases;
}

// The names of ONNX operators as a table, which is all that reading a call needs.
OpTable onnx_names() {
  static const auto table = [] {
    static std::deque<OpDef> defs;
    for (const auto family :
         {activations(), arithmetic(), constants(), convolutions(), indexing(), matrices(),
          normalisations(), pools(), quantised(), reductions(), resizing(), shapes()})
      for (const auto& row : family) {
        OpDef def;
        def.name = row.name;
        if (std::ranges::find(defs, def.name, &OpDef::name) == defs.end()) defs.push_back(def);
      }
    std::vector<const OpDef*> sorted;
    for (const auto& def : defs) sorted.push_back(&def);
    std::ranges::sort(sorted, {}, &OpDef::name);
    return sorted;
  }();
  return table;
}

OnnxModel model_of(const Case& test, const LiteralCall& call) {
  OnnxModel model{.name = "case", .opset = test.opset};
  OnnxNode node{.op = std::string(call.op->name), .in = {}, .out = {}, .name = "it"};
  if (!find_import("", node.op, test.opset) && find_import(microsoft, node.op, test.opset))
    node.domain = microsoft;
  for (size_t i = 0; i < call.in.size(); ++i) {
    const auto& tensor = call.in[i];
    auto name = tensor.shape() == Shape{0} ? "" : fmt::format("x{}", i);
    node.in.push_back(name);
    if (name.empty()) continue;
    if (i > 0 || test.all_known) {
      model.initialisers.emplace(name, tensor);
      continue;
    }
    OnnxPort port{.name = name, .dtype = tensor.dtype(), .shape = {}};
    port.shape.emplace(tensor.shape().begin(), tensor.shape().end());
    model.inputs.push_back(std::move(port));
  }
  for (const auto& [name, value] : call.attrs)
    std::visit([&](const auto& held) { node.attributes.emplace(name, held); }, value);
  for (size_t i = 0; i < std::max<size_t>(test.results.size(), 1); ++i) {
    node.out.push_back(fmt::format("y{}", i));
    OnnxPort port{.name = node.out.back(), .dtype = DType::f32, .shape = {}};
    if (i < test.results.size()) port.dtype = parse_tensor(test.results[i])->dtype();
    model.outputs.push_back(std::move(port));
  }
  model.nodes.push_back(std::move(node));
  return model;
}

// Names the case where a failed test prints its parameter.
void PrintTo(const Case& test, std::ostream* out) { *out << "rows.cases:" << test.line; }

class OnnxRow : public testing::TestWithParam<Case> {};

TEST_P(OnnxRow, GivesTheExpectedResult) {
  const auto& test = GetParam();
  SCOPED_TRACE(fmt::format("rows.cases:{}: {}", test.line, test.call));
  const auto call = parse_literal_call(test.call, onnx_names());
  ASSERT_TRUE(call) << call.error().text;
  const auto bytes = print_onnx(model_of(test, *call));
  ASSERT_TRUE(bytes) << bytes.error().text;
  const auto model = import_onnx(*bytes);
  if (!test.message.empty()) {
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().text, test.message);
    return;
  }
  ASSERT_TRUE(model) << model.error().text;
  std::vector<Tensor> inputs;
  if (!model->graph.inputs().empty()) inputs.push_back(call->in[0]);
  const auto results = evaluate(model->graph, inputs);
  ASSERT_TRUE(results) << results.error().text;
  ASSERT_EQ(results->size(), test.results.size());
  for (size_t i = 0; i < results->size(); ++i) {
    const auto wanted = parse_tensor(test.results[i]);
    ASSERT_TRUE(wanted) << wanted.error().text;
    ASSERT_EQ(print((*results)[i].shape()), print(wanted->shape()));
    EXPECT_EQ(describe_mismatch((*results)[i], *wanted, {2e-5, 1e-6}), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, OnnxRow, testing::ValuesIn(read_cases()), [](const auto& info) {
  const auto& call = info.param.call;
  return fmt::format("{}_line{}", call.substr(0, call.find('(')), info.param.line);
});

TEST(OnnxRows, EveryRowHasACase) {
  const auto cases = read_cases();
  std::vector<std::string> without;
  for (const auto family :
       {activations(), arithmetic(), constants(), convolutions(), indexing(), matrices(),
        normalisations(), pools(), quantised(), reductions(), resizing(), shapes()})
    for (const auto& row : family) {
      const auto tests = [&](const Case& test) {
        return test.call.substr(0, test.call.find('(')) == row.name && row.since <= test.opset &&
               test.opset <= row.until;
      };
      if (std::ranges::none_of(cases, tests))
        without.push_back(fmt::format("{} {}..{}", row.name, row.since, row.until));
    }
  EXPECT_EQ(join(without, ", "), "");
}

}  // namespace
}  // namespace turnstone
