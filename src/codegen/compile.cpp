#include "codegen/compile.h"

#include <xxhash.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "codegen/toolchain.h"
#include "ops/narrow.h"

namespace turnstone {
namespace {

std::vector<PortInfo> port_infos(const Graph& graph, const std::vector<Port>& ports,
                                 const std::vector<uint32_t>& layouts) {
  std::vector<PortInfo> infos;
  for (size_t i = 0; i < ports.size(); ++i)
    infos.push_back({ports[i].name, graph.type(ports[i].value), ports[i].quantisation,
                     i < layouts.size() ? layouts[i] : 0});
  return infos;
}

Result<> check_targets(const std::vector<Target>& targets) {
  if (targets.empty()) return fail(Code::invalid, "no target is given");
  for (const auto& target : targets)
    if (target.arch != targets.front().arch)
      return fail(Code::invalid,
                  "targets '{}' and '{}' have different architectures, a package holds one",
                  targets.front().name, target.name);
  return {};
}

// Whether the code of a call knows what it has for the bits of narrow reals.
bool knows_narrow(const Call& call) {
  if (takes_narrow(call.op->name)) return true;
  const auto holds = [](DType type) { return [type](const Type& t) { return t.dtype == type; }; };
  if (std::ranges::any_of(call.out, holds(DType::f16))) return false;
  // What the others take, their rules of types say.
  return call.op->elementwise || call.op->name == "conv" || call.op->name == "matmul" ||
         std::ranges::none_of(call.in, [](const Type& t) { return is_narrow(t.dtype); });
}

// C has no types for narrow reals: their bits would be taken for integers by code that does not
// know. The runtime knows no value without elements at a model's edge.
Result<> check_types(const Graph& graph) {
  const auto check = [](const Type& type, std::string_view what) -> Result<> {
    if (!is_narrow(type.dtype)) return {};
    return fail(Code::unsupported, "{} is {}; inputs and outputs are not f16 or bf16 yet", what,
                print(type));
  };
  for (const auto* ports : {&graph.inputs(), &graph.outputs()})
    for (const auto& port : *ports) {
      const auto& type = graph.type(port.value);
      TRY(check(type, fmt::format("'{}'", printable(port.name))));
      if (count(type.shape) == 0)
        return fail(Code::unsupported, "'{}' is {}, which has no elements", printable(port.name),
                    print(type));
    }
  for (const auto* made : graph.live_calls())
    if (!knows_narrow(made->call))
      return fail(Code::unsupported, "{} of {} to {}: it is not computed with f16 or bf16 yet",
                  made->op(), print(made->call.in[0]), print(made->call.out[0]));
  return {};
}

// Pointers and places of elements have 32 bits on some machines.
Result<> check_memory(const Graph& graph, const Variant& variant) {
  if (variant.target.arch != Arch::armv7) return {};
  constexpr int64_t most = INT32_MAX;
  auto bytes = static_cast<int64_t>(variant.weights.size()) + variant.plan.arena_bytes +
               variant.plan.ring_bytes;
  for (const auto* ports : {&graph.inputs(), &graph.outputs()})
    for (const auto& port : *ports) bytes += size_bytes(graph.type(port.value));
  if (bytes <= most) return {};
  return fail(
      Code::unsupported,
      "target '{}': weights, inputs, outputs and what is in between take {} bytes, a 32-bit "
      "machine has at most {}",
      variant.target.name, bytes, most);
}

// The file with the seal that the runtime asks for: runtime/module.h.
std::string sealed(std::string library) {
  auto hash = XXH64(library.data(), library.size(), 0);
  library += "ts-xxh64";
  for (int i = 0; i < 8; ++i, hash >>= 8) library += static_cast<char>(hash & 255);
  return library;
}

}  // namespace

Result<Compiled> compile(const Graph& graph, const CompileOptions& options) {
  TRY(check_targets(options.targets));
  TRY(verify(graph));
  TRY(check_types(graph));
  const auto tools = TRY(find_toolchain());
  const auto work = TRY(TemporaryFolder::make("turnstone-compile"));
  auto folder = work.path();
  if (!options.keep_sources.empty()) {
    TRY(make_folder(options.keep_sources));
    folder = options.keep_sources;
  }
  const auto tell = [&](std::string_view what) {
    if (options.progress) options.progress(what);
  };
  Compiled compiled;
  std::vector<std::string> objects;
  for (size_t i = 0; i < options.targets.size(); ++i) {
    const auto& target = options.targets[i];
    tell(fmt::format("writing code for {}", target.name));
    const auto weights_file = fmt::format("weights_{}.bin", i);
    auto variant = make_variant(graph, target, static_cast<int>(i), weights_file,
                                i < options.tunings.size() ? options.tunings[i] : nullptr);
    TRY(check_memory(graph, variant));
    const auto source = fmt::format("variant_{}.c", i);
    objects.push_back(fmt::format("variant_{}.o", i));
    TRY(write_file(folder / source, variant.text));
    TRY(write_file(folder / weights_file, variant.weights));
    tell(fmt::format("compiling for {}", target.name));
    TRY(compile_c(tools, target, folder, source, objects.back(), false));
    compiled.variants.push_back(std::move(variant));
  }
  tell("linking");
  TRY(write_file(
      folder / "module.c",
      module_text(port_infos(graph, graph.inputs(), options.input_layouts),
                  port_infos(graph, graph.outputs(), options.output_layouts), compiled.variants)));
  // The module's own code runs on every CPU that any variant asks for, so on the last one's.
  TRY(compile_c(tools, options.targets.back(), folder, "module.c", "module.o", true));
  objects.push_back("module.o");
  TRY(link_module(tools, options.targets.front(), folder, objects, "module.so"));
  compiled.object = sealed(TRY(read_text(folder / "module.so")));
  return compiled;
}

}  // namespace turnstone
