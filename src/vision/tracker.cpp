#include "vision/tracker.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "vision/assignment.h"
#include "vision/motion.h"

namespace turnstone {
namespace {

// What is tracked of a detection.
struct Seen {
  size_t index = 0;  // of the detection
  int label = -1;
  float score = 0;
  BoxState shape;
};

enum class Phase { tracked, lost };

struct Track {
  Motion motion;
  int label = -1;
  int number = -1;  // -1 until it is confirmed
  Phase phase = Phase::tracked;
  int64_t started = 0;  // frames
  int64_t seen = 0;
};

using Pool = std::vector<Track*>;

double overlap(const BoxState& a, const BoxState& b) {
  const auto shared = [](double at, double length, double other, double other_length) {
    return std::min(at + length / 2, other + other_length / 2) -
           std::max(at - length / 2, other - other_length / 2);
  };
  const double a_width = a.aspect * a.height;
  const double b_width = b.aspect * b.height;
  const double common = std::max(0.0, shared(a.x, a_width, b.x, b_width)) *
                        std::max(0.0, shared(a.y, a.height, b.y, b.height));
  const double whole = a_width * a.height + b_width * b.height - common;
  return whole > 0 ? common / whole : 0;
}

std::optional<Seen> seen_of(const Detection& detection, size_t index, double aspect) {
  const auto& box = detection.box;
  const double width = (double{box.right} - box.left) * aspect;
  const double height = double{box.bottom} - box.top;
  Seen seen{index,
            detection.label,
            detection.score,
            {(double{box.left} + box.right) / 2 * aspect, (double{box.top} + box.bottom) / 2,
             width / height, height}};
  if (!(width > 0 && height > 0) || !std::isfinite(seen.shape.x + seen.shape.y) ||
      !std::isfinite(seen.shape.aspect) || !std::isfinite(seen.score))
    return {};
  return seen;
}

// Pairs of one round, and who is left over, both in their old order.
struct Round {
  std::vector<std::pair<Track*, Seen>> pairs;
  Pool tracks;
  std::vector<Seen> seen;
};

}  // namespace

struct Tracker::State {
  TrackerOptions options;
  std::vector<std::unique_ptr<Track>> tracks;  // tracked ones before lost ones
  int64_t frame = 0;
  int last_number = 0;

