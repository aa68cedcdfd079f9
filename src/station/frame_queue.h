// Frames between the sources' threads and the thread of a model.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <vector>

#include "media/frame.h"

namespace turnstone {

// What to do with a frame that finds the queue full.
enum class Overflow {
  wait,      // hold the source back: no frame is lost
  drop_old,  // the oldest frame of the same source goes: live pictures stay fresh
};

// Thread-safe.
class FrameQueue {
 public:
  // At most `room` frames of each source wait.
  explicit FrameQueue(size_t room) : room_(room) {}

  // From now on so many wait; what waits already stays.
  void set_room(size_t room);

  struct Put {
    bool accepted = false;       // false: stop or closed
    std::vector<Frame> dropped;  // to make room
  };
  // Adds a frame; when there is no room, waits or drops the oldest, as `overflow` says.
  Put put(Frame frame, Overflow overflow, std::stop_token stop);

  // Up to `most` frames in the order of arrival: blocks until there are `most`, the first has
  // waited for `patience`, flush() was called, or the queue is closed. Empty: closed and drained.
  std::vector<Frame> take(size_t most, std::chrono::milliseconds patience);

  // Whoever takes next does not wait for more than there are.
  void flush();

  // No more frames are accepted.
  void close();

 private:
  using Steady = std::chrono::steady_clock;
  struct Waiting {
    Frame frame;
    Steady::time_point since;
  };
  size_t count_of(const std::string& source) const;

  size_t room_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Waiting> waiting_;
  bool flush_ = false;
  bool closed_ = false;
};

}  // namespace turnstone
