#include "station/outcome.h"

#include <algorithm>
#include <cmath>

#include "vision/decoder.h"

namespace turnstone {
namespace {

// Scores and fractions carry about seven digits; more would only be noise of the conversion.
double rounded(double value) { return std::round(value * 1e6) / 1e6; }

std::string time_text(std::chrono::system_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", text, (milliseconds % 1000 + 1000) % 1000);
}

std::string label_text(const Model& model, int label) {
  if (label >= 0) return label_of(model, label);
  return model.task == Task::embedding ? "unknown" : "undecided";
}

void add_class(Json& json, const Model& model, int label, float score) {
  json["label"] = label_text(model, label);
  json["class"] = label;
  json["score"] = rounded(score);
}

Json box_json(double left, double top, double right, double bottom) {
  return {rounded(left), rounded(top), rounded(right), rounded(bottom)};
}

Json mask_json(const Mask& mask) {
  Json json = {{"width", mask.width}, {"height", mask.height}};
  const auto& place = mask.place;
  json["box"] = box_json(place.left, place.top, place.left + place.width, place.top + place.height);
  auto& runs = json["runs"] = Json::array();
  for (size_t start = 0, end = 0; start < mask.cells.size(); start = end) {
    while (end < mask.cells.size() && mask.cells[end] == mask.cells[start]) ++end;
    const auto label = mask.cells[start];
    runs.push_back({label == Mask::no_label ? -1 : int{label}, end - start});
  }
  return json;
}

Json keypoint_json(const Keypoint& point) {
  Json json = {rounded(point.x), rounded(point.y)};
  if (point.score >= 0) json.push_back(rounded(point.score));
  return json;
}

Json detection_json(const Detection& detection, const Model& model) {
  Json json;
  add_class(json, model, detection.label, detection.score);
  const auto& box = detection.box;
  json["box"] = box_json(box.left, box.top, box.right, box.bottom);
  if (!detection.keypoints.empty()) {
    auto points = Json::array();
    for (const auto& point : detection.keypoints) points.push_back(keypoint_json(point));
    json["keypoints"] = std::move(points);
  }
  if (detection.mask) json["mask"] = mask_json(*detection.mask);
  return json;
}

Json anomaly_json(const Anomaly& anomaly) {
  Json json = {{"score", rounded(anomaly.score)}};
  if (anomaly.cells.empty()) return json;
  const auto most = std::ranges::max_element(anomaly.cells) - anomaly.cells.begin();
  const auto row = most / anomaly.width;
  const auto column = most % anomaly.width;
  const auto at = anomaly.place.to_picture((static_cast<double>(column) + 0.5) / anomaly.width,
                                           (static_cast<double>(row) + 0.5) / anomaly.height);
  json["at"] = {rounded(at.x), rounded(at.y)};
  return json;
}

Json shares_json(const std::vector<float>& shares, const Model& model) {
  auto list = Json::array();
  for (int label = 0; std::cmp_less(label, shares.size()); ++label)
    if (shares[label] > 0)
      list.push_back({{"label", label_text(model, label)},
                      {"class", label},
                      {"share", rounded(shares[label])}});
  return list;
}

// What only some models say.
void add_special(Json& json, const Scene& scene, const Model& model) {
  if (scene.mask) {
    json["shares"] = shares_json(scene.shares, model);
    json["mask"] = mask_json(*scene.mask);
  }
  if (scene.anomaly) json["anomaly"] = anomaly_json(*scene.anomaly);
  for (const auto& one : scene.values)
    json["values"].push_back(
        {{"label", label_text(model, one.label)}, {"value", rounded(one.value)}});
  for (const auto value : scene.embedding) json["embedding"].push_back(rounded(value));
}

bool finds_things(const Scene& scene, const Model& model) {
  const bool otherwise =
      scene.mask || scene.anomaly || !scene.values.empty() || !scene.embedding.empty();
  return model.task == Task::detection || !scene.detections.empty() || !otherwise;
}

bool classifies(const Scene& scene, const Model& model) {
  return model.task == Task::classification || (!scene.classes.empty() && scene.detections.empty());
}

Json verdict_json(const Verdict& verdict, const Model& model, int top) {
  Json json;
  json["part"] = verdict.part;
  add_class(json, model, verdict.label, verdict.score);
  json["frames"] = verdict.frames;
  json["picture"] = verdict.frames > 0 ? Json(picture_name(verdict.scene)) : Json(nullptr);
  json["top"] = classes_json(verdict.classes, model, top);
  return json;
}

}  // namespace

std::string picture_name(const Scene& scene) {
  return scene.file.empty() ? fmt::format("img{:05}.jpg", scene.sequence) : scene.file;
}

Json classes_json(const std::vector<Classification>& classes, const Model& model, int top) {
  auto list = Json::array();
  for (const auto& found : classes) {
    if (std::cmp_greater_equal(list.size(), top)) break;
    Json json;
    add_class(json, model, found.label, found.score);
    list.push_back(std::move(json));
  }
  return list;
}

Json scene_json(const Scene& scene, const Model& model, std::string_view picture, int top) {
  Json json;
  json["picture"] = picture;
  if (classifies(scene, model)) {
    const auto best = scene.classes.empty() ? Classification{} : scene.classes.front();
    add_class(json, model, best.label, best.score);
    json["top"] = classes_json(scene.classes, model, top);
  } else if (finds_things(scene, model)) {
    auto& list = json["detections"] = Json::array();
    for (const auto& detection : scene.detections) list.push_back(detection_json(detection, model));
  }
  add_special(json, scene, model);
  return json;
}

std::string print_outcome(const Outcome& outcome) {
  const auto& model = *outcome.model;
  auto json = outcome.verdict
                  ? verdict_json(*outcome.verdict, model, outcome.top)
                  : scene_json(outcome.scene, model, picture_name(outcome.scene), outcome.top);
  json["source"] = outcome.scene.source;
  json["model"] = outcome.scene.model;
  json["frame"] = outcome.scene.sequence < 0 ? Json(nullptr) : Json(outcome.scene.sequence);
  json["time"] = time_text(outcome.scene.wall);
  if (!outcome.id.empty()) json["id"] = outcome.id;
  return print_json(json);
}

std::string print_verdict_payload(const Outcome& outcome) {
  const auto label = outcome.verdict                 ? outcome.verdict->label
                     : outcome.scene.classes.empty() ? -1
                                                     : outcome.scene.classes.front().label;
  const auto score = outcome.verdict                 ? outcome.verdict->score
                     : outcome.scene.classes.empty() ? 0
                                                     : outcome.scene.classes.front().score;
  const bool judged = !outcome.verdict || outcome.verdict->frames > 0;
  Json json;
  json["image"] = judged ? Json(picture_name(outcome.scene)) : Json(nullptr);
  json["result"] = label_text(*outcome.model, label);
  json["confidence"] = rounded(score);
  return print_json(json);
}

}  // namespace turnstone
