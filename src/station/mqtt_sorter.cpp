// A sorter at the other end of a broker: it is told by one topic and acknowledges on another.
#include <mutex>
#include <optional>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "station/inbox.h"
#include "station/sorter.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

// An acknowledgement: {"id":…}, with "ok":false and a "reason" where the action is refused.
struct Acknowledgement {
  std::string id;
  bool ok = true;
  std::string reason;
};

Result<Acknowledgement> parse_acknowledgement(std::string_view text) {
  const auto json = TRY(parse_json(text));
  Acknowledgement made;
  made.id = TRY(json_get<std::string>(json, "id"));
  made.ok = TRY(json_get_or<bool>(json, "ok", true));
  made.reason = TRY(json_get_or<std::string>(json, "reason", ""));
  return made;
}

// Where acknowledgements come in, on the thread of the connection. Thread-safe.
class Answers {
 public:
  // Only this action's is waited for from now on.
  void expect(std::string id) {
    const std::lock_guard lock(mutex_);
    id_ = std::move(id);
    answer_.reset();
  }

  void take(const MqttMessage& message) {
    auto answer = parse_acknowledgement(message.payload);
    const std::lock_guard lock(mutex_);
    if (!answer && !std::exchange(told_, true))
      log_warning("sorter: acknowledgement on {}: {}", printable(message.topic),
                  answer.error().text);
    if (answer && answer->id == id_) answer_ = std::move(*answer);
  }

  std::optional<Acknowledgement> find() const {
    const std::lock_guard lock(mutex_);
    return answer_;
  }

 private:
  mutable std::mutex mutex_;
  std::string id_;
  std::optional<Acknowledgement> answer_;  // of the action that is waited for
  bool told_ = false;                      // of one that is none
};

class MqttSorter final : public Sorter {
 public:
  MqttSorter(std::string topic, Inbox& inbox, std::shared_ptr<Answers> answers)
      : topic_(std::move(topic)), inbox_(inbox), answers_(std::move(answers)) {}

  Result<> sort(const Action& action) override {
    answers_->expect(action.id);
    message_ = print_action(action);
    connection_.reset();
    send();
    return {};
  }

  Result<bool> is_done() override {
    if (const auto answer = answers_->find()) {
      if (answer->ok) return true;
      return fail(Code::unavailable, "refused{}",
                  answer->reason.empty() ? "" : ": " + printable(answer->reason));
    }
    send();
    return false;
  }

 private:
  // Once for each connection: what went by the one before may not have arrived, nor its
  // acknowledgement.
  void send() {
    const auto state = inbox_.state();
    if (!state.connected || connection_ == state.reconnects) return;
    if (inbox_.publish(topic_, message_)) connection_ = state.reconnects;
  }

  std::string topic_;
  Inbox& inbox_;
  std::shared_ptr<Answers> answers_;
  std::string message_;
  std::optional<int64_t> connection_;  // by which it was sent
};

}  // namespace

Result<std::unique_ptr<Sorter>> open_mqtt_sorter(const SorterConfig& config, Inbox& inbox) {
  if (config.topic.empty()) return fail(Code::invalid, "topic is missing, that of actions");
  if (config.answer_topic.empty())
    return fail(Code::invalid, "answer_topic is missing, that of acknowledgements");
  TRY(check_mqtt_topic(config.topic), "topic");
  auto answers = std::make_shared<Answers>();
  TRY(inbox.handle(config.answer_topic,
                   [answers](const MqttMessage& message) { answers->take(message); }),
      "answer_topic");
  return std::make_unique<MqttSorter>(config.topic, inbox, std::move(answers));
}

}  // namespace turnstone
