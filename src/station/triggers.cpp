#include "station/triggers.h"

#include <algorithm>

namespace turnstone {

std::span<const TriggerKind* const> trigger_kinds() {
  static constexpr const TriggerKind* kinds[] = {&interval_trigger, &every_trigger, &motion_trigger,
                                                 &still_trigger, &message_trigger};
  return kinds;
}

bool has_triggers(const TriggerConfig& config) {
  return std::ranges::any_of(trigger_kinds(),
                             [&](const auto* kind) { return kind->is_on(config); });
}

bool waits_for_moments(const TriggerConfig& config) {
  return still_trigger.is_on(config) || message_trigger.is_on(config);
}

Result<Triggers> Triggers::make(const TriggerConfig& config, Inbox* inbox) {
  Triggers made;
  for (const auto* kind : trigger_kinds()) {
    if (!kind->is_on(config)) continue;
    auto wanted = std::make_unique<Wanted>();
    wanted->name = kind->name;
    wanted->make = TRY(kind->make(config, inbox));
    made.state_->wanted.push_back(std::move(wanted));
  }
  return made;
}

std::vector<std::unique_ptr<Trigger>>& Triggers::triggers_of(const std::string& source) {
  const std::lock_guard lock(state_->mutex);
  const auto [found, is_new] = state_->by_source.try_emplace(source);
  for (size_t i = 0; is_new && i < state_->wanted.size(); ++i)
    found->second.push_back(state_->wanted[i]->make());
  return found->second;
}

bool Triggers::pass(Frame& frame) {
  if (state_->wanted.empty()) return true;
  auto& triggers = triggers_of(frame.source);
  bool passes = true;
  for (size_t i = 0; i < triggers.size(); ++i) {
    if (triggers[i]->wants(frame)) continue;
    passes = false;
    ++state_->wanted[i]->passed_over;
  }
  for (size_t i = 0; passes && i < triggers.size(); ++i)
    state_->unserved += triggers[i]->serve(frame);
  return passes;
}

std::vector<Triggers::Count> Triggers::counts() const {
  std::vector<Count> counts;
  for (const auto& wanted : state_->wanted) counts.push_back({wanted->name, wanted->passed_over});
  return counts;
}

}  // namespace turnstone
