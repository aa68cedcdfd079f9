// turnstone quantize: a model of reals becomes one of 8-bit integers.
#include "quantize/quantize.h"

#include <algorithm>
#include <limits>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/stderr.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/compiled_run.h"
#include "cli/compiler_commands.h"
#include "cli/model_json.h"
#include "cli/shape_option.h"
#include "exchange/model.h"
#include "exchange/onnx/export.h"
#include "passes/pass.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string file;
  std::vector<std::string> pictures;
  std::string output;
  std::string report;
  std::string range{int8::word_of(int8::QuantizeSettings{}.range)};
  std::vector<std::string> shapes;
  ModelOptions model;
  double max_drop = int8::QuantizeSettings{}.max_drop_percent;
  double held_back = int8::QuantizeSettings{}.held_back;
  uint64_t seed = 0;
  bool equalise = false;
  bool no_bias_correction = false;
  bool reduce_range = false;
  bool json = false;
  bool quiet = false;
};

constexpr std::string_view examples = R"(Examples:
  turnstone quantize mobilenet.onnx --preprocess imagenet --calibrate pictures -o mobilenet8.onnx
  turnstone quantize parts/model.onnx --calibrate pictures more/*.jpg --max-drop 1 -o parts8.onnx
  turnstone quantize detect.onnx --preprocess unit,fit=letterbox --calibrate street \
      --range mse --max-drop 3 --json -o detect8.onnx
Then: turnstone compile mobilenet8.onnx)";

// What the options say without the model. Errors are those of the command line.
struct Settings {
  int8::QuantizeSettings quantize;
  ImportOptions import;
};

Result<> check_ending(std::string_view option, const std::string& name, std::string_view ending) {
  if (name.ends_with(ending)) return {};
  return fail(Code::invalid, "{}: '{}' is wrong, legal are names that end in {}", option,
              printable(name), ending);
}

Result<Settings> settings_of(const Options& options) {
  if (!options.model.preprocess.empty()) TRY(parse_preprocess_spec(options.model.preprocess));
  if (!options.model.decoder.empty()) TRY(parse_decoder_spec(options.model.decoder));
  Settings settings;
  auto& quantize = settings.quantize;
  quantize.pictures.assign(options.pictures.begin(), options.pictures.end());
  quantize.range = TRY(int8::parse_range_method(options.range), "--range");
  quantize.max_drop_percent = options.max_drop;
  if (!(options.held_back > 0 && options.held_back < 1))
    return fail(Code::invalid, "--held-back: {:g} is wrong, legal are shares above 0 and below 1",
                options.held_back);
  if (!(options.max_drop >= 0 && options.max_drop <= 100))
    return fail(Code::invalid, "--max-drop: {:g} is wrong, legal are 0 to 100", options.max_drop);
  TRY(check_ending("--output", options.output, ".onnx"));
  if (!options.report.empty()) TRY(check_ending("--report", options.report, ".json"));
  quantize.held_back = options.held_back;
  quantize.equalise = options.equalise;
  quantize.correct_biases = !options.no_bias_correction;
  quantize.small_pairs = options.reduce_range;
  quantize.seed = options.seed;
  quantize.quiet = options.quiet;
  quantize.stopped = interrupted;
  settings.import.shapes = TRY(parse_shape_options(options.shapes));
  settings.import.as_float = true;
  return settings;
}

fs::path report_path(const Options& options) {
  if (!options.report.empty()) return options.report;
  return fs::path(options.output).replace_extension(".report.json");
}

Result<> check_outputs(const Options& options) {
  const auto report = report_path(options);
  const KeptFile read[] = {{"the model", options.file},
                           {"the file of labels", options.model.labels}};
  for (const auto& path : {fs::path(options.output), report}) {
    TRY(check_replaces_none(path, read));
    TRY(check_new_file(path));
  }
  const KeptFile made[] = {{"the new model", options.output}};
  return check_replaces_none(report, made);
}

// The output that holds classes.
int8::ClassOutput classes_of(const Model& model) {
  if (model.task != Task::classification) return {};
  for (size_t i = 0; i < model.outputs.size(); ++i)
    if (model.outputs[i].role.starts_with("class_")) return i;
  return {};
}

void print_layers(const Json& report) {
  const bool ranked = report["layers"][0].contains("output_snr_db");
  fmt::print("{:>8} {}  {:<10} {}\n", "SNR dB", ranked ? "  at output" : "", "computes in",
             "layer");
  for (const auto& layer : report["layers"])
    fmt::print("{:>8.1f} {}  {:<11} {}\n", layer["snr_db"].get<double>(),
               ranked ? fmt::format("{:>11.1f}", layer["output_snr_db"].get<double>()) : "",
               layer["integers"].get<bool>() ? "integers" : "reals",
               layer["layer"].get<std::string>());
}

std::string result_text(const Json& result) {
  if (!result.contains("agreement_percent"))
    return fmt::format("outputs differ by {:.2f} %", result["drop_percent"].get<double>());
  return fmt::format(
      "the best class agrees on {} of {} pictures, {:.2f} %; outputs differ by {:.2f} %",
      result["agreeing"].get<int64_t>(), result["pictures"].get<int64_t>(),
      result["agreement_percent"].get<double>(), 100 * result["relative_error"].get<double>());
}

void print_summary(const Json& report, const Options& options) {
  print_layers(report);
  fmt::print("calibrated with {} pictures, judged by {} others\n",
             report["calibration_pictures"].get<size_t>(),
             report["held_back_pictures"].get<int64_t>());
  if (const auto& files = report["unreadable"]; !files.empty())
    fmt::print("pictures left out since they cannot be read: {}, the first: {}\n", files.size(),
               printable(files[0].get<std::string>()));
  const auto layers = static_cast<int64_t>(report["layers"].size());
  const auto integers = report["integer_layers"].get<int64_t>();
  if (integers < layers)
    fmt::print("with all layers in integers {}: more than --max-drop {:g}\n",
               result_text(report["all_integers"]), options.max_drop);
  fmt::print("{} of {} layers in integers: {}\n", integers, layers, result_text(report["result"]));
  fmt::print("{}: {:.1f} MB, of {:.1f} MB in reals; report: {}\n", options.output,
             report["bytes"].get<double>() / 1e6, report["real_bytes"].get<double>() / 1e6,
             report_path(options).string());
}

Result<> run(const Options& options, const Settings& settings) {
  TRY(check_outputs(options));
  auto imported = TRY(import_model(options.file, settings.import));
  if (!options.quiet)
    for (const auto& note : imported.notes) print_stderr("note: {}\n", printable(note));
  const auto graph = TRY(optimise(imported.graph));
  const auto name = fs::path(options.file).stem().string();
  const auto model = TRY(make_model(imported, graph, name, options.model), options.file);
  if (model.inputs.empty())
    return fail(Code::unsupported, "{}: the model has no input", options.file);
  auto quantize_settings = settings.quantize;
  quantize_settings.classes = classes_of(model);
  auto made =
      TRY(int8::quantize(graph, model.inputs.front(), make_compiled_run, quantize_settings));
  imported.metadata[std::string(model_json_key)] = print_model(model);
  const auto onnx = TRY(export_onnx(made.graph, name, imported.metadata), options.output);
  const auto reals = TRY(export_onnx(graph, name, imported.metadata), options.file);
  if (interrupted()) return fail(Code::cancelled, "interrupted");
  auto& report = made.report;
  report["model"] = options.file;
  report["output"] = options.output;
  report["bytes"] = onnx.size();
  report["real_bytes"] = reals.size();
  for (const auto& path : {fs::path(options.output), report_path(options)})
    TRY(make_folder_of(path));
  TRY(write_file(options.output, onnx));
  TRY(write_file(report_path(options), print_json_pretty(report)));
  if (options.json)
    fmt::print("{}\n", print_json(report));
  else if (!options.quiet)
    print_summary(report, options);
  return {};
}

}  // namespace

int quantize_command(int argc, char** argv) {
  Options options;
  CLI::App app(
      "A model (ONNX or TFLite) is calibrated with pictures and becomes one of 8-bit integers.",
      "turnstone quantize");
  app.footer(std::string(examples));
  app.add_option("MODEL", options.file, "ONNX or TFLite file")->required();
  app.add_option("--calibrate", options.pictures,
                 "pictures, .npy files of the input, and folders of them: what the model will see")
      ->required();
  app.add_option("-o,--output", options.output, "ONNX file with the quantised model")->required();
  app.add_option("--max-drop", options.max_drop,
                 "percent that may be lost, else layers stay in reals: pictures whose best class "
                 "changes, or, of other models, the difference of the outputs")
      ->capture_default_str();
  app.add_option("--held-back", options.held_back,
                 "share of the pictures that judge and do not calibrate")
      ->capture_default_str();
  app.add_option(
         "--range", options.range,
         "of values: percentile (without 1 in 100,000 at an end), mse (least error), minmax")
      ->capture_default_str();
  app.add_flag("--equalise", options.equalise,
               "scale channels between convolutions to like weights first");
  app.add_flag("--no-bias-correction", options.no_bias_correction,
               "leave biases as they are, and not correct what rounding shifts");
  app.add_flag(
      "--reduce-range", options.reduce_range,
      "neighbouring weights whose products with bytes add up to 16 bits: faster on x86 with AVX2 "
      "alone, and other engines do not saturate there");
  app.add_option("--shape", options.shapes, "INPUT=1,3,640,640: shape of an input; may be repeated")
      ->take_all();
  app.add_option("--labels", options.model.labels, "file with one label a line");
  app.add_option(
      "--preprocess", options.model.preprocess,
      "SPEC: imagenet, unit (0..1), signed (-1..1) or raw (0..255), then key=value pairs "
      "of model.json");
  app.add_option("--decoder", options.model.decoder,
                 "SPEC: a kind, then key=value pairs of model.json, which the new file carries");
  app.add_option("--seed", options.seed, "of which pictures are held back")
      ->check(whole_number(0, std::numeric_limits<int64_t>::max()))
      ->capture_default_str();
  app.add_option("--report", options.report,
                 "file for the report (default: beside the output, NAME.report.json)");
  app.add_flag("--json", options.json, "the report as one JSON document instead of text");
  app.add_flag("-q,--quiet", options.quiet, "no progress and no summary");
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  const auto settings = settings_of(options);
  if (!settings) return report_usage("quantize", settings.error());
  watch_interrupts();
  const auto done = run(options, *settings);
  return done ? exit_done : report("quantize", done.error());
}

}  // namespace turnstone
