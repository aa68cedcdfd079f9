// turnstone compile: a model file becomes a package.
#include "codegen/compile.h"

#include <algorithm>
#include <ctime>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/stderr.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/compiled_run.h"
#include "cli/compiler_commands.h"
#include "cli/model_json.h"
#include "cli/shape_option.h"
#include "cli/tune.h"
#include "cli/verify_compiled.h"
#include "codegen/package.h"
#include "exchange/model.h"
#include "ir/text.h"
#include "ops/narrow.h"
#include "passes/batch.h"
#include "passes/narrow.h"
#include "passes/pass.h"
#include "passes/unsigned_bytes.h"
#include "quantize/leaves.h"
#include "quantize/observe.h"
#include "quantize/pictures.h"
#include "vision/decoders.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string file;
  std::string package;
  std::vector<std::string> targets = {"native"};
  std::vector<std::string> shapes;
  ModelOptions model;
  std::string math = "f32";
  std::string weights = "f32";
  std::vector<std::string> pictures;
  std::string inputs;
  std::string keep;
  std::string tuning;
  int64_t batch = 1;
  int tune_seconds = 0;
  bool verify = false;
  bool dump = false;
  bool explain = false;
  bool json = false;
  bool quiet = false;
};

constexpr std::string_view examples = R"(Examples:
  turnstone compile mobilenet.onnx --labels imagenet.txt --preprocess imagenet
  turnstone compile face.onnx -o face --decoder blazeface --preprocess signed,fit=letterbox
  turnstone compile detect.onnx --shape x=1,3,640,640 --target x86_64_v3,x86_64_v4 -o detect.tar.gz
  turnstone compile model.tflite --target aarch64 -o model-aarch64.tar.gz --verify --explain
  turnstone compile mobilenet.onnx --math bf16 --preprocess imagenet --calibrate pictures
  turnstone compile mobilenet.onnx --tune=120 --tuning mobilenet.tuning)";

std::string utc_now() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Json ports_json(const Graph& graph, const std::vector<Port>& ports) {
  auto list = Json::array();
  for (const auto& port : ports)
    list.push_back({{"name", port.name},
                    {"dtype", print(graph.type(port.value).dtype)},
                    {"shape", graph.shape(port.value)}});
  return list;
}

// The metadata that DLR's users know: compiled.meta.
std::string meta_text(const Graph& graph, const std::vector<Target>& targets) {
  const Json meta = {
      {"Requirements", {{"TargetDevice", targets.front().name}, {"TargetDeviceType", "cpu"}}},
      {"Compilation", {{"CreatedTime", utc_now()}}},
      {"Model",
       {{"Inputs", ports_json(graph, graph.inputs())},
        {"Outputs", ports_json(graph, graph.outputs())}}}};
  return print_json_pretty(meta);
}

std::vector<uint32_t> layout_numbers(const std::vector<std::string>& layouts) {
  std::vector<uint32_t> numbers;
  for (const auto& layout : layouts) numbers.push_back(static_cast<uint32_t>(parse_layout(layout)));
  return numbers;
}

Result<std::vector<Target>> targets_of(const std::vector<std::string>& names) {
  std::vector<Target> targets;
  for (const auto& name : names) {
    auto target = TRY(find_target(name));
    if (std::ranges::find(targets, target.name, &Target::name) == targets.end())
      targets.push_back(std::move(target));
  }
  sort_by_demand(targets);
  return targets;
}

fs::path package_path(const Options& options, const std::vector<Target>& targets) {
  if (!options.package.empty()) return options.package;
  return fmt::format("{}-{}.tar.gz", fs::path(options.file).stem().string(), targets.front().name);
}

// Whether the file left the first extent open, so that the import could set it.
bool takes_batch(const Graph& graph, int64_t batch) {
  return std::ranges::any_of(graph.inputs(), [&](const Port& port) {
    const auto& shape = graph.shape(port.value);
    return !shape.empty() && shape[0] == batch;
  });
}

// Of the strip or attention that computes a group, from 1; 0 where none does.
size_t strip_of(const Scheduled& scheduled, size_t group) {
  for (size_t i = 0; i < scheduled.strips.size(); ++i)
    for (const auto& stage : scheduled.strips[i].stages)
      if (stage.group == group) return i + 1;
  for (size_t i = 0; i < scheduled.attentions.size(); ++i)
    if (scheduled.attentions[i].has(group)) return scheduled.strips.size() + i + 1;
  return 0;
}

