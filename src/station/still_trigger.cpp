// One frame of each standing: the first for which the picture has been still for long enough after
// it moved.
#include <optional>

#include "station/motion_meter.h"
#include "station/triggers.h"

namespace turnstone {
namespace {

class StillTrigger final : public Trigger {
 public:
  StillTrigger(MotionMeter meter, double share, double seconds)
      : meter_(std::move(meter)), share_(share), still_(seconds) {}

  bool wants(const Frame& frame) override {
    const bool first = !last_;
    const bool moves = meter_.share_of(frame) >= share_;
    if (moves || !since_) since_ = frame.taken;
    if (moves && !first) is_due_ = true;
    last_ = frame.taken;
    return is_due_ && !moves && frame.taken - *since_ >= still_;
  }
  int64_t serve(Frame&) override {
    is_due_ = false;
    return 0;
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  MotionMeter meter_;
  double share_;
  std::chrono::duration<double> still_;
  std::optional<Time> last_;   // of the frame before
  std::optional<Time> since_;  // of the last frame that was different
  bool is_due_ = false;        // it has moved since a frame was judged
};

}  // namespace

const TriggerKind still_trigger = {
    .name = "still",
    .is_on = [](const TriggerConfig& config) { return config.still_seconds > 0; },
    .make = [](const TriggerConfig& config, Inbox*) -> Result<TriggerMaker> {
      auto meter = TRY(MotionMeter::make(config.motion_region, config.motion_level));
      return
          [meter = std::move(meter), share = config.motion_share, seconds = config.still_seconds] {
            return std::make_unique<StillTrigger>(meter, share, seconds);
          };
    }};

}  // namespace turnstone
