// Which frames of a source a model judges: the contract of every trigger. A trigger is one file and
// one row in triggers.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

class Inbox;

// What a user may say about the frames that a model judges: all that is said must hold.
struct TriggerConfig {
  std::chrono::milliseconds interval{0};  // from one judged frame to the next, at least
  int every = 1;                          // the first of so many frames
  bool motion = false;                    // while something moves
  double still_seconds = 0;               // once it has stood still for so long; 0: off
  std::string motion_region;              // two corners of a box, or a polygon; "": all
  double motion_share = 0.01;             // of the region that changes when something moves, 0..1
  int motion_level = 12;                  // of 255 that a place must differ by to have changed
  std::string message_topic;              // filter of messages that ask for a frame, "": off
};

// Watches the frames of one source. One thread at a time.
class Trigger {
 public:
  virtual ~Trigger() = default;

  // Whether `frame` is to be judged, as far as this trigger is concerned. Sees every frame of its
  // source, in order.
  virtual bool wants(const Frame& frame) = 0;

  // The frame that was seen last is judged: what asked for it is served, and may leave its word in
  // it. How many that asked before it will get no frame.
  virtual int64_t serve(Frame& frame) {
    (void)frame;
    return 0;
  }
};

// Makes a trigger for one more source. Any thread.
using TriggerMaker = std::function<std::unique_ptr<Trigger>()>;

// A kind of trigger.
struct TriggerKind {
  const char* name;
  // Whether the configuration asks for it.
  bool (*is_on)(const TriggerConfig& config);
  // `inbox` is the station's, before it starts, or null. Errors: invalid (a setting).
  Result<TriggerMaker> (*make)(const TriggerConfig& config, Inbox* inbox);
};

}  // namespace turnstone
