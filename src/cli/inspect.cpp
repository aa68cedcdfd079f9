// turnstone inspect: what a model or a package holds.
#include <map>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/compiler_commands.h"
#include "cli/loaded_code.h"
#include "cli/shape_option.h"
#include "codegen/schedule.h"
#include "exchange/model.h"
#include "ir/text.h"
#include "passes/pass.h"
#include "vision/package.h"
#include "vision/settings_json.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string path;
  std::vector<std::string> shapes;
  bool dump = false;
  bool coverage = false;
  bool taps = false;
  bool json = false;
};

Json ports_json(const Graph& graph, const std::vector<Port>& ports) {
  auto list = Json::array();
  for (const auto& port : ports) {
    Json entry = {{"name", port.name}, {"type", print(graph.type(port.value))}};
    if (port.quantisation.scale != 0) {
      entry["scale"] = port.quantisation.scale;
      entry["zero"] = port.quantisation.zero;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

// Calls of each operator, the portable ones apart: those run without a kernel of their own.
Json operators_json(const Graph& graph) {
  std::map<std::string, int> counts;
  for (const auto* made : graph.live_calls()) ++counts[std::string(made->op())];
  Json list = Json::object();
  for (const auto& [op, n] : counts) list[op] = n;
  return list;
}

Json coverage_json(const Graph& graph) {
  const auto target = find_target("native");
  Json kernels = Json::object();
  if (!target) return kernels;
  const auto scheduled = make_schedule(graph, *target);
  for (size_t g = 0; g < scheduled.groups.size(); ++g) {
    const auto& group = scheduled.groups[g];
    std::string name(print_kernel(scheduled.schedules[g]));
    if (name == "portable") name += fmt::format(" {}", group.anchor->op());
    auto& entry = kernels[name];
    if (entry.is_null()) entry = {{"groups", 0}, {"mflop", 0.0}};
    entry["groups"] = entry["groups"].get<int>() + 1;
    entry["mflop"] =
        entry["mflop"].get<double>() + static_cast<double>(flops_of(graph, group)) / 1e6;
  }
  return kernels;
}

// What `turnstone train` can cut the model at: it reads a model in floats, one picture at a time.
Result<Json> taps_json(const Options& options, ImportOptions import_options) {
  import_options.as_float = true;
  const auto imported = TRY(import_model(options.path, import_options));
  auto list = Json::array();
  for (const auto& [name, value, quantisation] : imported.values) {
    const auto& type = imported.graph.type(value);
    if (type.dtype != DType::f32 || type.shape.empty() || type.shape[0] != 1) continue;
    if (imported.graph.constant_of(value)) continue;
    list.push_back({{"name", name}, {"type", print(type)}});
  }
  return list;
}

Result<Json> inspect_model(const Options& options, const ImportOptions& import_options) {
  const auto imported = TRY(import_model(options.path, import_options));
  const auto graph = TRY(optimise(imported.graph), options.path);
  if (options.dump) fmt::print("{}", print(graph, 8));
  uint64_t flops = 0;
  for (const auto& group : make_groups(graph)) flops += flops_of(graph, group);
  int64_t constants = 0;
  for (const auto* made : graph.live_calls())
    for (const auto value : made->in)
      if (const auto* constant = graph.constant_of(value)) constants += constant->size_bytes();
  Json report = {{"model", imported.name},
                 {"inputs", ports_json(graph, graph.inputs())},
                 {"outputs", ports_json(graph, graph.outputs())},
                 {"operators", operators_json(graph)},
                 {"gflop", static_cast<double>(flops) / 1e9},
                 {"constants_bytes", constants},
                 {"notes", imported.notes}};
  if (options.coverage) report["coverage"] = coverage_json(graph);
  if (options.taps) report["taps"] = TRY(taps_json(options, import_options));
  return report;
}

Json value_json(const ts_value& value) {
  auto shape = Json::array();
  for (int i = 0; i < value.rank; ++i) shape.push_back(value.shape[i]);
  return {{"name", value.name}, {"type", ts_type_name(value.type)}, {"shape", shape}};
}

Result<Json> describe_code(const fs::path& path) {
  const auto model = TRY(open_code(path));
  auto* opened = model.get();
  Json report = {{"inputs", Json::array()},
                 {"outputs", Json::array()},
                 {"variants", Json::array()},
                 {"variant", ts_variant_name(opened)}};
  for (int i = 0; i < ts_input_count(opened); ++i)
    report["inputs"].push_back(value_json(*ts_input_info(opened, i)));
  for (int i = 0; i < ts_output_count(opened); ++i)
    report["outputs"].push_back(value_json(*ts_output_info(opened, i)));
  for (int i = 0; i < ts_variant_count(opened); ++i)
    report["variants"].push_back(ts_variant_name_of(opened, i));
  const auto& memory = *ts_memory_of(opened);
  report["weights_bytes"] = memory.weights_bytes;
  report["scratch_bytes"] = memory.scratch_bytes + memory.thread_bytes;
  return report;
}

// What model.json says of a package whose code this machine cannot load.
Json describe_model(const Model& model) {
  Json report = {{"inputs", Json::array()}, {"outputs", Json::array()}};
  for (const auto& input : model.inputs)
    report["inputs"].push_back(
        {{"name", input.name}, {"type", print(input.dtype)}, {"shape", input.shape}});
  for (const auto& output : model.outputs) report["outputs"].push_back({{"name", output.name}});
  return report;
}

Result<Json> inspect_package(const fs::path& path) {
  const auto package = TRY(open_package(path));
  const auto code = describe_code(package.path);
  if (!code && !package.model)
    return std::unexpected(in_package(code.error(), package.folder.get(), path));
  auto report = code ? *code : describe_model(*package.model);
  if (!code) report["trouble"] = in_package(code.error(), package.folder.get(), path).text;
  report["package"] = path.string();
  if (package.model) report["model"] = to_json(*package.model);
  return report;
}

Result<Json> inspect(const Options& options, const ImportOptions& import_options) {
  return is_package(options.path) ? inspect_package(options.path)
                                  : inspect_model(options, import_options);
}

void print_ports(const Json& list, std::string_view kind) {
  for (const auto& port : list) {
    auto type = port.contains("type") ? ": " + port["type"].get<std::string>() : "";
    if (port.contains("shape")) type += print_json(port["shape"]);
    if (port.contains("scale"))
      type += fmt::format(" scale={} zero={}", port["scale"].get<double>(),
                          port["zero"].get<int64_t>());
    fmt::print("{:<8} {}{}\n", kind, printable(port["name"].get<std::string>()), type);
  }
}

// How pictures become inputs, and what the outputs mean.
void print_meaning(const Json& model) {
  for (const auto& input : model["inputs"])
    if (input.contains("preprocess"))
      fmt::print("{:<8} {}: {}\n", "picture", printable(input["name"].get<std::string>()),
                 print_json(input["preprocess"]));
  if (model.contains("decoder")) {
    auto decoder = model["decoder"];
    for (auto& value : decoder)  // anchors may be thousands of numbers
      if (print_json(value).size() > 200) value = "...";
    fmt::print("{:<8} {}\n", "decoder", print_json(decoder));
  }
  std::vector<std::string> labels;
  for (const auto& label : model["labels"]) labels.push_back(label.get<std::string>());
  if (!labels.empty())
    fmt::print("{:<8} {}: {}\n", "labels", labels.size(), printable(join(labels, ", "), 200));
}

void print_report(const Json& report) {
  print_ports(report["inputs"], "input");
  print_ports(report["outputs"], "output");
  if (report.contains("operators")) {
    std::string text;
    for (const auto& [op, n] : report["operators"].items())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n.get<int>(), op);
    fmt::print("{:<8} {:.3f} GFLOP, {:.1f} MB of constants: {}\n", "calls",
               report["gflop"].get<double>(), report["constants_bytes"].get<double>() / 1e6, text);
    for (const auto& note : report["notes"])
      fmt::print("{:<8} {}\n", "note", printable(note.get<std::string>()));
  }
  if (report.contains("taps")) print_ports(report["taps"], "tap");
  if (report.contains("coverage"))
    for (const auto& [kernel, entry] : report["coverage"].items())
      fmt::print("{:<8} {:<24} {:>4} groups {:>9.2f} MFLOP\n", "kernel", kernel,
                 entry["groups"].get<int>(), entry["mflop"].get<double>());
  if (report.contains("variants"))
    fmt::print("{:<8} {}, here: {}; weights {:.1f} MB, scratch memory {:.1f} MB\n", "variants",
               print_json(report["variants"]), report["variant"].get<std::string>(),
               report["weights_bytes"].get<double>() / 1e6,
               report["scratch_bytes"].get<double>() / 1e6);
  if (report.contains("trouble"))
    fmt::print("{:<8} does not run here: {}\n", "code", report["trouble"].get<std::string>());
  if (report.contains("model") && report["model"].is_object()) print_meaning(report["model"]);
}

}  // namespace

int inspect_command(int argc, char** argv) {
  Options options;
  CLI::App app("What a model file or a package holds.", "turnstone inspect");
  app.footer(
      "Examples:\n"
      "  turnstone inspect model.onnx --coverage\n"
      "  turnstone inspect model.tflite --dump > model.txt\n"
      "  turnstone inspect face.tar.gz --json");
  app.add_option("PATH", options.path, "ONNX or TFLite file, or a package")->required();
  app.add_option("--shape", options.shapes, "INPUT=1,3,640,640: shape of an input; may be repeated")
      ->take_all();
  app.add_flag("--dump", options.dump, "print the graph as it is compiled");
  app.add_flag("--coverage", options.coverage, "which kernels compute it on this machine");
  app.add_flag("--taps", options.taps, "the values that `turnstone train --tap` can name");
  app.add_flag("--json", options.json, "one JSON document instead of text");
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  auto shapes = parse_shape_options(options.shapes);
  if (!shapes) return report_usage("inspect", shapes.error());
  if (is_package(options.path) && (options.dump || options.coverage || options.taps))
    return report_usage(
        "inspect", {Code::invalid, "--dump, --coverage and --taps are for models, not packages"});
  const auto done = inspect(options, {.shapes = *std::move(shapes)});
  if (!done) return report("inspect", done.error());
  if (options.json)
    fmt::print("{}\n", print_json(*done));
  else
    print_report(*done);
  return exit_done;
}

}  // namespace turnstone
