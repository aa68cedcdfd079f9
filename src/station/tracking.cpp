#include "station/tracking.h"

#include "base/text.h"
#include "station/pair.h"
#include "station/points.h"

namespace turnstone {
namespace {

Result<Place> parse_place(const std::string& text) {
  auto [name, corners] = TRY(parse_pair(text, "NAME=X,Y X,Y ..."));
  return std::pair(std::move(name), TRY(parse_points(corners)));
}

}  // namespace

Result<Place> parse_zone(const std::string& text) {
  auto zone = TRY(parse_place(text));
  TRY(make_zone(zone.second), printable(zone.first));
  return zone;
}

Result<Place> parse_gate(const std::string& text) {
  auto gate = TRY(parse_place(text));
  const auto& ends = gate.second;
  if (ends.size() != 2)
    return fail(Code::invalid, "{}: has {} points, legal are 2", printable(gate.first),
                ends.size());
  TRY(make_gate(ends[0], ends[1]), printable(gate.first));
  return gate;
}

Result<Tracking> Tracking::make(const ModelConfig& config) {
  Tracking made;
  made.on_ = config.track || !config.zones.empty() || !config.gates.empty();
  made.options_.lost_frames = config.lost_frames;
  made.options_.by_class = config.track_by_class;
  for (const auto& text : config.zones) made.zones_.push_back(TRY(parse_zone(text), "zones"));
  for (const auto& text : config.gates) made.gates_.push_back(TRY(parse_gate(text), "gates"));
  return made;
}

Tracking::Followed& Tracking::followed_of(const std::string& source) {
  if (const auto found = followed_.find(source); found != followed_.end()) return found->second;
  Followed made{.tracker = Tracker(options_), .zones = {}, .gates = {}};
  for (const auto& [name, corners] : zones_) made.zones.push_back(*make_zone(corners));
  for (const auto& [name, ends] : gates_) made.gates.push_back(*make_gate(ends[0], ends[1]));
  return followed_.emplace(source, std::move(made)).first->second;
}

void Tracking::follow(const Frame& frame, Scene& scene) {
  if (!on_) return;
  auto& followed = followed_of(frame.source);
  const double aspect = frame.height > 0 ? double(frame.width) / frame.height : 1;
  followed.tracker.track(scene.detections, aspect);
  for (size_t i = 0; i < followed.zones.size(); ++i) {
    auto& zone = followed.zones[i];
    zone.update(scene.detections, frame.taken);
    auto& said = scene.zones.emplace_back();
    said.name = zones_[i].first;
    for (const auto& stay : zone.stays()) said.stays.push_back({stay.track, stay.dwell()});
    for (const auto& stay : zone.ended()) said.ended.push_back({stay.track, stay.dwell()});
  }
  for (size_t i = 0; i < followed.gates.size(); ++i) {
    auto& gate = followed.gates[i];
    gate.update(scene.detections, frame.taken);
    auto& said = scene.gates.emplace_back();
    said.name = gates_[i].first;
    said.to_right = gate.count_to_right();
    said.to_left = gate.count_to_left();
    said.crossings = gate.crossings();
  }
}

}  // namespace turnstone
