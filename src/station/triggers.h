// All triggers of one model.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "station/trigger.h"

namespace turnstone {

extern const TriggerKind interval_trigger;
extern const TriggerKind every_trigger;
extern const TriggerKind motion_trigger;
extern const TriggerKind still_trigger;
extern const TriggerKind message_trigger;

// Every kind there is.
std::span<const TriggerKind* const> trigger_kinds();

// Whether frames are passed over.
bool has_triggers(const TriggerConfig& config);

// Whether what is wanted is a moment, so that no frame that was wanted may be dropped.
bool waits_for_moments(const TriggerConfig& config);

// The triggers that a configuration asks for, for each source by themselves. Any thread, one thread
// a source.
class Triggers {
 public:
  // `inbox` is the station's, before it starts, or null. Errors: invalid (a setting).
  static Result<Triggers> make(const TriggerConfig& config, Inbox* inbox);

  // Whether the frame is to be judged: all triggers want it. Then it may carry a message. To be
  // called for every frame of a source, in order.
  bool pass(Frame& frame);

  // The triggers there are, with the frames that each did not want.
  struct Count {
    const char* name;
    int64_t passed_over;
  };
  std::vector<Count> counts() const;

  // What asked for a frame and will get none.
  int64_t unserved() const { return state_->unserved; }

 private:
  // One that the configuration asks for.
  struct Wanted {
    const char* name;
    TriggerMaker make;
    std::atomic<int64_t> passed_over{0};
  };
  // Behind a pointer, so that triggers can be moved to where they are used.
  struct State {
    std::vector<std::unique_ptr<Wanted>> wanted;
    std::atomic<int64_t> unserved{0};
    std::mutex mutex;  // of the map alone
    std::map<std::string, std::vector<std::unique_ptr<Trigger>>> by_source;
  };
  std::vector<std::unique_ptr<Trigger>>& triggers_of(const std::string& source);

  std::unique_ptr<State> state_ = std::make_unique<State>();
};

}  // namespace turnstone
