#include "station/tracking.h"

#include "base/text.h"
#include "station/points.h"

namespace turnstone {
namespace {

// "door=0.1,0.2 0.5,0.2 0.5,0.9"
Result<std::pair<std::string, std::vector<Point>>> parse_place(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0)
    return fail(Code::invalid, "'{}' is not NAME=X,Y X,Y ...", printable(text));
  auto points = TRY(parse_points(std::string_view(text).substr(equals + 1)));
  return std::pair(text.substr(0, equals), std::move(points));
}

}  // namespace

Result<Tracking> Tracking::make(const ModelConfig& config) {
  Tracking made;
  made.on_ = config.track || !config.zones.empty() || !config.gates.empty();
  made.options_.lost_frames = config.lost_frames;
  made.options_.by_class = config.track_by_class;
  for (const auto& text : config.zones) {
    auto zone = TRY(parse_place(text), "zones");
    TRY(make_zone(zone.second), "zones: " + zone.first);
    made.zones_.push_back(std::move(zone));
  }
  for (const auto& text : config.gates) {
    auto gate = TRY(parse_place(text), "gates");
    if (gate.second.size() != 2)
      return fail(Code::invalid, "gates: {} has {} points, legal are 2", printable(gate.first),
                  gate.second.size());
    TRY(make_gate(gate.second[0], gate.second[1]), "gates: " + gate.first);
    made.gates_.push_back(std::move(gate));
  }
  return made;
}

Tracking::Place& Tracking::place_of(const std::string& source) {
  if (const auto found = places_.find(source); found != places_.end()) return found->second;
  Place place{.tracker = Tracker(options_), .zones = {}, .gates = {}};
  for (const auto& [name, corners] : zones_) place.zones.push_back(*make_zone(corners));
  for (const auto& [name, ends] : gates_) place.gates.push_back(*make_gate(ends[0], ends[1]));
  return places_.emplace(source, std::move(place)).first->second;
}

void Tracking::follow(const Frame& frame, Scene& scene) {
  if (!on_) return;
  auto& place = place_of(frame.source);
  const double aspect = frame.height > 0 ? double(frame.width) / frame.height : 1;
  place.tracker.track(scene.detections, aspect);
  for (size_t i = 0; i < place.zones.size(); ++i) {
    auto& zone = place.zones[i];
    zone.update(scene.detections, frame.taken);
    auto& said = scene.zones.emplace_back();
    said.name = zones_[i].first;
    for (const auto& stay : zone.stays()) said.stays.push_back({stay.track, stay.dwell()});
    for (const auto& stay : zone.ended()) said.ended.push_back({stay.track, stay.dwell()});
  }
  for (size_t i = 0; i < place.gates.size(); ++i) {
    auto& gate = place.gates[i];
    gate.update(scene.detections, frame.taken);
    auto& said = scene.gates.emplace_back();
    said.name = gates_[i].first;
    said.to_right = gate.count_to_right();
    said.to_left = gate.count_to_left();
    said.crossings = gate.crossings();
  }
}

}  // namespace turnstone
