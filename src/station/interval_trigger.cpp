// At most one frame in so much time.
#include <optional>

#include "station/triggers.h"

namespace turnstone {
namespace {

class IntervalTrigger final : public Trigger {
 public:
  explicit IntervalTrigger(std::chrono::milliseconds interval) : interval_(interval) {}

  bool wants(const Frame& frame) override { return !last_ || frame.taken - *last_ >= interval_; }
  int64_t serve(Frame& frame) override {
    last_ = frame.taken;
    return 0;
  }

 private:
  std::chrono::milliseconds interval_;
  std::optional<std::chrono::steady_clock::time_point> last_;
};

}  // namespace

const TriggerKind interval_trigger = {
    .name = "interval",
    .is_on = [](const TriggerConfig& config) { return config.interval.count() > 0; },
    .make = [](const TriggerConfig& config, Inbox*) -> Result<TriggerMaker> {
      return [interval = config.interval] { return std::make_unique<IntervalTrigger>(interval); };
    }};

}  // namespace turnstone
