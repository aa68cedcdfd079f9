// compile --verify: compiled code beside the interpreter, layer by layer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "codegen/compile.h"

namespace turnstone {

struct LayerError {
  std::string layer;  // our words
  std::string target;
  double largest = 0;   // distance of two elements
  double relative = 0;  // the same over the largest expected element
  bool is_index =
      false;  // integers of 32 bits or more, and truths: where two reals are nearly one these jump
};

struct VerifyOptions {
  std::vector<Target> targets;
  std::string_view object;  // compiled.so of the package, with code for all targets
  const Tuning& tuning;
  std::filesystem::path inputs;  // folder with NAME.npy for inputs; others are random
  bool quiet = false;
};

// Runs the package on this machine and compares its outputs with the interpreter's; then compiles
// the graph with the result of every group as an output, which tells a fault's layer, and compares
// each. The second code keeps more values in memory than the first, so that both are wanted.
// Targets that this CPU cannot run are left out. Errors: those of compile; invalid inputs;
// unsupported when no target runs here.
Result<std::vector<LayerError>> verify_compiled(const Graph& graph, const VerifyOptions& options);

// Whether all differences are what rounding explains. Errors: invalid where one side alone is
// infinite or NaN, or where values of another kind than indices differ by more than a quarter of
// the largest.
Result<> check_differences(const std::vector<LayerError>& errors);

}  // namespace turnstone
