#include "wire/mqtt.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "base/text.h"
#include "wire/mqtt_paho.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t most_at_once = 32;
constexpr auto glance = std::chrono::milliseconds(50);  // between looks at stop and connection
constexpr auto patience_to_leave = std::chrono::seconds(1);

MqttMessage status_of(const std::string& topic, const char* word) {
  return {.topic = topic, .payload = word, .retain = true};
}

class Client final : public MqttClient {
 public:
  explicit Client(MqttOptions options)
      : options_(std::move(options)),
        client_(paho_url_of(options_.url), options_.client_id,
                mqtt::create_options(paho_version_of(options_))) {
    client_.set_message_callback([this](const mqtt::const_message_ptr& message) { take(message); });
  }

  ~Client() override {
    try {
      if (client_.is_connected()) leave();
    } catch (const std::exception& error) {
      log_line(Level::debug, error.what());  // the connection is gone either way
    }
    const std::scoped_lock lock(mutex_);
    handler_ = nullptr;
  }

  Result<> connect(const std::stop_token& stop) {
    const auto& topic = options_.status_topic;
    auto will = options_.will;
    if (!topic.empty()) will = status_of(topic, "offline");
    try {
      const auto token = client_.connect(paho_options_of(options_, will));
      TRY(wait_for(*token, deadline(), stop, "no answer", false));
    } catch (const std::exception& error) {
      return failed(error);
    }
    if (topic.empty()) return {};
    size_t confirmed = 0;
    const auto online = status_of(topic, "online");
    return publish({&online, 1}, confirmed, stop);
  }

  Result<> publish(std::span<const MqttMessage> messages, size_t& confirmed,
                   std::stop_token stop) override {
    CHECK(messages.size() <= most_at_once);
    confirmed = 0;
    for (const auto& message : messages) TRY(check_mqtt_message(message, options_.version));
    try {
      std::vector<mqtt::delivery_token_ptr> tokens;
      for (const auto& message : messages)
        tokens.push_back(client_.publish(paho_message_of(message)));
      const auto end = deadline();
      for (const auto& token : tokens) {
        TRY(wait_for(*token, end, stop, "a message was not confirmed", true));
        ++confirmed;
      }
      return {};
    } catch (const std::exception& error) {
      return failed(error);
    }
  }

  Result<> subscribe(std::span<const std::string> filters, MqttHandler handler,
                     std::stop_token stop) override {
    for (const auto& filter : filters) TRY(check_mqtt_filter(filter));
    {
      const std::scoped_lock lock(mutex_);
      handler_ = std::move(handler);
    }
    try {
      const auto end = deadline();
      for (const auto& filter : filters) {
        const auto token = client_.subscribe(filter, 1);
        TRY(wait_for(*token, end, stop, "a subscription was not confirmed", true));
        const auto response = token->get_subscribe_response();
        for (const auto code : response.get_reason_codes())
          if (code >= mqtt::ReasonCode::UNSPECIFIED_ERROR)
            return fail(Code::unavailable, "{}: subscription to '{}' refused", options_.url,
                        printable(filter));
      }
      return {};
    } catch (const std::exception& error) {
      return failed(error);
    }
  }

  bool is_connected() const override { return client_.is_connected(); }

  Result<> wait(std::stop_token stop) override {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    while (!stop.stop_requested()) {
      if (!client_.is_connected()) return lost();
      never.wait_for(lock, stop, glance, [] { return false; });
    }
    return {};
  }

 private:
  Clock::time_point deadline() const { return Clock::now() + options_.patience; }

  std::unexpected<Error> lost() const {
    return fail(Code::unavailable, "{}: connection lost", options_.url);
  }

  std::unexpected<Error> failed(const std::exception& error) const {
    return fail(Code::unavailable, "{}: {}", options_.url, printable(lower(error.what())));
  }

  // Waits for the broker's word; `needs_connection` where there was one before.
  Result<> wait_for(mqtt::token& token, Clock::time_point end, const std::stop_token& stop,
                    const char* what, bool needs_connection) {
    while (!token.wait_for(glance)) {
      if (needs_connection && !client_.is_connected()) return lost();
      if (stop.stop_requested()) return fail(Code::cancelled, "{}: stopped", options_.url);
      if (Clock::now() > end)
        return fail(Code::unavailable, "{}: {} within {} s", options_.url, what,
                    options_.patience.count());
    }
    return {};
  }

  void take(const mqtt::const_message_ptr& message) {
    const std::scoped_lock lock(mutex_);
    if (handler_ && message) handler_(message_of(*message));
  }

  // A broker sends no will for a client that takes its leave, so its status is told before.
  void leave() {
    if (!options_.status_topic.empty())
      client_.publish(paho_message_of(status_of(options_.status_topic, "offline")))
          ->wait_for(patience_to_leave);
    client_.disconnect(1000)->wait_for(2 * patience_to_leave);
  }

  MqttOptions options_;
  std::mutex mutex_;
  MqttHandler handler_;
  mqtt::async_client client_;
};

}  // namespace

Result<std::unique_ptr<MqttClient>> connect_mqtt(const MqttOptions& options, std::stop_token stop) {
  TRY(check_mqtt_options(options));
  std::unique_ptr<Client> client;
  try {
    client = std::make_unique<Client>(options);
  } catch (const std::exception& error) {
    return fail(Code::unavailable, "{}: {}", options.url, printable(lower(error.what())));
  }
  TRY(client->connect(stop));
  return client;
}

}  // namespace turnstone
