#include "wire/mqtt.h"

#include <mqtt/async_client.h>

#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "wire/tls_files.h"

namespace turnstone {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t most_at_once = 32;
constexpr auto glance = std::chrono::milliseconds(50);  // between looks at stop and connection

// The URL as Paho spells it, or "" when it is none of ours.
std::string paho_url(const std::string& url) {
  static constexpr std::pair<std::string_view, std::string_view> schemes[] = {
      {"tcp://", "tcp://"}, {"mqtt://", "tcp://"}, {"ssl://", "ssl://"}, {"mqtts://", "ssl://"}};
  for (const auto& [ours, theirs] : schemes) {
    if (!url.starts_with(ours) || url.size() == ours.size()) continue;
    auto rest = url.substr(ours.size());
    if (rest.find_first_of("/ @?#") != std::string::npos) return "";
    if (rest.find(':') == std::string::npos) rest += theirs == "ssl://" ? ":8883" : ":1883";
    return std::string(theirs) + rest;
  }
  return "";
}

bool is_tls(const std::string& url) { return url.starts_with("ssl://"); }

mqtt::connect_options connect_options_of(const MqttOptions& options) {
  mqtt::connect_options made;
  made.set_clean_session(true);
  made.set_automatic_reconnect(false);
  made.set_keep_alive_interval(options.keep_alive);
  made.set_connect_timeout(options.patience);
  made.set_max_inflight(most_at_once);
  made.set_mqtt_version(MQTTVERSION_3_1_1);
  if (!options.user.empty()) {
    made.set_user_name(options.user);
    made.set_password(options.password);
  }
  if (!is_tls(paho_url(options.url))) return made;
  mqtt::ssl_options tls;
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);
  if (!options.ca_file.empty()) tls.set_trust_store(options.ca_file);
  if (!options.certificate_file.empty()) tls.set_key_store(options.certificate_file);
  if (!options.key_file.empty()) tls.set_private_key(options.key_file);
  made.set_ssl(tls);
  return made;
}

class Client final : public MqttClient {
 public:
  explicit Client(const MqttOptions& options)
      : url_(options.url),
        patience_(options.patience),
        client_(paho_url(options.url), options.client_id, mqtt::create_options(MQTTVERSION_3_1_1)) {
  }

  ~Client() override {
    try {
      if (client_.is_connected()) client_.disconnect(1000)->wait_for(std::chrono::seconds(2));
    } catch (const std::exception& error) {
      log_line(Level::debug, error.what());  // the connection is gone either way
    }
  }

  Result<> connect(const MqttOptions& options, std::stop_token stop) {
    try {
      const auto token = client_.connect(connect_options_of(options));
      const auto deadline = Clock::now() + patience_;
      while (!token->wait_for(glance)) {
        if (stop.stop_requested()) return fail(Code::cancelled, "{}: stopped", url_);
        if (Clock::now() > deadline)
          return fail(Code::unavailable, "{}: no answer within {} s", url_, patience_.count());
      }
      return {};
    } catch (const std::exception& error) {
      return fail(Code::unavailable, "{}: {}", url_, printable(lower(error.what())));
    }
  }

  Result<> publish(std::span<const MqttMessage> messages, size_t& confirmed,
                   std::stop_token stop) override {
    CHECK(messages.size() <= most_at_once);
    confirmed = 0;
    try {
      std::vector<mqtt::delivery_token_ptr> tokens;
      for (const auto& message : messages)
        tokens.push_back(
            client_.publish(mqtt::make_message(message.topic, message.payload, 1, message.retain)));
      const auto deadline = Clock::now() + patience_;
      for (const auto& token : tokens) {
        TRY(wait(*token, deadline, stop));
        ++confirmed;
      }
      return {};
    } catch (const std::exception& error) {
      return fail(Code::unavailable, "{}: {}", url_, printable(lower(error.what())));
    }
  }

 private:
  Result<> wait(mqtt::token& token, Clock::time_point deadline, const std::stop_token& stop) {
    while (!token.wait_for(glance)) {
      if (!client_.is_connected()) return fail(Code::unavailable, "{}: connection lost", url_);
      if (stop.stop_requested()) return fail(Code::cancelled, "{}: stopped", url_);
      if (Clock::now() > deadline)
        return fail(Code::unavailable, "{}: a message was not confirmed within {} s", url_,
                    patience_.count());
    }
    return {};
  }

  std::string url_;
  std::chrono::seconds patience_;
  mqtt::async_client client_;
};

}  // namespace

Result<> check_mqtt_options(const MqttOptions& options) {
  const auto url = paho_url(options.url);
  if (url.empty())
    return fail(Code::invalid, "url '{}' is wrong, legal are tcp://HOST:PORT and ssl://HOST:PORT",
                printable(options.url));
  TRY(check_tls_files({options.ca_file, options.certificate_file, options.key_file}));
  const bool has_files =
      !options.ca_file.empty() || !options.certificate_file.empty() || !options.key_file.empty();
  if (has_files && !is_tls(url))
    return fail(Code::invalid, "url '{}' is without TLS but certificates are given, write ssl://",
                printable(options.url));
  return {};
}

Result<std::unique_ptr<MqttClient>> connect_mqtt(const MqttOptions& options, std::stop_token stop) {
  TRY(check_mqtt_options(options));
  std::unique_ptr<Client> client;
  try {
    client = std::make_unique<Client>(options);
  } catch (const std::exception& error) {
    return fail(Code::unavailable, "{}: {}", options.url, printable(lower(error.what())));
  }
  TRY(client->connect(options, stop));
  return client;
}

}  // namespace turnstone
