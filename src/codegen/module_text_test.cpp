#include "codegen/module_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codegen/target.h"
#include "ir/text.h"
#include "ops/ops.h"
#include "runtime/module.h"

namespace turnstone {
namespace {

static_assert(static_cast<uint32_t>(Arch::x86_64) == TS_ARCH_X86_64);
static_assert(static_cast<uint32_t>(Arch::aarch64) == TS_ARCH_AARCH64);
static_assert(static_cast<uint32_t>(Arch::armv7) == TS_ARCH_ARMV7);
static_assert(+cpu_avx2_fma == +TS_CPU_AVX2_FMA && +cpu_avx512 == +TS_CPU_AVX512);
static_assert(+cpu_neon_dotprod == +TS_CPU_NEON_DOTPROD && +cpu_neon_i8mm == +TS_CPU_NEON_I8MM);
static_assert(+cpu_neon_vfpv4 == +TS_CPU_NEON_VFPV4 && +cpu_sse4 == +TS_CPU_SSE4);

const std::vector<std::string> hostile = {
    "\"; } int main(void) { system(\"rm -rf /\"); }  /*",
    "*/ #include \"/etc/passwd\" /*",
    "line\none\r\nline two\\\n",
    "trigraph ?\?/ ?\?= ?\?< %:define",
    std::string("nul\0behind it", 13),
    "\xff\xfe\x80 not UTF-8 \xc3",
    "\xe2\x80\xae turned \xe2\x80\xac",
    "weights_0.bin\"\\n.incbin \"/etc/shadow",
    "{} {0} %s %n",
    "",
    std::string(3000, 'A'),
};

// A convolution and a chain between the two names.
Graph graph_between(const std::string& input, const std::string& output) {
  Graph graph(core_ops());
  const auto x = graph.input(input, {DType::f32, {1, 4, 4, 3}}, {0.5, 3});
  const auto w = graph.constant(Tensor::filled(DType::f32, {8, 3, 3, 3}, 0.25));
  const auto v = graph.call("clamp", {graph.call("conv", {x, w})}, {{"low", 0.0}});
  graph.output(output, graph.call("softmax", {v}));
  EXPECT_TRUE(verify(graph));
  return graph;
}

std::vector<PortInfo> infos(const Graph& graph, const std::vector<Port>& ports) {
  std::vector<PortInfo> all;
  for (const auto& port : ports)
    all.push_back({port.name, graph.type(port.value), port.quantisation, 0});
  return all;
}

struct Written {
  std::string variant;
  std::string module;
};

Written write_c(const std::string& input, const std::string& output) {
  const auto graph = graph_between(input, output);
  std::vector<Variant> variants;
  variants.push_back(make_variant(graph, *find_target("x86_64_v3"), 0, "weights_0.bin"));
  return {variants.front().text,
          module_text(infos(graph, graph.inputs()), infos(graph, graph.outputs()), variants)};
}

// The text with `row`, which must stand in it once, taken out.
std::string without(std::string text, const std::string& row) {
  const auto at = text.find(row);
  EXPECT_NE(at, text.npos) << row;
  if (at == text.npos) return text;
  text.erase(at, row.size());
  EXPECT_EQ(text.find(row), text.npos) << row;
  return text;
}

std::string array_of(const std::string& kind, const std::string& name) {
  std::string numbers;
  for (const char c : name) numbers += fmt::format("{}, ", static_cast<unsigned char>(c));
  return fmt::format("static const char {}_name_0[] = {{{}0}};\n", kind, numbers);
}

TEST(ModuleText, NamesAreNumbersAndNothingElseDependsOnThem) {
  const auto plain = write_c("x", "y");
  const auto rest = without(without(plain.module, array_of("input", "x")), array_of("output", "y"));
  for (const auto& name : hostile) {
    SCOPED_TRACE(testing::PrintToString(name.substr(0, 60)));
    for (const auto& other : {std::string("y"), name + "2"}) {
      const auto written = write_c(name, other);
      EXPECT_EQ(written.variant, plain.variant);
      EXPECT_EQ(
          without(without(written.module, array_of("input", name)), array_of("output", other)),
          rest);
    }
  }
}

TEST(ModuleText, IsAsciiWhateverTheNames) {
  for (const auto& name : hostile) {
    const auto written = write_c(name, name);
    for (const auto* text : {&written.variant, &written.module})
      EXPECT_TRUE(std::all_of(text->begin(), text->end(),
                              [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
}

TEST(ModuleText, ConstantsStandInTheWeightsAlone) {
  const auto text = [](double value) {
    Graph graph(core_ops());
    const auto x = graph.input("x", {DType::f32, {1, 4, 4, 3}});
    const auto w = graph.constant(Tensor::filled(DType::f32, {8, 3, 3, 3}, value));
    const auto bias = graph.constant(Tensor::filled(DType::f32, {8}, value));
    graph.output("y", graph.call("add", {graph.call("conv", {x, w}), bias}));
    return make_variant(graph, *find_target("x86_64_v3"), 0, "weights_0.bin");
  };
  const auto one = text(0.25), other = text(-31.5);
  EXPECT_EQ(one.text, other.text);
  EXPECT_NE(one.weights, other.weights);
}

// Of a layer and of a strip, by the arithmetic of their sums.
TEST(ModuleText, TellsWhatGroupsMultiply) {
  const auto products_in = [](std::string_view text, std::string_view target) {
    const auto graph = parse_graph(text, core_ops());
    EXPECT_TRUE(graph) << graph.error().text;
    return make_variant(*graph, *find_target(target), 0, "w.bin").group_products;
  };
  using List = std::vector<Products>;
  const auto bytes =
      "graph(x: u8[1,8,8,16]) { max_pool(rescale(conv(x, i8[1,1,1,16] [1 2 3 4 5 6 7 8 9 10 11 12 "
      "13 14 15 16]), f32[1] [0.5]), window=[2,2]) }";
  EXPECT_EQ(products_in(bytes, "x86_64_v3"), (List{Products::bytes, Products::f32}));
  const auto reals = "graph(x: f32[64,64], y: f32[64,64]) { matmul(x, y) }";
  EXPECT_EQ(products_in(reals, "x86_64_v3"), List{Products::f32});
}

TEST(ModuleText, QuantisationIsWrittenExactly) {
  const auto written = write_c("x", "y");
  EXPECT_NE(written.module.find("1, 3, 0x1p-1}"), std::string::npos) << written.module;
}

TEST(ModuleText, EveryVariantIsNamedOnceWithItsNumber) {
  const auto graph = graph_between("x", "y");
  std::vector<Variant> variants;
  int index = 0;
  for (const auto* name : {"x86_64_v4", "x86_64_v3"})
    variants.push_back(make_variant(graph, *find_target(name), index++, "w.bin"));
  const auto text =
      module_text(infos(graph, graph.inputs()), infos(graph, graph.outputs()), variants);
  for (const auto* row : {"  {\"x86_64_v4\", ", "  {\"x86_64_v3\", "}) {
    const auto at = text.find(row);
    ASSERT_NE(at, text.npos) << row;
    EXPECT_EQ(text.find(row, at + 1), text.npos) << row;
  }
  EXPECT_NE(variants[0].text.find("ts_run_0("), std::string::npos);
  EXPECT_NE(variants[1].text.find("ts_run_1("), std::string::npos);
}

}  // namespace
}  // namespace turnstone
