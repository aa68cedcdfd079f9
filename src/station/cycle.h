// A machine cycle: one part after the other comes to stand before the camera, is judged, and gets
// exactly one verdict. Pure decisions: who calls it owns threads, frames and models.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "media/frame.h"
#include "station/cycle_config.h"
#include "station/sorter.h"
#include "station/stepper.h"
#include "station/verdict.h"

namespace turnstone {

enum class Phase {
  idle,      // not started, or finished
  moving,    // towards the next part
  settling,  // it stands, but may still tremble
  judging,   // its frames are judged
  sorting,   // its verdict is kept, then the sorter takes it where it belongs
  fault,     // something took too long or failed; see Cycle::fault
};

// "idle", "moving", ...
const char* print(Phase phase);

// A verdict that will not be lost any more.
struct Kept {
  int64_t part = 0;
  std::string id = {};     // of its outcome
  std::string label = {};  // in words
  float score = 0;         // 0..1
};

// What has come of the cycle so far.
struct CycleCounters {
  int64_t faults = 0;
  int64_t sorted = 0;    // parts whose action was acknowledged
  int64_t unsorted = 0;  // parts whose action was refused or not acknowledged in time; late ones
                         // are counted as sorted too
  std::string why = {};  // of the last unsorted one
};

// The order of calls: take(frame 0), then judged() or lost() for it when take said so, take(frame
// 1), ...; judged and lost may come late, in the order of frames; refused() at once. Verdicts come
// out of `decided`, in the order of parts, from within these calls, and kept() follows for each, in
// this order, after `decided` has returned. One thread at a time.
class Cycle {
 public:
  using Decided = std::function<void(const Verdict&)>;
  using Time = std::chrono::steady_clock::time_point;

  virtual ~Cycle() = default;

  // Tells that a frame is there. True: it shows a standing part and is to be judged.
  virtual bool take(const Frame& frame) = 0;

  // What the model says of a frame for which take was true.
  virtual void judged(const Scene& scene) = 0;

  // Such a frame could not be judged; its part goes on without it.
  virtual void lost() = 0;

  // The frame that was just taken is not judged after all. Unlike `lost`, which is the answer for
  // the oldest frame without one, it is the newest frame that goes.
  virtual void refused() = 0;

  // What became of the oldest verdict without such an answer. A machine stands until its part's
  // verdict is kept; one that could not be kept is a fault.
  virtual void kept(Result<Kept> kept) = 0;

  // Lets time pass where no frames come; often enough is every 20 ms. A recording ignores it.
  virtual void tick(Time now) = 0;

  // No more frames come; all taken ones were judged or lost. A part that still stands gets its
  // verdict; a machine is halted. Errors: it could not be halted, and may still move.
  virtual Result<> finish() = 0;

  virtual Phase phase() const = 0;

  // Why the phase is `fault`. A recording that ends before its stops is one, at the end. The
  // machine was told to halt. Two kinds end by themselves, unless there were too many:
  // - a part got no frame, or no answer of the model: with the first frame that is captured after
  //   it began; the machine is halted once more and goes on;
  // - a part was not sorted in time: when the sorter acknowledges it after all.
  // Others never end, among them those of the machine itself, since where it stands is not known
  // any more: somebody looks at it and starts the program again.
  virtual const std::optional<Error>& fault() const = 0;

  virtual const CycleCounters& counters() const = 0;
};

// Frame numbers at which a recorded part begins to stand and at which it begins to move, in turn:
// a part is judged from its first number to its second, both included.
using Stops = std::vector<int64_t>;

// One number a line, rising; blank lines and what follows `#` do not count. A last part without a
// second number stands to the end. Errors: invalid, with the line of `file`.
Result<Stops> parse_stops(std::string_view text, std::string_view file);

// Follows a recording. Frames are taken by number, so that dropped ones do no harm.
std::unique_ptr<Cycle> make_recorded_cycle(Stops stops, Voting voting, Cycle::Decided decided);

// Drives a table: move one section, settle, judge, sort, next. The first move begins at the first
// tick or frame; a part's verdict is kept, and the part sorted, before the table moves on. Without
// a sorter (nullptr) nothing is sorted. Settings are those of `config` that are live only. Errors:
// invalid (a setting).
Result<std::unique_ptr<Cycle>> make_live_cycle(const CycleConfig& config,
                                               std::unique_ptr<Stepper> stepper,
                                               std::unique_ptr<Sorter> sorter,
                                               Cycle::Decided decided);

}  // namespace turnstone
