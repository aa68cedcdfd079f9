// The cycle of a station together with its lock, its clock and its verdicts: what sources and
// models call from their threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "media/frame.h"
#include "station/config.h"
#include "station/cycle.h"

namespace turnstone {

// What came out of one section of the table.
struct SectionCount {
  int64_t section = 0;                         // from 0
  std::map<std::string, int64_t> labels = {};  // parts of each label
  std::string last = {};                       // label of the last part
};

// Thread-safe.
class Machine {
 public:
  // Keeps the verdict on a part, with the frame of its scene, or an empty one, where it will not be
  // lost. Called for each part, in order, on a thread of the machine and without its lock; it may
  // block. Errors: the verdict was not kept.
  using Decided = std::function<Result<Kept>(const Verdict&, const Frame&)>;

  // Hears of each fault as it begins, under the machine's lock: returns at once.
  using Faulted = std::function<void(const Error&)>;

  // Reads the stops file, or opens the table and the sorter. `inbox` is not started yet and
  // outlives the machine; nullptr: there is none. Errors: those of the stops file, of the settings
  // and of what is opened.
  static Result<std::unique_ptr<Machine>> open(const CycleConfig& config, Inbox* inbox,
                                               Decided decided, Faulted faulted = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // A live machine begins to move.
  void start();

  // True: the frame is to be judged, and `answer` or `lose` follows for it, in the order of frames,
  // or `refuse` at once. Blocks while many verdicts wait to be kept.
  bool take(const Frame& frame);
  void answer(const Frame& frame, const Scene& scene);
  void lose();
  void refuse();

  // No more frames come and all were answered. Returns when every verdict was handed to `decided`.
  // Errors: the machine could not be halted.
  Result<> finish();

  const CycleConfig& config() const { return config_; }

  struct Look {
    Phase phase = Phase::idle;
    int64_t parts = 0;        // with a verdict
    int64_t reinspected = 0;  // of those, judged more than once
    std::string fault = {};   // "" without one
    CycleCounters counters = {};
    std::vector<SectionCount> sections = {};  // that had a part, rising
  };
  Look look() const;

 private:
  struct Decision {
    Verdict verdict;
    Frame frame;
  };

  Machine(CycleConfig config, Decided decided, Faulted faulted);
  Frame frame_of(const Verdict& verdict) const;
  void work(const std::stop_token& stop);
  void count(const Verdict& verdict, const std::string& label);
  void tick();
  void report();

  CycleConfig config_;
  Decided decided_;
  Faulted faulted_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  // decisions_
  std::unique_ptr<Cycle> cycle_;
  std::deque<Decision> decisions_;  // that `decided_` has not returned from
  int64_t parts_ = 0;
  int64_t reinspected_ = 0;
  std::map<int64_t, SectionCount> sections_;
  std::deque<Frame> answered_;  // the last frames with classes
  std::string fault_reported_;  // its text
  int64_t unsorted_reported_ = 0;
  std::jthread keeper_;  // of verdicts
  std::jthread ticker_;
};

}  // namespace turnstone
