// Which detections over the frames of one source are the same thing: ByteTrack (Y. Zhang and
// others, ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV 2022), in the
// details as the supervision package has it.
#pragma once

#include <memory>
#include <span>

#include "vision/scene.h"

namespace turnstone {

struct TrackerOptions {
  float high_score = 0.25F;   // above it, a detection is looked for a track first
  float low_score = 0.1F;     // above it, one may carry on a track that found nothing better
  float start_score = 0.35F;  // from it on, one that belongs to no track starts one
  double most_cost = 0.8;     // 1 - overlap * score, of what may carry on a track
  int lost_frames = 30;       // a track that finds nothing is remembered for so many
  bool by_class = false;      // a track keeps to detections of one label
};

// Most detections of a frame that are tracked, the best ones, and most tracks that are remembered,
// the ones seen last.
inline constexpr size_t most_tracked_detections = 200;
inline constexpr size_t most_tracks = 400;

// One tracker a source. Tracks are numbered from 1 in the order in which they are confirmed: seen
// in two frames in a row, or in the first frame. One thread at a time.
class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options = {});
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;
  ~Tracker();

  // Sets the track of every detection of the next frame, -1 for those that have none. `aspect` is
  // width / height of the picture in pixels. Boxes that are empty or not finite have none.
  void track(std::span<Detection> detections, double aspect);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace turnstone