  bool may_be_one(int label, int other) const { return !options.by_class || label == other; }
  Round match(const Pool& pool, const std::vector<Seen>& seen, double most, bool with_score) const;
  void carry_on(const Round& round);
  void start(const std::vector<Seen>& seen);
  void follow(const std::vector<Seen>& high, const std::vector<Seen>& low);
  void tidy();
  void drop_doubles();
  void name(std::span<Detection> detections, const std::vector<Seen>& all) const;
};

// Costs are 1 - overlap, or 1 - overlap * score.
Round Tracker::State::match(const Pool& pool, const std::vector<Seen>& seen, double most,
                            bool with_score) const {
  Costs costs(pool.size(), seen.size());
  for (size_t row = 0; row < pool.size(); ++row) {
    const auto shape = pool[row]->motion.shape();
    for (size_t column = 0; column < seen.size(); ++column) {
      const auto& one = seen[column];
      const double same = may_be_one(one.label, pool[row]->label) ? overlap(shape, one.shape) : 0;
      costs.at(row, column) = 1 - same * (with_score ? one.score : 1);
    }
  }
  const auto columns = assign(costs, most);
  Round round;
  std::vector<bool> is_taken(seen.size());
  for (size_t row = 0; row < pool.size(); ++row) {
    if (columns[row] < 0) {
      round.tracks.push_back(pool[row]);
    } else {
      round.pairs.emplace_back(pool[row], seen[columns[row]]);
      is_taken[columns[row]] = true;
    }
  }
  for (size_t column = 0; column < seen.size(); ++column)
    if (!is_taken[column]) round.seen.push_back(seen[column]);
  return round;
}

void Tracker::State::carry_on(const Round& round) {
  for (const auto& [track, seen] : round.pairs) {
    track->motion.correct(seen.shape);
    track->phase = Phase::tracked;
    track->seen = frame;
    if (track->number < 0) track->number = ++last_number;
  }
}

void Tracker::State::start(const std::vector<Seen>& seen) {
  for (const auto& one : seen) {
    if (one.score < options.start_score) continue;
    const int number = frame == 1 ? ++last_number : -1;
    tracks.push_back(std::make_unique<Track>(
        Track{Motion(one.shape), one.label, number, Phase::tracked, frame, frame}));
  }
}

void Tracker::State::follow(const std::vector<Seen>& high, const std::vector<Seen>& low) {
  Pool known, fresh;
  for (const auto& track : tracks) (track->number < 0 ? fresh : known).push_back(track.get());
  for (auto* track : known) track->motion.predict(track->phase == Phase::lost);
  const auto first = match(known, high, options.most_cost, true);
  carry_on(first);
  Pool missed;
  for (auto* track : first.tracks)
    if (track->phase == Phase::tracked) missed.push_back(track);
  const auto second = match(missed, low, 0.5, false);
  carry_on(second);
  for (auto* track : second.tracks) track->phase = Phase::lost;
  // What was seen once, in the frame before, has this one chance; it is not predicted.
  const auto third = match(fresh, first.seen, 0.7, true);
  carry_on(third);
  std::erase_if(tracks, [&](const auto& track) {
    return std::ranges::find(third.tracks, track.get()) != third.tracks.end();
  });
  start(third.seen);
}

// A lost track is found again up to two frames after its time: supervision marks it in one frame
// and drops it in the next.
void Tracker::State::tidy() {
  std::erase_if(tracks, [&](const auto& track) {
    return track->phase == Phase::lost && frame - track->seen > options.lost_frames + 1;
  });
  drop_doubles();
  std::ranges::stable_sort(tracks, {}, [](const auto& track) { return track->phase; });
  if (tracks.size() <= most_tracks) return;
  std::ranges::stable_sort(tracks, std::greater{}, [](const auto& track) { return track->seen; });
  tracks.resize(most_tracks);
}

// Of a tracked and a lost track in one place, the one that lasts longer stays.
void Tracker::State::drop_doubles() {
  std::vector<const Track*> doubles;
  for (const auto& lost : tracks)
    for (const auto& tracked : tracks) {
      if (lost->phase != Phase::lost || tracked->phase != Phase::tracked) continue;
      if (!may_be_one(lost->label, tracked->label)) continue;
      if (1 - overlap(tracked->motion.shape(), lost->motion.shape()) >= 0.15) continue;
      const bool lasts = tracked->seen - tracked->started > lost->seen - lost->started;
      doubles.push_back(lasts ? lost.get() : tracked.get());
    }
  std::erase_if(tracks, [&](const auto& track) {
    return std::ranges::find(doubles, track.get()) != doubles.end();
  });
}

// As supervision does it: not the detection that carried a track on bears its number, but the one
// that overlaps best with where the track is now; it may be one of a low score.
void Tracker::State::name(std::span<Detection> detections, const std::vector<Seen>& all) const {
  Pool shown;
  for (const auto& track : tracks)
    if (track->phase == Phase::tracked && track->number > 0) shown.push_back(track.get());
  for (const auto& [track, seen] : match(shown, all, 0.5, false).pairs)
    detections[seen.index].track = track->number;
}

Tracker::Tracker(const TrackerOptions& options) : state_(std::make_unique<State>()) {
  state_->options = options;
}
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;
Tracker::~Tracker() = default;

void Tracker::track(std::span<Detection> detections, double aspect) {
  auto& state = *state_;
  ++state.frame;
  std::vector<Seen> all, high, low;
  for (size_t k = 0; k < detections.size(); ++k) {
    detections[k].track = -1;
    if (const auto seen = seen_of(detections[k], k, aspect)) all.push_back(*seen);
  }
  std::ranges::stable_sort(all, std::greater{}, &Seen::score);
  if (all.size() > most_tracked_detections) all.resize(most_tracked_detections);
  for (const auto& seen : all) {
    if (seen.score > state.options.high_score) high.push_back(seen);
    // What has exactly the high score is neither, as supervision has it.
    if (seen.score > state.options.low_score && seen.score < state.options.high_score)
      low.push_back(seen);
  }
  state.follow(high, low);
  state.tidy();
  state.name(detections, all);
}

}  // namespace turnstone