Json explain_json(const Graph& graph, const Variant& variant) {
  auto layers = Json::array();
  for (size_t g = 0; g < variant.scheduled.groups.size(); ++g) {
    const auto& s = variant.scheduled.schedules[g];
    const auto& group = variant.scheduled.groups[g];
    if (s.kind == Schedule::Kind::view) continue;
    layers.push_back({{"layer", describe(graph, group)},
                      {"kernel", print_kernel(s)},
                      {"rows", s.rows},
                      {"columns", s.columns},
                      {"vectors", s.vectors},
                      {"lanes", s.lanes},
                      {"strip", strip_of(variant.scheduled, g)},
                      {"mflop", static_cast<double>(flops_of(graph, group)) / 1e6},
                      {"bytes", bytes_of(graph, group)}});
  }
  return layers;
}

void print_explanation(const Json& layers) {
  fmt::print("{:<16} {:>10} {:>5} {:>9} {:>9}  {}\n", "kernel", "tile", "strip", "MFLOP", "KB",
             "layer");
  for (const auto& layer : layers) {
    const auto strip = layer["strip"].get<size_t>();
    fmt::print("{:<16} {:>10} {:>5} {:>9.2f} {:>9.1f}  {}\n", layer["kernel"].get<std::string>(),
               fmt::format("{}x{}x{}", layer["rows"].get<int>(), layer["columns"].get<int>(),
                           layer["vectors"].get<int>()),
               strip > 0 ? std::to_string(strip) : "-", layer["mflop"].get<double>(),
               layer["bytes"].get<double>() / 1024, layer["layer"].get<std::string>());
  }
}

void print_verification(const std::vector<LayerError>& errors, const Options& options,
                        Json& report) {
  auto list = Json::array();
  if (!options.json)
    fmt::print("{:<10} {:>10} {:>10}  {}\n", "target", "largest", "relative",
               "difference of layer");
  for (const auto& error : errors) {
    list.push_back({{"target", error.target},
                    {"layer", error.layer},
                    {"largest", error.largest},
                    {"relative", error.relative}});
    if (!options.json)
      fmt::print("{:<10} {:>10.3g} {:>10.3g}  {}\n", error.target, error.largest, error.relative,
                 printable(error.layer));
  }
  report["verify"] = std::move(list);
}

// What the options say without the model. Errors are those of the command line.
struct Settings {
  std::vector<Target> targets;
  ImportOptions import;
};

Result<Settings> settings_of(const Options& options) {
  if (!options.inputs.empty() && !options.verify)
    return fail(Code::invalid, "--inputs are for --verify");
  if (options.math == "bf16" && options.weights == "f16")
    return fail(Code::invalid, "--math bf16 has weights of bf16, --weights is f16");
  if (!options.pictures.empty() && options.math == "f32" && options.weights == "f32")
    return fail(Code::invalid, "--calibrate is for --weights and --math of 16 bits");
  if (!options.model.preprocess.empty()) TRY(parse_preprocess_spec(options.model.preprocess));
  if (!options.model.decoder.empty()) TRY(parse_decoder_spec(options.model.decoder));
  Settings settings{.targets = TRY(targets_of(options.targets)), .import = {}};
  settings.import.shapes = TRY(parse_shape_options(options.shapes));
  settings.import.batch = options.batch;
  return settings;
}

class Compilation {
 public:
  Compilation(const Options& options, Settings settings)
      : options_(options), settings_(std::move(settings)) {}

