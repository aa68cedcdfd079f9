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

  // The newest part gets no more frames.
  void close();

  bool is_open() const { return !parts_.empty() && !parts_.back().closed; }

  // Frames without an answer.
  int waiting() const;

 private:
  struct Part {
    Vote vote;
    int waiting = 0;
    bool closed = false;
  };
  Part& oldest_waiting();
  void decide();

  Voting voting_;
  Cycle::Decided decided_;
  std::deque<Part> parts_;
  int64_t decided_parts_ = 0;
};

}  // namespace turnstone
