// Parts between their first frame and their verdict, for models that answer later than frames come.
#pragma once

#include <deque>

#include "station/cycle.h"

namespace turnstone {

// Gives `decided` one verdict for each part, in order, as soon as the part is closed and all its
// frames are answered. One thread at a time.
class PartQueue {
 public:
  PartQueue(Voting voting, Cycle::Decided decided)
      : voting_(voting), decided_(std::move(decided)) {}

  // A new part begins; the one before must be closed.
  void open();

  // The newest part gets a frame that is to be judged.
  void take(const Frame& frame);

  // The newest frame is not judged after all: no answer follows for it.
  void take_back();

  // The answer for the oldest frame without one.
  void judged(const Scene& scene);
  void lost();

  // The newest part is judged anew: what its frames said so far does not count. All of them must
  // be answered.
  void inspect_again();

  // The newest part gets no more frames.
  void close();

  bool is_open() const { return !parts_.empty() && !parts_.back().closed; }

  // Frames without an answer, of all parts.
  int waiting() const;

  // Of the newest part, which is open: its frames that were judged or will be, the verdict so far.
  int frames() const;
  Verdict verdict() const;

 private:
  struct Part {
    Vote vote;
    int frames = 0;  // of this inspection, without those that were lost
    int waiting = 0;
    int inspections = 1;
    bool closed = false;
  };
  Part& oldest_waiting();
  static Verdict verdict_of(const Part& part, int64_t number);
  void decide();

  Voting voting_;
  Cycle::Decided decided_;
  std::deque<Part> parts_;
  int64_t decided_parts_ = 0;
};

}  // namespace turnstone
