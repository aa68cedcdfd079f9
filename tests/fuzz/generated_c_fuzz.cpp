// Reads any bytes as a graph, or as names and numbers of a small one, and writes its C twice: the
// second time every name and constant is another of the same length. A finding is a crash, or C
// text in which the two differ anywhere but in the numbers of the arrays that hold names: so no
// byte of a foreign model reaches the compiler as text.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "codegen/module_text.h"
#include "ir/text.h"
#include "ops/ops.h"
#include "written.h"

namespace turnstone {
namespace {

// A graph whose names and constant are the input.
Result<Graph> small_graph(std::string_view bytes) {
  const auto third = bytes.size() / 3;
  Graph graph(core_ops());
  Tensor numbers(DType::f32, {static_cast<int64_t>(third / 4 + 1)});
  std::memcpy(numbers.mutable_bytes(), bytes.data() + 2 * third, third / 4 * 4);
  const auto x = graph.input(std::string(bytes.substr(0, third)), {DType::f32, numbers.shape()});
  const auto sum = graph.call("add", {x, graph.constant(std::move(numbers))});
  graph.output(std::string(bytes.substr(third, third)), graph.call("tanh", {sum}));
  TRY(verify(graph));
  return graph;
}

std::string other_name(std::string name) {
  for (char& c : name) c = static_cast<char>(c ^ 0x2A);
  return name;
}

// Other numbers of the same type: every bit of the mantissa's end, or of the whole number, turned.
Tensor other_numbers(const Tensor& tensor) {
  Tensor other(tensor.dtype(), tensor.shape());
  std::memcpy(other.mutable_bytes(), tensor.bytes(), static_cast<size_t>(tensor.size_bytes()));
  if (!is_float(tensor.dtype())) return other;  // indices and shifts have ranges
  const auto step = size_of(tensor.dtype());
  for (int64_t i = 0; i < tensor.size_bytes(); i += step)
    other.mutable_bytes()[i] ^= std::byte{0x2A};
  return other;
}

Graph twin_of(const Graph& graph) {
  Graph twin(graph.ops());
  std::map<Value, Value> known;
  const auto value_of = [&](Value value) {
    const auto found = known.find(value);
    if (found != known.end()) return found->second;
    return known[value] = twin.constant(other_numbers(*graph.constant_of(value)));
  };
  for (const auto& port : graph.inputs())
    known[port.value] =
        twin.input(other_name(port.name), graph.type(port.value), port.quantisation);
  for (const auto* made : graph.live_calls()) {
    std::vector<Value> in;
    for (const auto value : made->in) in.push_back(value_of(value));
    const auto out = twin.call_all(made->op(), in, made->call.attrs);
    CHECK(out.size() == made->out.size());
    for (size_t i = 0; i < out.size(); ++i) known[made->out[i]] = out[i];
  }
  for (const auto& port : graph.outputs())
    twin.output(other_name(port.name), value_of(port.value), port.quantisation);
  return twin;
}

std::vector<PortInfo> infos(const Graph& graph, const std::vector<Port>& ports) {
  std::vector<PortInfo> all;
  for (const auto& port : ports)
    all.push_back({port.name, graph.type(port.value), port.quantisation, 0});
  return all;
}

// The text with the numbers of the arrays of names left out, which must be numbers.
std::string without_names(std::string_view text) {
  std::string rest;
  size_t at = 0;
  while (true) {
    const auto found = text.find("_name_", at);
    const auto open = found == text.npos ? found : text.find("[] = {", found);
    if (open == text.npos || text.substr(found, open - found).find('\n') != text.npos) {
      if (found == text.npos) return rest + std::string(text.substr(at));
      rest += text.substr(at, found + 1 - at);
      at = found + 1;
      continue;
    }
    const auto close = text.find('}', open);
    CHECK(close != text.npos);
    const auto numbers = text.substr(open + 6, close - open - 6);
    CHECK(numbers.find_first_not_of("0123456789, ") == numbers.npos);
    rest += text.substr(at, open + 6 - at);
    at = close;
  }
}

struct Written {
  std::string variant;
  std::string module;
};

Written write_c(const Graph& graph) {
  static const auto target = find_target("x86_64_v3");
  std::vector<Variant> variants;
  variants.push_back(make_variant(graph, *target, 0, "weights_0.bin"));
  return {variants.front().text,
          module_text(infos(graph, graph.inputs()), infos(graph, graph.outputs()), variants)};
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || std::isprint(static_cast<unsigned char>(c)) != 0;
  });
}

}  // namespace
}  // namespace turnstone

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  auto graph = parse_graph(input, core_ops());
  if (!graph) graph = small_graph(input);
  if (!graph || !is_small(*graph)) return 0;
  const auto twin = twin_of(*graph);
  if (!verify(twin)) return 0;
  const auto one = write_c(*graph), other = write_c(twin);
  CHECK(one.variant == other.variant);
  CHECK(without_names(one.module) == without_names(other.module));
  CHECK(is_ascii(one.variant) && is_ascii(one.module));
  return 0;
}
