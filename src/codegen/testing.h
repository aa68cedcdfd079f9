// For tests: compiles a graph for this machine, runs it without the runtime, and compares it with
// the interpreter.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/files.h"
#include "codegen/compile.h"
#include "ir/text.h"
#include "ops/ops.h"
#include "runtime/module.h"

namespace turnstone::testing_support {

// Runs every unit of a step in reverse order, so that units that depend on each other show.
inline void backwards(void*, void (*body)(void*, int64_t), void* argument, int64_t n) {
  while (n-- > 0) body(argument, n);
}

inline std::vector<Tensor> run_module(const ts_module& module, const std::vector<Tensor>& inputs,
                                      uint32_t threads, size_t variant = 0) {
  std::vector<const void*> in;
  for (const auto& tensor : inputs) in.push_back(tensor.bytes());
  std::vector<Tensor> outputs;
  std::vector<void*> out;
  for (uint32_t i = 0; i < module.output_count; ++i) {
    const auto& v = module.outputs[i];
    outputs.emplace_back(static_cast<DType>(v.type - 1), Shape(v.shape, v.shape + v.rank));
    std::memset(outputs.back().mutable_bytes(), 0x5A, v.bytes);
    out.push_back(outputs.back().mutable_bytes());
  }
  const auto& code = module.variants[variant];
  constexpr size_t guard = 4096;
  const size_t bytes = code.scratch_bytes + threads * module.thread_bytes[variant];
  std::unique_ptr<unsigned char, void (*)(void*)> scratch(
      static_cast<unsigned char*>(std::aligned_alloc(64, (bytes + guard + 63) / 64 * 64)),
      std::free);
  // Memory that was never written reads as NaN.
  std::memset(scratch.get(), 0xFF, bytes + guard);
  ts_module_host host = {};
  host.size = sizeof host;
  host.threads = threads;
  host.parallel_for = backwards;
  EXPECT_EQ(code.run(&host, in.data(), out.data(), nullptr, scratch.get()), 0);
  for (size_t i = 0; i < guard; ++i)
    if (scratch.get()[bytes + i] != 0xFF) {
      ADD_FAILURE() << "the byte " << i << " behind the scratch memory was written";
      break;
    }
  return outputs;
}

// Every kind of vectors that this machine has; and the same with a cache so small that values stay
// in strips.
inline std::vector<Target> host_targets() {
  std::vector<Target> targets = {*find_target("native")};
  if (targets[0].lanes == 16) targets.push_back(*find_target("x86_64_v3"));
  auto small = targets;
  for (auto& target : small) target.l2_bytes = 4096;
  targets.insert(targets.end(), small.begin(), small.end());
  return targets;
}

// This machine with products on tiles, by the plain C that says what their instructions mean: with
// the caches that it has, and with one so small that values stay in strips. None where vectors are
// too short for the kernel.
inline std::vector<Target> tile_targets() {
  auto target = *find_target("native");
  if (target.lanes < 8) return {};
  target.name += "_tiles";
  target.features |= cpu_amx_bf16 | cpu_amx_int8;
  auto small = target;
  small.l2_bytes = 4096;
  return {target, small};
}

// Adds all of `part` to `whole`, with `prefix` before the names of its inputs and outputs.
inline void append(Graph& whole, const Graph& part, const std::string& prefix) {
  std::map<Value, Value> known;
  for (const auto& port : part.inputs())
    known[port.value] = whole.input(prefix + port.name, part.type(port.value));
  const auto value_of = [&](Value value) {
    const auto found = known.find(value);
    return found != known.end() ? found->second
                                : known[value] = whole.constant(*part.constant_of(value));
  };
  for (const auto* made : part.live_calls()) {
    std::vector<Value> in;
    for (const auto value : made->in) in.push_back(value_of(value));
    const auto out = whole.call_all(made->op(), in, made->call.attrs);
    for (size_t i = 0; i < out.size(); ++i) known[made->out[i]] = out[i];
  }
  for (const auto& port : part.outputs()) whole.output(prefix + port.name, value_of(port.value));
}

// Compiles for each of `targets` and compares all of them, on one and on three threads.
inline void expect_compiles_to_itself(const Graph& graph, const std::vector<Tensor>& inputs,
                                      Tolerance tolerance,
                                      const std::vector<Target>& targets = {
                                          *find_target("native")}) {
  CompileOptions options;
  options.targets = targets;
  if (const char* keep = std::getenv("TURNSTONE_KEEP_SOURCES")) options.keep_sources = keep;
  auto compiled = compile(graph, options);
  ASSERT_TRUE(compiled) << compiled.error().text;
  auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const auto path = folder->path() / "compiled.so";
  ASSERT_TRUE(write_file(path, compiled->object));
  std::unique_ptr<void, int (*)(void*)> library(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL),
                                                dlclose);
  ASSERT_TRUE(library) << dlerror();
  const auto* module = static_cast<const ts_module*>(dlsym(library.get(), "turnstone_module"));
  ASSERT_TRUE(module);
  const auto expected = evaluate(graph, inputs);
  ASSERT_TRUE(expected) << expected.error().text;
  for (size_t variant = 0; variant < targets.size(); ++variant)
    for (const uint32_t threads : {1u, 3u}) {
      SCOPED_TRACE(fmt::format("{} with {} bytes of cache, {} threads", targets[variant].name,
                               targets[variant].l2_bytes, threads));
      const auto actual = run_module(*module, inputs, threads, variant);
      ASSERT_EQ(actual.size(), expected->size());
      for (size_t i = 0; i < actual.size(); ++i)
        EXPECT_EQ(describe_mismatch(actual[i], (*expected)[i], tolerance), "")
            << "output " << graph.outputs()[i].name;
    }
}

}  // namespace turnstone::testing_support
