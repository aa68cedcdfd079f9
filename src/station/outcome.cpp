#include "station/outcome.h"

#include <algorithm>
#include <cmath>

#include "base/number.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

void add_class(Json& json, const Model& model, int label, float score) {
  json["label"] = word_of(model, label);
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
  if (detection.track >= 0) json["track"] = detection.track;
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
      list.push_back(
          {{"label", word_of(model, label)}, {"class", label}, {"share", rounded(shares[label])}});
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
    json["values"].push_back({{"label", word_of(model, one.label)}, {"value", rounded(one.value)}});
  for (const auto value : scene.embedding) json["embedding"].push_back(rounded(value));
}

bool finds_things(const Scene& scene, const Model& model) {
  const bool otherwise =
      scene.mask || scene.anomaly || !scene.values.empty() || !scene.embedding.empty();
  return model.task == Task::detection || !scene.detections.empty() || !otherwise;
}

Json verdict_json(const Verdict& verdict, const Model& model, int top) {
  Json json;
  json["part"] = verdict.part;
  add_class(json, model, verdict.label, verdict.score);
  json["frames"] = verdict.frames;
  json["inspections"] = verdict.inspections;
  json["picture"] = verdict.frames > 0 ? Json(picture_name(verdict.scene)) : Json(nullptr);
  json["top"] = classes_json(verdict.classes, model, top);
  return json;
}

}  // namespace

std::string print_time(std::chrono::system_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", text, (milliseconds % 1000 + 1000) % 1000);
}

std::string word_of(const Model& model, int label) {
  if (label >= 0) return label_of(model, label);
  return model.task == Task::embedding ? "unknown" : "undecided";
}

bool classifies(const Scene& scene, const Model& model) {
  return model.task == Task::classification || (!scene.classes.empty() && scene.detections.empty());
}

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

namespace {

Json stays_json(const std::vector<ZoneSeen::Stay>& stays) {
  auto list = Json::array();
  for (const auto& [track, dwell] : stays) {
    const double seconds = std::chrono::duration<double>(dwell).count();
    list.push_back({{"track", track}, {"dwell_s", std::round(seconds * 1e3) / 1e3}});
  }
  return list;
}

void add_piece(Json& json, const Piece& piece) {
  const auto& [left, top, right, bottom] = piece.box;
  json["of"] = piece.of;
  json["box"] = box_json(left, top, right, bottom);
  if (piece.track >= 0) json["track"] = piece.track;
}

void add_places(Json& json, const Scene& scene) {
  for (const auto& zone : scene.zones)
    json["zones"][zone.name] = {{"count", zone.stays.size()},
                                {"stays", stays_json(zone.stays)},
                                {"ended", stays_json(zone.ended)}};
  for (const auto& gate : scene.gates) {
    auto crossings = Json::array();
    for (const auto& [track, to_right] : gate.crossings)
      crossings.push_back({{"track", track}, {"to", to_right ? "right" : "left"}});
    json["gates"][gate.name] = {{"to_right", gate.to_right},
                                {"to_left", gate.to_left},
                                {"crossings", std::move(crossings)}};
  }
}

}  // namespace

Json scene_json(const Scene& scene, const Model& model, std::string_view picture, int top) {
  Json json;
  json["picture"] = picture;
  if (scene.piece) add_piece(json, *scene.piece);
  if (classifies(scene, model)) {
    const auto best = scene.classes.empty() ? Classification{} : scene.classes.front();
    add_class(json, model, best.label, best.score);
    json["top"] = classes_json(scene.classes, model, top);
  } else if (finds_things(scene, model)) {
    auto& list = json["detections"] = Json::array();
    for (const auto& detection : scene.detections) list.push_back(detection_json(detection, model));
  }
  add_special(json, scene, model);
  add_places(json, scene);
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
  json["time"] = print_time(outcome.scene.wall);
  if (!outcome.scene.message.empty()) json["message"] = outcome.scene.message;
  if (!outcome.id.empty()) json["id"] = outcome.id;
  return print_json(json);
}

}  // namespace turnstone
