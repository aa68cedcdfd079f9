// The cycle of a station together with its lock, its clock and its verdicts: what sources and
// models call from their threads.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "media/frame.h"
#include "station/config.h"
#include "station/cycle.h"

namespace turnstone {

// Thread-safe.
class Machine {
 public:
  // Reads the stops file, or opens the table. `decided` is called for each part, in order, under
  // the machine's lock, with the frame of the verdict's scene, or an empty one: it must return at
  // once. Errors: those of the stops file and of the
  // settings.
  using Decided = std::function<void(const Verdict&, const Frame&)>;
  static Result<std::unique_ptr<Machine>> open(const CycleConfig& config, Decided decided);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // A live machine begins to move.
  void start();

  // True: the frame is to be judged, and `answer` or `lose` follows for it, in the order of frames,
  // or `refuse` at once.
  bool take(const Frame& frame);
  void answer(const Frame& frame, const Scene& scene);
  void lose();
  void refuse();

  // No more frames come and all were answered. Errors: the machine could not be halted.
  Result<> finish();

  const CycleConfig& config() const { return config_; }

  struct Look {
    Phase phase = Phase::idle;
    int64_t parts = 0;  // with a verdict
    std::string fault;  // "" without one
  };
  Look look() const;

 private:
  explicit Machine(CycleConfig config) : config_(std::move(config)) {}
  Frame frame_of(const Verdict& verdict) const;
  void tick();
  void report_fault();

  CycleConfig config_;
  mutable std::mutex mutex_;
  std::unique_ptr<Cycle> cycle_;
  int64_t parts_ = 0;
  std::deque<Frame> answered_;  // the last frames with classes
  bool fault_reported_ = false;
  std::jthread ticker_;
};

}  // namespace turnstone
