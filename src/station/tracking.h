// Tracks, zones and gates of one model, for each of its sources by itself.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/frame.h"
#include "station/config.h"
#include "vision/scene.h"
#include "vision/tracker.h"
#include "vision/zones.h"

namespace turnstone {

// Follows what the scenes of a model show. One thread at a time.
class Tracking {
 public:
  // Errors: invalid (a zone, a gate).
  static Result<Tracking> make(const ModelConfig& config);

  // Sets tracks, zones and gates of the next scene of its source; nothing where the model does not
  // track.
  void follow(const Frame& frame, Scene& scene);

 private:
  struct Place {
    Tracker tracker;
    std::vector<Zone> zones;
    std::vector<Gate> gates;
  };
  Place& place_of(const std::string& source);

  bool on_ = false;
  TrackerOptions options_;
  std::vector<std::pair<std::string, std::vector<Point>>> zones_;
  std::vector<std::pair<std::string, std::vector<Point>>> gates_;
  std::map<std::string, Place> places_;
};

}  // namespace turnstone
