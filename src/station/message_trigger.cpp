// The next frame after each message to a topic.
#include <deque>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "station/inbox.h"
#include "station/triggers.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;

constexpr size_t most_waiting = 100;
constexpr size_t most_text_bytes = 1000;
constexpr std::chrono::seconds tell_every(10);

// The messages that came, for the triggers of all sources. Thread-safe.
class Requests {
 public:
  struct Request {
    int64_t number = 0;  // from 1
    Steady::time_point came;
    std::string text;
  };

  // Takes no notice of what the broker kept from before. Beyond most_waiting the oldest goes.
  void add(const MqttMessage& message) {
    if (message.retain) return;
    const bool is_text = message.payload.size() <= most_text_bytes && is_utf8(message.payload);
    if (!is_text)
      log_warning("message to {}: its text is left out, legal are {} bytes of UTF-8",
                  printable(message.topic), most_text_bytes);
    const std::lock_guard lock(mutex_);
    requests_.push_back({++count_, Steady::now(), is_text ? message.payload : ""});
    if (requests_.size() > most_waiting) requests_.pop_front();
  }

  // The number that a trigger has served which begins now: what waits is still for it.
  int64_t before_first() const {
    const std::lock_guard lock(mutex_);
    return count_ - static_cast<int64_t>(requests_.size());
  }

  // The first with a larger number than `served`.
  std::optional<Request> next(int64_t served) const {
    const std::lock_guard lock(mutex_);
    for (const auto& request : requests_)
      if (request.number > served) return request;
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Request> requests_;
  int64_t count_ = 0;
};

class MessageTrigger final : public Trigger {
 public:
  explicit MessageTrigger(std::shared_ptr<const Requests> requests)
      : requests_(std::move(requests)), served_(requests_->before_first()) {}

  // A frame that was on its way when the message came does not show what the message is about.
  bool wants(const Frame& frame) override {
    const auto request = requests_->next(served_);
    return request && frame.taken >= request->came;
  }

  int64_t serve(Frame& frame) override {
    const auto request = requests_->next(served_);
    const auto unserved = request->number - served_ - 1;
    if (unserved > 0 && frame.taken >= told_ + tell_every) {
      told_ = frame.taken;
      log_warning("source {}: messages ask for more frames than there are, only {} can wait",
                  frame.source, most_waiting);
    }
    served_ = request->number;
    frame.message = request->text;
    return unserved;
  }

 private:
  std::shared_ptr<const Requests> requests_;
  int64_t served_;  // number of the last message that got its frame
  Steady::time_point told_ = Steady::time_point::min();  // when the log told of those that did not
};

}  // namespace

const TriggerKind message_trigger = {
    .name = "message",
    .is_on = [](const TriggerConfig& config) { return !config.message_topic.empty(); },
    .make = [](const TriggerConfig& config, Inbox* inbox) -> Result<TriggerMaker> {
      if (!inbox) return fail(Code::invalid, "message_topic: there is no [mqtt] to hear it by");
      auto requests = std::make_shared<Requests>();
      TRY(inbox->handle(config.message_topic,
                        [requests](const MqttMessage& message) { requests->add(message); }),
          "message_topic");
      return [requests] { return std::make_unique<MessageTrigger>(requests); };
    }};

}  // namespace turnstone
