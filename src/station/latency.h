// Where the time of a model's frames goes, and how sure the model is: since the start as
// histograms, and over the last minutes as a course in time.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <span>

#include "base/json.h"
#include "station/histogram.h"

namespace turnstone {

// What a frame passes between the camera and the sinks.
enum class Stage {
  wait,        // from capture to the start of the run
  preprocess,  // of a run, a whole batch
  model,       // of a run
  decode,      // of a run
  publish,     // view, cycle, what sinks make of it
  total,       // from capture until the spool has it, or the cycle
};
inline constexpr std::array all_stages = {Stage::wait,   Stage::preprocess, Stage::model,
                                          Stage::decode, Stage::publish,    Stage::total};

// "wait", "preprocess", ...
const char* print(Stage stage);

// Holds a few kilobytes, however long it is used. Thread-safe.
class Latency {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // A stage has ended at `now`.
  void add(Stage stage, std::chrono::nanoseconds took, Time now);
  // A result has come whose best class or thing has this score.
  void add_score(float score, Time now);

  // All that were added.
  Histogram::Look look(Stage stage) const { return histograms_[index_of(stage)].look(); }

  // The last minutes in steps, the oldest first, null where nothing was: {"step_s",
  // "score":{"least":[],"mean":[],"most":[]}, "ms":{"wait":[],...,"total":[]}, "slowest_ms":[]};
  // "ms" are means, "slowest_ms" is of the total.
  Json course(Time now) const;

 private:
  struct Mean {
    int64_t count = 0;
    double sum = 0, least = 0, most = 0;

    void add(double value);
  };
  struct Step {
    int64_t number = -1;  // of steps since the clock began
    Mean score;
    std::array<Mean, all_stages.size()> ms;
  };
  static size_t index_of(Stage stage) { return static_cast<size_t>(stage); }
  Step& step_of(Time now);

  std::array<Histogram, all_stages.size()> histograms_;
  mutable std::mutex mutex_;  // of steps_
  std::array<Step, 150> steps_;
};

}  // namespace turnstone
