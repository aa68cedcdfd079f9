#include "cli/verify_compiled.h"

#include <turnstone.h>

#include <cstring>
#include <memory>
#include <random>

#include "base/files.h"
#include "base/progress.h"
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
      all.output(fmt::format("layer {}", layers.size()), value);
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

using ModelHandle = std::unique_ptr<ts_model, decltype(&ts_close)>;
using ContextHandle = std::unique_ptr<ts_context, decltype(&ts_context_close)>;

// The outputs of the code for one target. Errors: unsupported when this CPU cannot run it.
Result<std::vector<Tensor>> run_here(const std::filesystem::path& object, const Target& target,
                                     const Graph& graph, const std::vector<Tensor>& inputs) {
  ts_model* model = nullptr;
  char text[512] = "";
  if (const auto status = ts_open_detail(object.c_str(), text, sizeof text, &model);
      status != TS_OK)
    return fail(status == TS_WRONG_CPU ? Code::unsupported : Code::invalid, "{}", text);
  const ModelHandle model_owner(model, ts_close);
  if (ts_choose_variant(model, target.name.c_str()) != TS_OK)
    return fail(Code::unsupported, "this CPU cannot run '{}'", target.name);
  ts_context* context = nullptr;
  if (const auto status = ts_context_open(model, nullptr, &context); status != TS_OK)
    return fail(Code::unavailable, "{}", ts_status_text(status));
  const ContextHandle context_owner(context, ts_context_close);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto& tensor = inputs[i];
    const auto* info = ts_input_info(model, static_cast<int>(i));
    if (const auto status =
            ts_set_input(context, static_cast<int>(i), tensor.bytes(), info->type,
                         tensor.shape().data(), static_cast<int>(tensor.shape().size()));
        status != TS_OK)
      return fail(Code::invalid, "input {}: {}", i, ts_status_text(status));
  }
  if (const auto status = ts_run(context); status != TS_OK)
    return fail(Code::unavailable, "{}", ts_status_text(status));
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const auto& type = graph.type(graph.outputs()[i].value);
    Tensor tensor(type.dtype, type.shape);
    std::memcpy(tensor.mutable_bytes(), ts_output(context, static_cast<int>(i)),
                static_cast<size_t>(tensor.size_bytes()));
    outputs.push_back(std::move(tensor));
  }
  return outputs;
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
  const auto work = TRY(TemporaryFolder::make("turnstone-verify"));
  const auto package = work.path() / "package.so";
  const auto inspected = work.path() / "inspected.so";
  TRY(write_file(package, options.object));
  std::vector<LayerError> errors;
  const auto add = [&](const std::filesystem::path& object, const Target& target, const Graph& code,
                       std::string_view prefix) -> Result<bool> {
    const auto actual = run_here(object, target, code, inputs);
    if (!actual && actual.error().code == Code::unsupported) return false;
    if (!actual) return std::unexpected(actual.error());
    for (size_t i = 0; i < actual->size(); ++i) {
      const auto difference = compare((*actual)[i], expected[i]);
      errors.push_back({fmt::format("{}{}", prefix, layers[i]), target.name, difference.largest,
                        difference.relative_to_range});
    }
    return true;
  };
  for (const auto& target : options.targets) {
    if (!TRY(add(package, target, graph, "package: "))) continue;
    const auto compiled = TRY(compile(all, {.targets = {target}, .tunings = {&options.tuning}}));
    TRY(write_file(inspected, compiled.object));
    TRY(add(inspected, target, all, ""));
  }
  if (errors.empty()) return fail(Code::unsupported, "--verify: this CPU runs none of the targets");
  return errors;
}

}  // namespace turnstone
