#include "cli/verify_compiled.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/progress.h"
#include "cli/loaded_code.h"
#include "ops/narrow.h"
#include "tensor/npy.h"

namespace turnstone {
namespace {

// The graph with one output for each group, so that the groups stay what they are.
Graph with_all_results(const Graph& graph, std::vector<std::string>& layers) {
  auto all = graph;
  layers.assign(graph.outputs().size(), "");
  for (size_t i = 0; i < layers.size(); ++i) layers[i] = "output " + graph.outputs()[i].name;
  for (const auto& group : make_groups(graph)) {
    if (group.is_view) continue;
    for (const auto value : group.outputs) {
      const bool narrow = is_narrow(graph.type(value).dtype);
      all.output(fmt::format("layer {}", layers.size()),
                 narrow ? all.call("cast", {value}) : value);
      layers.push_back(describe(graph, group));
    }
  }
  return all;
}

Result<Tensor> input_tensor(const Port& port, const Type& type, const std::filesystem::path& folder,
                            std::mt19937& rng) {
  if (!folder.empty()) {
    const auto file = folder / (port.name + ".npy");
    auto tensor = TRY(read_npy(file));
    if (Type{tensor.dtype(), tensor.shape()} != type)
      return fail(Code::invalid, "{}: is {}{}, wanted: {}", file.string(), print(tensor.dtype()),
                  print(tensor.shape()), print(type));
    return tensor;
  }
  Tensor tensor(type.dtype, type.shape);
  std::normal_distribution<double> real;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (is_float(type.dtype))
      tensor.set_real(i, real(rng));
    else
      tensor.set_integer(i, static_cast<int64_t>(rng()));
  }
  return tensor;
}

bool is_index(DType type) {
  return !is_float(type) && type != DType::i8 && type != DType::u8 && type != DType::i16 &&
         type != DType::u16;
}

// The outputs of the code for one target. Errors: unsupported when this CPU cannot run it.
Result<std::vector<Tensor>> run_here(std::string_view object, const Target& target,
                                     const std::vector<Tensor>& inputs) {
  const auto model = TRY(load_code(object));
  const auto context = TRY(open_context(*model, target.name));
  TRY(bind_inputs(*model, *context, inputs));
  return run_once(*model, *context);
}

}  // namespace

Result<std::vector<LayerError>> verify_compiled(const Graph& graph, const VerifyOptions& options) {
  std::vector<std::string> layers;
  const auto all = with_all_results(graph, layers);
  std::mt19937 rng(1);
  std::vector<Tensor> inputs;
  for (const auto& port : all.inputs())
    inputs.push_back(TRY(input_tensor(port, all.type(port.value), options.inputs, rng)));
  Progress progress("interpreting", static_cast<int64_t>(all.value_count()), options.quiet);
  const auto expected =
      TRY(evaluate(all, inputs, [&](Value value, const Tensor&) { progress.show(value.id); }));
  std::vector<LayerError> errors;
  const auto add = [&](std::string_view object, const Target& target,
                       std::string_view prefix) -> Result<bool> {
    const auto actual = run_here(object, target, inputs);
    if (!actual && actual.error().code == Code::unsupported) return false;
    if (!actual) return std::unexpected(actual.error());
    for (size_t i = 0; i < actual->size(); ++i) {
      const auto difference = compare((*actual)[i], expected[i]);
      errors.push_back({fmt::format("{}{}", prefix, layers[i]), target.name, difference.largest,
                        difference.relative_to_range, is_index((*actual)[i].dtype())});
    }
    return true;
  };
  for (const auto& target : options.targets) {
    if (!TRY(add(options.object, target, "package: "))) continue;
    const auto compiled = TRY(compile(all, {.targets = {target}, .tunings = {&options.tuning}}));
    TRY(add(compiled.object, target, ""));
  }
  if (errors.empty()) return fail(Code::unsupported, "--verify: this CPU runs none of the targets");
  return errors;
}

Result<> check_differences(const std::vector<LayerError>& errors) {
  constexpr double most = 0.25;
  const auto is_wild = [](const LayerError& error) {
    return !std::isfinite(error.largest) || (!error.is_index && error.relative > most);
  };
  const auto first = std::ranges::find_if(errors, is_wild);
  if (first == errors.end()) return {};
  return fail(
      Code::invalid,
      "--verify: {} of {} comparisons differ by more than a quarter of the largest value, the "
      "first by {:.3g}: {} on {}",
      std::ranges::count_if(errors, is_wild), errors.size(), first->largest, first->layer,
      first->target);
}

}  // namespace turnstone
