// The first of every so many frames.
#include "station/triggers.h"

namespace turnstone {
namespace {

class EveryTrigger final : public Trigger {
 public:
  explicit EveryTrigger(int frames) : frames_(frames), passed_(frames) {}

  bool wants(const Frame&) override { return ++passed_ >= frames_; }
  int64_t serve(Frame&) override {
    passed_ = 0;
    return 0;
  }

 private:
  int64_t frames_;
  int64_t passed_;  // frames since the last that was judged
};

}  // namespace

const TriggerKind every_trigger = {
    .name = "every",
    .is_on = [](const TriggerConfig& config) { return config.every > 1; },
    .make = [](const TriggerConfig& config, Inbox*) -> Result<TriggerMaker> {
      return [frames = config.every] { return std::make_unique<EveryTrigger>(frames); };
    }};

}  // namespace turnstone
