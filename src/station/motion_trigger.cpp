// Frames in which something moves.
#include "station/motion_meter.h"
#include "station/triggers.h"

namespace turnstone {
namespace {

class MotionTrigger final : public Trigger {
 public:
  MotionTrigger(MotionMeter meter, double share) : meter_(std::move(meter)), share_(share) {}

  bool wants(const Frame& frame) override { return meter_.share_of(frame) >= share_; }

 private:
  MotionMeter meter_;
  double share_;
};

}  // namespace

const TriggerKind motion_trigger = {
    .name = "motion",
    .is_on = [](const TriggerConfig& config) { return config.motion; },
    .make = [](const TriggerConfig& config, Inbox*) -> Result<TriggerMaker> {
      if (config.still_seconds > 0)
        return fail(Code::invalid, "motion and still_s are given, nothing moves and stands still");
      auto meter = TRY(MotionMeter::make(config.motion_region, config.motion_level));
      return [meter = std::move(meter), share = config.motion_share] {
        return std::make_unique<MotionTrigger>(meter, share);
      };
    }};

}  // namespace turnstone