  Result<> run() {
    const auto& targets = settings_.targets;
    const auto path = package_path(options_, targets);
    TRY(check_outputs(path));
    show("reading");
    const auto imported = TRY(import_model(options_.file, settings_.import));
    for (const auto& note : imported.notes) tell_note(printable(note));
    show("rewriting");
    if (options_.dump) fmt::print("# imported\n{}\n", print(imported.graph, 8));
    auto graph = TRY(optimise(imported.graph, [&](std::string_view pass, const Graph& g) {
      if (options_.dump) fmt::print("# after {}\n{}\n", pass, print(g, 8));
    }));
    if (options_.batch != 1 && !takes_batch(graph, options_.batch))
      graph = TRY(with_batch(graph, options_.batch),
                  fmt::format("{}: --batch {}", options_.file, options_.batch));
    const auto name = fs::path(options_.file).stem().string();
    const auto model = TRY(make_model(imported, graph, name, options_.model), options_.file);
    if (options_.weights == "f16")
      for (const auto& note : faint_weights(graph)) tell_note(note);
    graph = TRY(narrowed(graph, model), options_.file);
    if (const auto option = narrow_option(); !option.empty() && !holds_narrow(graph))
      tell_note(fmt::format("{} changes nothing: the model has no weights that it rounds", option));
    for (const auto& note : missing_settings(model, graph)) tell_note(note);
    for (const auto& note : wild_weights(graph)) tell_note(note);
    if (wants_unsigned_bytes(targets)) graph = TRY(with_unsigned_bytes(graph));
    if (options_.dump) fmt::print("# as it is compiled\n{}\n", print(graph, 8));
    const auto tuning = TRY(tuned(graph, targets));
    CompileOptions compile_options{.targets = targets,
                                   .input_layouts = layout_numbers(imported.input_layouts),
                                   .output_layouts = layout_numbers(imported.output_layouts),
                                   .tunings = {targets.size(), &tuning},
                                   .keep_sources = options_.keep,
                                   .progress = [&](std::string_view what) { show(what); }};
    const auto compiled = TRY(compile(graph, compile_options));
    if (interrupted()) return fail(Code::cancelled, "interrupted");
    TRY(write_package(path, {{"compiled.so", compiled.object},
                             {"compiled.meta", meta_text(graph, targets)},
                             {"model.json", print_model(model)}}));
    return tell(graph, compiled, path, tuning);
  }

 private:
  Result<> check_outputs(const fs::path& package) const {
    const KeptFile read[] = {{"the model", options_.file},
                             {"the file of labels", options_.model.labels},
                             {"the file of --tuning", options_.tuning}};
    for (const auto& path : package_paths(package)) TRY(check_replaces_none(path, read));
    TRY(check_package_path(package));
    if (!options_.keep.empty()) TRY(check_own_folder(options_.keep, "module.c", "kept sources"));
    if (!options_.tuning.empty()) TRY(check_replaces_none(options_.tuning, {read, 2}));
    return {};
  }

  void tell_note(std::string_view note) {
    if (!options_.quiet) print_stderr("note: {}\n", note);
  }

  void show(std::string_view what) { progress_.show(0, what); }

  // What asks for reals of 16 bits, if anything does; --math implies its weights.
  std::string narrow_option() const {
    if (options_.math != "f32") return fmt::format("--math {}", options_.math);
    return options_.weights != "f32" ? fmt::format("--weights {}", options_.weights) : "";
  }

  // Whether any target has products that take an operand of bytes without a sign.
  static bool wants_unsigned_bytes(const std::vector<Target>& targets) {
    return std::ranges::any_of(
        targets, [](const Target& target) { return has_feature(KernelFeature::avx2, target); });
  }

  static bool holds_narrow(const Graph& graph) {
    return std::ranges::any_of(graph.live_calls(), [&](const Made* made) {
      return std::ranges::any_of(made->call.in,
                                 [](const Type& type) { return is_narrow(type.dtype); });
    });
  }

  // The graph with weights and arithmetic of the types that were asked for.
  Result<Graph> narrowed(const Graph& graph, const Model& model) {
    const auto option = narrow_option();
    if (option.empty()) return graph;
    const auto observed = TRY(observations(graph, model));
    show("rounding");
    auto result = TRY(options_.math == "bf16"
                          ? with_narrow_math(graph, observed)
                          : with_narrow_weights(graph, *parse_dtype(options_.weights), observed),
                      option);
    if (options_.dump) fmt::print("# after {}\n{}\n", option, print(result, 8));
    return result;
  }

