// What a running station is made of, one structure for each section of its configuration.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "station/faults.h"
#include "station/inbox.h"
#include "station/judge.h"
#include "station/machine.h"
#include "station/metrics.h"
#include "station/outbox.h"
#include "station/supervisor.h"
#include "station/view.h"
#include "station/viewer_lane.h"

namespace turnstone {

// Where a source's frames go.
struct Route {
  Judge* judge;
  bool cycle;         // by way of the machine
  Overflow overflow;  // without the machine: what becomes of frames that come too fast
  bool any_source;    // nobody said whose frames the model judges, so frames of its kind
  bool samples;       // the kind: windows of samples, or pictures

  bool suits(const Frame& frame) const {
    return !any_source || samples == (frame.format == PixelFormat::f32);
  }
};

// A viewer of a source's frames.
struct Watch {
  ViewerLane* viewer;
  std::vector<const Judge*> models;  // that look at the source and whose scenes are drawn
};

// "a.mkv: frame 7: no picture" without the 7: the same trouble of the next frame reads the same.
std::string without_number(const std::string& trouble);

// A source at work.
struct SourceLane {
  enum class State { waiting, running, ended, failed };

  SourceConfig config;
  std::unique_ptr<Source> source;
  std::unique_ptr<View> view;  // nullptr without a page
  std::vector<Route> routes;
  std::vector<Watch> watches;
  SourceCounters counters;
  Meter meter;
  std::atomic<State> state{State::waiting};
  std::mutex mutex;                   // of trouble
  std::string trouble;                // the last error, "" after a frame
  std::atomic<bool> troubled{false};  // has a trouble, for a look without the lock
  std::jthread thread;

  // Remembers the last error, or with "" that it is over; whether it is another one than before.
  // Thread-safe.
  bool set_trouble(const std::string& text) {
    const std::lock_guard lock(mutex);
    const bool changed = without_number(trouble) != without_number(text);
    trouble = text;
    troubled = !text.empty();
    return changed;
  }
};

// A sink at work.
struct SinkLane {
  SinkConfig config;
  std::unique_ptr<Outbox> outbox;

  bool takes(const std::string& model) const { return admits(config.from, model); }
};

// The last outcomes, for the page. Thread-safe.
class Recent {
 public:
  // Keeps the outcome and forgets the oldest when there are many.
  void add(const Outcome& outcome);
  // Newest first.
  Json results() const;
  // The last verdict, or null.
  Json verdict() const;

  // How often what was said: of a part, of a picture, or of a thing in one.
  struct Said {
    std::string model;
    std::string label;
    bool part = false;
    auto operator<=>(const Said&) const = default;
  };
  std::map<Said, int64_t> tally() const;
  // The same: a list of {"model","label","part","count","tone"}.
  Json counts() const;

 private:
  void count(const Outcome& outcome);  // under mutex_

  mutable std::mutex mutex_;
  std::deque<Outcome> outcomes_;
  std::optional<Outcome> verdict_;
  int64_t count_ = 0;
  std::map<Said, int64_t> tally_;  // no more labels than the models have
};

// One section of the state that the page shows.
Json source_state(SourceLane& lane);
Json judge_state(Judge& judge);
Json sink_state(const SinkLane& lane);
Json viewer_state(const ViewerLane& lane);
Json cycle_state(const Machine& machine);
Json inbox_state(const Inbox& inbox);

// The same as numbers for Prometheus.
void add_metrics(Metrics& metrics, SourceLane& lane);
void add_metrics(Metrics& metrics, const Judge& judge);
void add_metrics(Metrics& metrics, const SinkLane& lane);
void add_metrics(Metrics& metrics, const ViewerLane& lane);
void add_metrics(Metrics& metrics, const Inbox& inbox);
void add_metrics(Metrics& metrics, const Machine& machine);
void add_metrics(Metrics& metrics, const Recent& recent);
void add_metrics(Metrics& metrics, const Faults& faults);

// One line of the summary at the end.
std::string source_summary(const SourceLane& lane);
std::string judge_summary(const Judge& judge);
std::string sink_summary(const SinkLane& lane);
std::string viewer_summary(const ViewerLane& lane);
std::string cycle_summary(const Machine& machine);

// What was not done when the station has ended; nothing when all was.
std::optional<Error> find_loss(const SourceLane& lane);
std::optional<Error> find_loss(const Judge& judge);
std::optional<Error> find_loss(const SinkLane& lane);
std::optional<Error> find_loss(const ViewerLane& lane);
std::optional<Error> find_loss(const Machine& machine);

}  // namespace turnstone
