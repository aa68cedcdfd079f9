#include "train/recipe.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "base/files.h"
#include "base/progress.h"
#include "base/stderr.h"
#include "base/text.h"
#include "exchange/onnx/export.h"
#include "train/features.h"
#include "train/report.h"
#include "train/standardise.h"
#include "train/trained_model.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

std::vector<LabelledPicture> some_of(const Dataset& dataset, const std::vector<int64_t>& indices) {
  std::vector<LabelledPicture> some;
  for (const auto i : indices) some.push_back(dataset.samples[static_cast<size_t>(i)]);
  return some;
}

// Features of all pictures, by the backbone compiled for this machine.
class FeatureRun {
 public:
  FeatureRun(const RecipeSettings& settings, const Pictures& pictures, int64_t total)
      : settings_(settings), pictures_(pictures), total_(total) {}

  Result<> prepare(const Backbone& backbone) {
    folder_ = TRY(TemporaryFolder::make("turnstone-train"));
    const auto package = folder_->path() / "backbone";
    const auto onnx = TRY(export_onnx(backbone.graph, "backbone"), backbone.name);
    TRY(compile(onnx, package));
    if (settings_.stopped()) return fail(Code::cancelled, "interrupted");
    model_ = TRY(CompiledModel::open(package), backbone.name);
    preprocessor_ = TRY(make_preprocessor(backbone.input), backbone.name);
    progress_.emplace("features", total_, settings_.quiet);
    return {};
  }

  Result<FeatureSet> run(const std::vector<LabelledPicture>& set) {
    auto features = TRY(features_of(pictures_, set, *preprocessor_, *model_, [&] {
      progress_->show(done_++);
      return !settings_.stopped();
    }));
    for (const auto& error : features.unreadable)
      print_stderr("left out: {}\n", printable(error.text, 1000));
    unreadable_ += static_cast<int64_t>(features.unreadable.size());
    return features;
  }

  int64_t unreadable() const { return unreadable_; }

 private:
  Result<> compile(const std::string& onnx, const fs::path& package) {
    using namespace std::chrono_literals;
    Progress progress("compiling the backbone", 0, settings_.quiet);
    auto done = std::async(std::launch::async,
                           [&] { return compile_onnx(settings_.compiler, onnx, package); });
    while (done.wait_for(100ms) != std::future_status::ready) progress.show(0);
    return done.get();
  }

  const RecipeSettings& settings_;
  const Pictures& pictures_;
  int64_t total_;
  std::optional<Progress> progress_;
  std::optional<TemporaryFolder> folder_;
  std::optional<CompiledModel> model_;
  std::optional<Preprocessor> preprocessor_;
  int64_t done_ = 0;
  int64_t unreadable_ = 0;
};

// A folder that is there holds what an earlier training left, or nothing.
Result<> check_output(const fs::path& folder, const fs::path& backbone) {
  TRY(check_own_folder(folder, "metrics.json", "a training"));
  std::error_code ignored;
  if (fs::equivalent(folder / "model.onnx", backbone, ignored))
    return fail(Code::invalid, "{}: is the backbone; name another folder",
                (folder / "model.onnx").string());
  return {};
}

Result<> check_readable(const FeatureSet& train, const Dataset& dataset, int64_t unreadable,
                        int64_t total) {
  if (unreadable * 2 > total)
    return fail(Code::invalid, "{} of {} pictures cannot be read, the first: {}", unreadable, total,
                train.unreadable.empty() ? "one that is held out" : train.unreadable[0].text);
  for (size_t k = 0; k < dataset.labels.size(); ++k)
    if (std::ranges::count(train.examples.labels, static_cast<int64_t>(k)) == 0)
      return fail(Code::invalid, "no picture to train on of the class '{}' can be read",
                  printable(dataset.labels[k], 60));
  return {};
}

// The scores of every picture of a set, and the group that it belongs to.
Result<JudgedSet> judged(std::string name, const FeatureSet& set, const LinearHead& head,
                         const std::string& group) {
  JudgedSet result{std::move(name), set.pictures, {}};
  for (size_t i = 0; i < set.pictures.size(); ++i) {
    const auto row = set.examples.row(static_cast<int64_t>(i));
    result.judged.push_back(
        {set.pictures[i].label, head.scores(row),
         group.empty() ? std::string() : TRY(field_of(set.pictures[i], group))});
  }
  return result;
}

Result<TrainedHead> train(const RecipeSettings& settings, const FeatureSet& train,
                          const FeatureSet& val, const Dataset& dataset) {
  const auto by = standardisation_of(train.examples);
  Progress progress("training", settings.head.epochs, settings.quiet);
  auto trained = TRY(train_head(
      standardised(train.examples, by), standardised(val.examples, by),
      static_cast<int64_t>(dataset.labels.size()), settings.head, [&](int epoch, const Epoch& now) {
        progress.show(epoch + 1, fmt::format("loss {:.4f}", now.train_loss));
        return !settings.stopped();
      }));
  trained.head = folded(trained.head, by);
  return trained;
}

std::string provenance_of(const RecipeSettings& settings, const Backbone& backbone) {
  return print_json({{"recipe", "head"},
                     {"backbone", backbone.name},
                     {"cut", backbone.cut},
                     {"seed", settings.split.seed}});
}

std::string name_of(const fs::path& folder) {
  const auto last = folder.filename().empty() ? folder.parent_path() : folder;
  const auto name = last.filename().string();
  return name.empty() || name == "." || name == ".." ? "model" : name;
}

}  // namespace

Result<Json> run_head_recipe(const RecipeSettings& settings) {
  TRY(check_output(settings.folder, settings.backbone.file));
  const auto pictures = TRY(read_pictures(settings.data, settings.label));
  const auto sets = TRY(divide(pictures.dataset, settings.where, settings.split));
  const auto& dataset = sets.chosen;
  const auto backbone = TRY(read_backbone(settings.backbone));
  for (const auto& note : backbone.notes)
    if (!settings.quiet) print_stderr("note: {}\n", printable(note, 1000));
  const auto total = static_cast<int64_t>(pictures.dataset.samples.size());
  FeatureRun features(settings, pictures, total);
  TRY(features.prepare(backbone));
  const auto train_set = TRY(features.run(some_of(dataset, sets.split.train)));
  const auto val_set = TRY(features.run(some_of(dataset, sets.split.val)));
  const auto held_out_set = TRY(features.run(sets.held_out));
  TRY(check_readable(train_set, dataset, features.unreadable(), total));
  const auto trained = TRY(train(settings, train_set, val_set, dataset));
  const auto model = TRY(make_trained_model(backbone, trained.head, name_of(settings.folder),
                                            dataset.labels, provenance_of(settings, backbone)));
  const auto& group = settings.split.group;
  const Report report{.settings = settings,
                      .backbone = backbone,
                      .sets = sets,
                      .unlabelled = pictures.unlabelled,
                      .unreadable = features.unreadable(),
                      .trained = trained,
                      .model = model,
                      .judged = {TRY(judged("train", train_set, trained.head, group)),
                                 TRY(judged("val", val_set, trained.head, group)),
                                 TRY(judged("held_out", held_out_set, trained.head, group))}};
  return write_report(report);
}

}  // namespace turnstone
