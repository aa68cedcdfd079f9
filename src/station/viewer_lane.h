// A viewer on a thread of its own, behind a short queue: whoever delivers frames never waits for
// it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "station/config.h"
#include "station/supervisor.h"
#include "station/viewer.h"

namespace turnstone {

// What a viewer has done since the station was opened.
struct ViewerCounters {
  int64_t shown = 0;
  int64_t dropped = 0;  // the viewer was not done with those before, or rests after a failure
  int64_t failed = 0;
  std::string trouble;  // why the last picture was not shown, "" after a success
};

// Thread-safe.
class ViewerLane {
 public:
  // Takes what the viewer has for other sinks, and what happened, on the viewer's thread.
  using Tell = std::function<void(std::vector<Parcel>, std::vector<Happening>)>;

  // A frame that no model judges shows the scene before it for up to `hold`. `tell` may be empty.
  ViewerLane(SinkConfig config, std::unique_ptr<Viewer> viewer, std::chrono::milliseconds hold,
             Tell tell);
  ~ViewerLane();
  ViewerLane(const ViewerLane&) = delete;
  ViewerLane& operator=(const ViewerLane&) = delete;

  const SinkConfig& config() const { return config_; }
  const Viewer& viewer() const { return *viewer_; }

  // Whether it shows frames of a source, and scenes of a model.
  bool shows(const std::string& source) const;
  bool draws(const std::string& model) const;

  // The next frame of a source, of which `models` will answer or pass, each once.
  void offer(const Frame& frame, int models);
  // A model has found something in a frame that was offered.
  void answer(const Frame& frame, const Outcome& outcome);
  // A model says nothing of a frame that was offered.
  void pass(const Frame& frame);
  // What stands across the top of a source from now on.
  void set_banner(const std::string& source, Banner banner);
  // An outcome leaves the station.
  void notice(const Outcome& outcome) { viewer_->notice(outcome); }

  // Shows what waits and completes what is open. Nothing may be offered any more.
  void finish();

  ViewerCounters counters() const;

 private:
  using Steady = std::chrono::steady_clock;
  struct Waiting {
    Shown shown;
    int owed = 0;  // models that have not answered yet
  };
  // Of a source.
  struct Known {
    std::optional<Outcome> outcome;
    Steady::time_point judged;
    Banner banner;
  };

  void settle(const Frame& frame, const Outcome* outcome);
  bool is_ready() const;
  void complete(Shown& shown);
  void work(std::stop_token stop);
  void show(const Shown& shown, const std::stop_token& stop);
  void note(const Result<>& result);
  void tell();

  SinkConfig config_;
  std::unique_ptr<Viewer> viewer_;
  std::chrono::milliseconds hold_;
  Tell tell_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Waiting> waiting_;
  std::map<std::string, Known> known_;
  bool ending_ = false;
  ViewerCounters counters_;
  Pause pause_{Backoff{}};
  Steady::time_point rests_until_;
  std::string told_;           // the last failure in the log
  Steady::time_point failed_;  // when it was last seen
  std::jthread thread_;
};

}  // namespace turnstone
