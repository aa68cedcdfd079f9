// turnstone train: a labelled data set becomes a model.

#include <limits>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/train_commands.h"
#include "train/recipe.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string recipe;
  std::vector<std::string> data;
  std::string backbone;
  std::string tap;
  std::string preprocess;
  std::string folder;
  std::string group;
  std::vector<std::string> where;
  std::string val = "0.2";
  std::string label;
  uint64_t seed = 0;
  int epochs = HeadSettings{}.epochs;
  bool json = false;
  bool quiet = false;
};

constexpr std::string_view examples = R"(Examples:
  turnstone train --recipe head --data parts.manifest --backbone mobilenet_v2.tflite -o parts
  turnstone train --recipe head --data day1.manifest day2.manifest --backbone mobilenet_v2.onnx \
      --preprocess imagenet --group camera --val 0.3 -o parts
  turnstone train --recipe head --data turntable.manifest --backbone mobilenet_v2.tflite \
      --where stop=0,1 --group stop --val none -o turntable
  turnstone train --recipe head --data recorded/data.npy --backbone mobilenet_v2.tflite -o parts
Then: turnstone compile parts/model.onnx -o parts/package)";

Result<RecipeSettings> settings_of(const Options& options) {
  RecipeSettings settings;
  settings.data.assign(options.data.begin(), options.data.end());
  settings.label = options.label;
  for (const auto& text : options.where)
    settings.where.push_back(TRY(parse_where(text), "--where"));
  settings.split = {options.group, TRY(parse_val(options.val), "--val"), options.seed};
  if (!options.preprocess.empty()) TRY(parse_preprocess_spec(options.preprocess));
  settings.backbone = {options.backbone, options.tap, options.preprocess};
  settings.head.seed = options.seed;
  settings.head.epochs = options.epochs;
  settings.folder = options.folder;
  std::error_code error;
  const auto self = fs::read_symlink("/proc/self/exe", error);
  settings.compiler = self.parent_path() / "turnstone-compiler";
  settings.quiet = options.quiet;
  settings.stopped = interrupted;
  return settings;
}

std::string accuracy_text(const Json& share) {
  if (share["of"] == 0) return "-";
  const auto& bounds = share["interval_95"];
  return fmt::format("{:.4f}  {} of {}, 95 % interval {:.3f} to {:.3f}",
                     share["value"].get<double>(), share["right"].get<int64_t>(),
                     share["of"].get<int64_t>(), bounds[0].get<double>(), bounds[1].get<double>());
}

void print_summary(const Json& metrics, const Options& options) {
  fmt::print("{:<24} {}\n", "accuracy", "");
  for (const auto* name : {"train", "val", "held_out"}) {
    const auto& set = metrics[name];
    if (set.is_null()) continue;
    fmt::print("  {:<22} {}\n", name, accuracy_text(set["accuracy"]));
    if (!set.contains("groups")) continue;
    for (const auto& [group, share] : set["groups"].items())
      fmt::print("    {:<20} {}\n", printable(fmt::format("{} {}", options.group, group), 40),
                 accuracy_text(share));
  }
  if (const auto count = metrics["unreadable"].get<int64_t>())
    fmt::print("pictures left out since they cannot be read: {}\n", count);
  if (const auto count = metrics["unlabelled"].get<int64_t>())
    fmt::print("pictures left out since they have no label: {}\n", count);
  fmt::print("{}: the model, and how it came to be; next: turnstone compile {}\n", options.folder,
             (fs::path(options.folder) / "model.onnx").string());
}

}  // namespace

int train_command(int argc, char** argv) {
  Options options;
  CLI::App app("Learns a model from a labelled data set.", "turnstone train");
  app.footer(std::string(examples));
  app.add_option("--recipe", options.recipe,
                 "how: head, a classifier on the features of a trained backbone")
      ->required()
      ->check(CLI::IsMember({"head"}));
  app.add_option("--data", options.data,
                 "manifests (Ground Truth lines), or data.npy with labels.npy beside it")
      ->required();
  app.add_option("--backbone", options.backbone, "trained net, ONNX or TFLite")->required();
  app.add_option("--tap", options.tap,
                 "value of the backbone to take as features, which `turnstone inspect BACKBONE "
                 "--taps` lists (default: its last global pooling)");
  app.add_option("-o,--output", options.folder, "folder for the model and its report")->required();
  app.add_option("--group", options.group,
                 "field whose pictures of one value stay on one side of the split");
  app.add_option("--where", options.where,
                 "FIELD=A,B: learn from these pictures only, test on the others; may be repeated")
      ->take_all();
  app.add_option("--val", options.val, "share to hold out for validation, or none")
      ->capture_default_str();
  app.add_option("--label", options.label, "name of the label attribute, where there are several");
  app.add_option("--preprocess", options.preprocess,
                 "SPEC: imagenet, unit, signed or raw, then key=value pairs of model.json");
  app.add_option("--epochs", options.epochs, "most passes over the pictures")
      ->check(whole_number(1, 100'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the split and of the order")
      ->check(whole_number(0, std::numeric_limits<int64_t>::max()))
      ->capture_default_str();
  app.add_flag("--json", options.json, "metrics.json instead of a summary");
  app.add_flag("-q,--quiet", options.quiet, "no progress and no summary");
  if (const auto ended = parse_command_line(app, argc, argv)) return *ended;
  const auto settings = settings_of(options);
  if (!settings) return report_usage("train", settings.error());
  watch_interrupts();
  const auto metrics = run_head_recipe(*settings);
  if (!metrics) return report("train", metrics.error());
  if (options.json)
    fmt::print("{}\n", print_json(*metrics));
  else if (!options.quiet)
    print_summary(*metrics, options);
  return exit_done;
}

}  // namespace turnstone
