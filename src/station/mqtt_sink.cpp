#include <random>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "station/sinks.h"
#include "wire/mqtt.h"

namespace turnstone {
namespace {

class MqttSink final : public Sink {
 public:
  MqttSink(MqttOptions options, const MqttSinkConfig& config)
      : options_(std::move(options)), config_(config) {}

  Message message_of(const Outcome& outcome) const override {
    return {.address = config_.topic, .body = payload_of(outcome)};
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    sent = 0;
    if (!client_) {
      client_ = TRY(connect_mqtt(options_, stop));
      log_info("connected to {}", options_.url);
    }
    std::vector<MqttMessage> packets;
    for (const auto& message : messages)
      packets.push_back({message.address, message.body, config_.retain});
    auto published = client_->publish(packets, sent, stop);
    if (!published) client_.reset();
    return published;
  }

 private:
  std::string payload_of(const Outcome& outcome) const {
    const bool as_verdict =
        config_.payload.empty() ? outcome.verdict.has_value() : config_.payload == "verdict";
    return as_verdict ? print_verdict_payload(outcome) : print_outcome(outcome);
  }

  MqttOptions options_;
  MqttSinkConfig config_;
  std::unique_ptr<MqttClient> client_;
};

// Two clients of one id throw each other out, and processes of containers all have the same number.
// At most 23 letters and digits are what every broker takes.
std::string draw_client_id() { return fmt::format("turnstone{:08x}", std::random_device{}()); }

Result<> check_topic(const std::string& topic) {
  if (topic.empty() || topic.size() > 65535 || !is_utf8(topic) ||
      topic.find_first_of("+#") != std::string::npos)
    return fail(Code::invalid, "topic '{}' is wrong, legal is a text without + and #",
                printable(topic));
  return {};
}

}  // namespace

Result<std::unique_ptr<Sink>> open_mqtt_sink(const MqttSinkConfig& config) {
  TRY(check_topic(config.topic));
  MqttOptions options{.url = config.url, .client_id = config.client_id, .user = config.user};
  if (options.client_id.empty()) options.client_id = draw_client_id();
  if (!config.password_file.empty())
    options.password = std::string(trim(TRY(read_text(config.password_file, 65536))));
  options.ca_file = config.ca_file;
  options.certificate_file = config.certificate_file;
  options.key_file = config.key_file;
  options.keep_alive = std::chrono::seconds(config.keep_alive);
  TRY(check_mqtt_options(options));
  return std::make_unique<MqttSink>(std::move(options), config);
}

}  // namespace turnstone
