#include "train/report.h"

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "train/plot.h"
#include "vision/settings_json.h"

namespace turnstone {
namespace {

Json config_json(const Report& report) {
  const auto& settings = report.settings;
  auto data = Json::array();
  for (const auto& path : settings.data) data.push_back(path.string());
  auto where = Json::object();
  for (const auto& condition : settings.where) where[condition.field] = condition.values;
  const auto& input = report.backbone.input;
  const auto& head = settings.head;
  return {{"recipe", "head"},
          {"data", std::move(data)},
          {"label", settings.label},
          {"where", std::move(where)},
          {"group", settings.split.group},
          {"val", settings.split.val ? Json(*settings.split.val) : Json("none")},
          {"seed", settings.split.seed},
          {"backbone",
           {{"file", settings.backbone.file.string()},
            {"cut", report.backbone.cut},
            {"features", report.backbone.features()},
            {"input", {{"name", input.name}, {"shape", input.shape}}},
            {"preprocess", to_json(*input.preprocess)},
            {"range", report.backbone.range}}},
          {"head",
           {{"epochs", head.epochs},
            {"batch", head.batch},
            {"learning_rate", report.trained.history.front().learning_rate},
            {"weight_decay", head.weight_decay},
            {"label_smoothing", head.label_smoothing},
            {"patience", head.patience}}}};
}

Json metrics_json(const Report& report) {
  const auto& labels = report.sets.chosen.labels;
  Json json = {{"labels", labels},
               {"epochs", report.trained.history.size()},
               {"best_epoch", report.trained.best + 1},
               {"unlabelled", report.unlabelled},
               {"unreadable", report.unreadable}};
  for (const auto& set : report.judged)
    json[set.name] =
        set.judged.empty()
            ? Json()
            : to_json(evaluate(set.judged, static_cast<int64_t>(labels.size())), labels);
  return json;
}

Json history_json(const TrainedHead& trained, bool has_val) {
  auto list = Json::array();
  for (const auto& epoch : trained.history) {
    Json entry = {{"learning_rate", epoch.learning_rate},
                  {"train_loss", epoch.train_loss},
                  {"train_accuracy", epoch.train_accuracy}};
    if (has_val) {
      entry["val_loss"] = epoch.val_loss;
      entry["val_accuracy"] = epoch.val_accuracy;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

// One line for each picture.
std::string predictions_text(const Report& report) {
  const auto& labels = report.sets.chosen.labels;
  std::string text;
  for (const auto& set : report.judged)
    for (size_t i = 0; i < set.judged.size(); ++i) {
      const auto& one = set.judged[i];
      const auto answer = static_cast<size_t>(one.answer());
      text += print_json({{"picture", set.pictures[i].path.string()},
                          {"set", set.name},
                          {"truth", labels[static_cast<size_t>(one.truth)]},
                          {"label", labels[answer]},
                          {"score", one.scores[answer]},
                          {"scores", one.scores}});
      text += '\n';
    }
  return text;
}

Result<> plot_training(const std::filesystem::path& path, const TrainedHead& trained,
                       bool has_val) {
  Curve train_loss{"train", {}}, train_accuracy{"train", {}};
  Curve val_loss{"val", {}}, val_accuracy{"val", {}};
  double highest = 0;
  for (const auto& epoch : trained.history) {
    train_loss.values.push_back(epoch.train_loss);
    train_accuracy.values.push_back(epoch.train_accuracy);
    val_loss.values.push_back(epoch.val_loss);
    val_accuracy.values.push_back(epoch.val_accuracy);
    highest = std::max({highest, epoch.train_loss, epoch.val_loss});
  }
  Diagram loss{"loss", {std::move(train_loss)}, 0, highest, trained.best};
  Diagram accuracy{"accuracy", {std::move(train_accuracy)}, 0, 1, trained.best};
  if (has_val) {
    loss.curves.push_back(std::move(val_loss));
    accuracy.curves.push_back(std::move(val_accuracy));
  }
  return plot_diagrams(path, {loss, accuracy});
}

// The matrix of the pictures that tell most: not trained on, where there are any.
Result<> plot_matrix(const std::filesystem::path& path, const Report& report) {
  const auto& labels = report.sets.chosen.labels;
  const auto& sets = report.judged;
  const auto& set = !sets[1].judged.empty() ? sets[1] : !sets[2].judged.empty() ? sets[2] : sets[0];
  const auto evaluation = evaluate(set.judged, static_cast<int64_t>(labels.size()));
  return plot_confusion(path, fmt::format("{}, {} pictures", set.name, evaluation.all.pictures),
                        evaluation.confusion, labels);
}

// A drawing that cannot be made is no reason to lose a training.
void note_failure(const Result<>& drawn) {
  if (!drawn) log_warning("{}", drawn.error().text);
}

}  // namespace

Result<Json> write_report(const Report& report) {
  const auto& folder = report.settings.folder;
  const bool has_val = report.settings.split.val.has_value();
  TRY(make_folder(folder));
  auto metrics = metrics_json(report);
  TRY(write_file(folder / "model.json", print_model(report.model.info)));
  TRY(write_file(folder / "model.onnx", report.model.onnx));
  TRY(write_file(folder / "config.json", print_json_pretty(config_json(report))));
  TRY(write_file(folder / "split.json",
                 print_json_pretty(split_to_json(report.sets.split, report.sets.chosen))));
  TRY(write_file(folder / "history.json",
                 print_json_pretty(history_json(report.trained, has_val))));
  TRY(write_file(folder / "predictions.jsonl", predictions_text(report)));
  TRY(write_file(folder / "metrics.json", print_json_pretty(metrics)));
  note_failure(plot_training(folder / "training.png", report.trained, has_val));
  note_failure(plot_matrix(folder / "confusion.png", report));
  return metrics;
}

}  // namespace turnstone