  // What products read while pictures pass, which decides how weights are rounded.
  Result<Observed> observations(const Graph& graph, const Model& model) {
    const auto values = inputs_of_products(graph);
    if (values.empty() && options_.pictures.empty()) return Observed{};
    int64_t bytes = 0;
    for (const auto value : values) bytes += size_bytes(graph.type(value));
    const auto inputs = pictures_for(model, bytes);
    if (!inputs && !options_.pictures.empty())
      return fail(inputs.error().code, "--calibrate: {}", inputs.error().text);
    if (!inputs)
      tell_note(fmt::format("weights are rounded without knowing what meets them: {}",
                            inputs.error().text));
    if (!inputs || values.empty()) return Observed{};
    show("observing");
    return int8::observe(graph, values, *inputs, make_compiled_run);
  }

  // Inputs from the pictures of --calibrate, of many some of all over; or from made-up ones. Of
  // each input, `bytes` of values will be kept.
  Result<std::vector<Tensor>> pictures_for(const Model& model, int64_t bytes) {
    constexpr int64_t most_pictures = 16, most_bytes = int64_t{1} << 30;
    constexpr int made_up = 2;
    if (model.inputs.size() != 1)
      return fail(Code::unsupported, "the model has {} inputs, wanted: 1", model.inputs.size());
    if (options_.pictures.empty()) return int8::inputs_of_leaves(model.inputs[0], made_up);
    auto pictures = TRY(int8::Pictures::open({options_.pictures.begin(), options_.pictures.end()},
                                             model.inputs[0]));
    const auto most =
        std::clamp<int64_t>(most_bytes / std::max<int64_t>(bytes, 1), made_up, most_pictures);
    const auto count = std::min(pictures.count(), static_cast<size_t>(most));
    if (count < pictures.count())
      tell_note(
          fmt::format("--calibrate: {} of {} pictures are looked at", count, pictures.count()));
    std::vector<Tensor> inputs;
    std::vector<std::string> unreadable;
    for (size_t i = 0; i < count; ++i) {
      const auto at = i * pictures.count() / count;
      auto input = pictures.read(at);
      if (!input) {
        unreadable.push_back(input.error().text);
        continue;
      }
      TRY(check_numbers(*input), pictures.file(at).string());
      inputs.push_back(std::move(*input));
    }
    if (inputs.empty())
      return fail(Code::invalid, "none of {} pictures can be read, the first: {}", count,
                  unreadable.front());
    if (!unreadable.empty())
      tell_note(
          fmt::format("--calibrate: pictures left out since they cannot be read: {}, the first: {}",
                      unreadable.size(), printable(unreadable.front())));
    return inputs;
  }

  static Result<> check_numbers(const Tensor& input) {
    if (input.dtype() != DType::f32) return {};
    const auto wild = int8::find_unobservable(input);
    if (!wild) return {};
    return fail(Code::invalid, "element {} is {}, wanted: numbers within {:g}", *wild,
                input.as<float>()[static_cast<size_t>(*wild)], int8::most_observed);
  }

  // What the file of --tuning knows, and with --tune what is measured now.
  Result<Tuning> tuned(const Graph& graph, const std::vector<Target>& targets) {
    Tuning tuning;
    if (!options_.tuning.empty() && (options_.tune_seconds == 0 || fs::exists(options_.tuning)))
      tuning = TRY(read_tuning(options_.tuning));
    if (options_.tune_seconds == 0) return tuning;
    progress_.clear();
    for (const auto& target : targets) {
      if (!runs_here(target))
        return fail(Code::unsupported, "--tune: this machine cannot run code for '{}'",
                    target.name);
      TRY(tune(graph, target,
               {.budget = std::chrono::seconds(options_.tune_seconds), .quiet = options_.quiet},
               tuning));
    }
    if (!options_.tuning.empty()) TRY(write_tuning(tuning, options_.tuning));
    return tuning;
  }

