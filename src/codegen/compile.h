// From a graph to the files of a package.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "codegen/module_text.h"

namespace turnstone {

struct CompileOptions {
  std::vector<Target> targets = {};           // of one architecture, the preferred first
  std::vector<uint32_t> input_layouts = {};   // TS_LAYOUT_ for each input, or empty
  std::vector<uint32_t> output_layouts = {};  // for each output, or empty
  std::vector<const Tuning*> tunings = {};    // what is known for each target, or empty
  std::filesystem::path keep_sources = {};    // folder that receives the generated files, or empty
  std::function<void(std::string_view)> progress = {};  // told what is being done; may be empty
};

struct Compiled {
  std::vector<Variant> variants;
  std::string object;  // content of compiled.so
};

// Generates, compiles and links. The graph must be verified. Errors: invalid (targets of different
// architectures), unsupported (more memory than the target can address), unavailable (clang or
// lld).
Result<Compiled> compile(const Graph& graph, const CompileOptions& options);

}  // namespace turnstone
