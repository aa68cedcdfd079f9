// Tracks, zones and gates of one model, for each of its sources by itself.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "media/frame.h"
#include "station/config.h"
#include "vision/scene.h"
#include "vision/tracker.h"
#include "vision/zones.h"

namespace turnstone {

// A name and corners, or two ends, of "door=0.1,0.2 0.5,0.2 0.5,0.9". Errors: invalid.
using Place = std::pair<std::string, std::vector<Point>>;
Result<Place> parse_zone(const std::string& text);
Result<Place> parse_gate(const std::string& text);

// Follows what the scenes of a model show. One thread at a time.
class Tracking {
 public:
  // Errors: invalid (a zone, a gate).
  static Result<Tracking> make(const ModelConfig& config);

  // Sets tracks, zones and gates of the next scene of its source; nothing where the model does not
  // track.
  void follow(const Frame& frame, Scene& scene);

 private:
  struct Followed {
    Tracker tracker;
    std::vector<Zone> zones;
    std::vector<Gate> gates;
  };
  Followed& followed_of(const std::string& source);

  bool on_ = false;
  TrackerOptions options_;
  std::vector<Place> zones_;
  std::vector<Place> gates_;
  std::map<std::string, Followed> followed_;  // by source
};

}  // namespace turnstone