  Result<> tell(const Graph& graph, const Compiled& compiled, const fs::path& path,
                const Tuning& tuning) {
    const auto& targets = settings_.targets;
    progress_.clear();
    Json report = {{"package", path.string()},
                   {"inputs", ports_json(graph, graph.inputs())},
                   {"outputs", ports_json(graph, graph.outputs())},
                   {"variants", Json::array()}};
    for (const auto& variant : compiled.variants) {
      Json entry = {{"target", variant.target.name},
                    {"weights_bytes", variant.weights.size()},
                    {"scratch_bytes", variant.plan.arena_bytes + variant.plan.ring_bytes}};
      if (options_.explain) {
        entry["layers"] = explain_json(graph, variant);
        if (!options_.json) print_explanation(entry["layers"]);
      }
      report["variants"].push_back(std::move(entry));
    }
    std::vector<LayerError> differences;
    if (options_.verify) {
      differences = TRY(verify_compiled(graph, {.targets = targets,
                                                .object = compiled.object,
                                                .tuning = tuning,
                                                .inputs = options_.inputs,
                                                .quiet = options_.quiet}));
      print_verification(differences, options_, report);
    }
    std::vector<std::string> names;
    for (const auto& variant : compiled.variants) names.push_back(variant.target.name);
    if (options_.json)
      fmt::print("{}\n", print_json(report));
    else if (!options_.quiet)
      fmt::print("{}: {} for {}, {:.1f} MB\n", path.string(),
                 names.size() == 1 ? "code" : "variants", join(names, ", "),
                 static_cast<double>(compiled.object.size()) / 1e6);
    return check_differences(differences);
  }

  const Options& options_;
  const Settings settings_;
  Progress progress_{"compile", 0, options_.quiet};
};

}  // namespace

int compile_command(int argc, char** argv) {
  Options options;
  CLI::App app("A model file (ONNX or TFLite) becomes a package for one or more targets.",
               "turnstone compile");
  app.footer(std::string(examples));
  app.add_option("MODEL", options.file, "ONNX or TFLite file")->required();
  app.add_option(
      "-o,--output", options.package,
      "package: a folder, or NAME.tar.gz, NAME.tgz or NAME.so (default: MODEL-TARGET.tar.gz)");
  app.add_option("--target", options.targets, "machines: " + join(target_names(), ", "))
      ->delimiter(',');
  app.add_option("--shape", options.shapes, "INPUT=1,3,640,640: shape of an input; may be repeated")
      ->take_all();
  app.add_option("--batch", options.batch, "pictures that one run takes")
      ->check(whole_number(1, 4096));
  app.add_option("--labels", options.model.labels, "file with one label a line");
  app.add_option("--preprocess", options.model.preprocess,
                 "SPEC: imagenet, unit (0..1), signed (-1..1) or raw (0..255: real values, of a "
                 "quantised model too), then key=value pairs of model.json");
  app.add_option("--decoder", options.model.decoder,
                 "SPEC: a kind, then key=value pairs of model.json; the kinds:\n" + decoder_help());
  app.add_option("--math", options.math,
                 "f32, or bf16: convolutions and products multiply bf16 and sum in f32, values "
                 "between layers are bf16")
      ->check(CLI::IsMember({"f32", "bf16"}));
  app.add_option("--weights", options.weights,
                 "what weights of convolutions and products are stored as: f32, or f16 or bf16, "
                 "rounded, half as large; arithmetic stays f32")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  app.add_option(
      "--calibrate", options.pictures,
      "with --weights or --math: pictures, .npy files of the input, and folders of them, "
      "by which weights are rounded, a dozen or more; of more than 16, 16 from all over "
      "are looked at, of large models fewer (default: made-up pictures)");
  app.add_flag(
      "--verify", options.verify,
      "compare every layer with the interpreter; fails where one differs by more than a quarter");
  app.add_option("--inputs", options.inputs, "with --verify: folder with NAME.npy of inputs");
  app.add_flag("--dump", options.dump,
               "print the graph after each pass that changed it, and as it is compiled");
  app.add_option("--tune", options.tune_seconds,
                 "measure on this machine how each layer is computed best, for so many seconds")
      ->expected(0, 1)
      ->default_str("60")
      ->check(whole_number(1, 86400));
  app.add_option("--tuning", options.tuning,
                 "file of what was measured: read, and with --tune written");
  app.add_flag(
      "--explain", options.explain,
      "print kernel, tile (rows x columns x vectors of channels), strip and size of every layer");
  app.add_option("--keep-sources", options.keep, "folder that receives the generated C");
  app.add_flag("--json", options.json, "one JSON document instead of text");
  app.add_flag("-q,--quiet", options.quiet, "no progress and no summary");
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  auto settings = settings_of(options);
  if (!settings) return report_usage("compile", settings.error());
  watch_interrupts();
  const auto done = Compilation(options, *std::move(settings)).run();
  return done ? exit_done : report("compile", done.error());
}

}  // namespace turnstone
