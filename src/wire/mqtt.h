// A client of an MQTT broker, version 3.1.1 or 5. Paho ends here. It neither queues nor tries
// again: whoever has messages keeps them until they are confirmed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace turnstone {

// One message, to be sent or received.
struct MqttMessage {
  std::string topic = {};
  std::string payload = {};
  bool retain = false;
  // Of version 5 alone:
  std::string content_type = {};   // "image/jpeg"; "": not told
  std::chrono::seconds expiry{0};  // after which nobody gets it; 0: never
  std::vector<std::pair<std::string, std::string>> user_properties = {};
};

struct MqttOptions {
  std::string url = {};  // tcp:// or ssl:// or mqtt:// or mqtts://, HOST:PORT
  std::string client_id = {};
  std::string user = {};              // "": none
  std::string password = {};          // of `user`
  std::string ca_file = {};           // PEM; "": the system's authorities
  std::string certificate_file = {};  // PEM, ours; "": none
  std::string key_file = {};          // PEM
  std::chrono::seconds keep_alive{30};
  std::chrono::seconds patience{10};     // for the broker to answer
  int version = 3;                       // 3 (which is 3.1.1) or 5
  std::optional<MqttMessage> will = {};  // what the broker says when we are cut off
  std::string status_topic = {};  // retained: "online" while connected, else "offline"; a will
  std::string alpn = {};          // of TLS; "": none, but what AWS IoT wants on port 443
};

// Checks what can be known without a broker. Errors: invalid (the URL, a topic, a TLS file without
// TLS, what only version 5 knows), missing (a file).
Result<> check_mqtt_options(const MqttOptions& options);

// Takes a message on a thread of the client, one at a time; returns soon, and does not call the
// client.
using MqttHandler = std::function<void(const MqttMessage&)>;

// A connection; once lost it stays lost. One thread at a time.
class MqttClient {
 public:
  virtual ~MqttClient() = default;

  // Sends in order with QoS 1 and waits until the broker has confirmed all of them. `confirmed` is
  // how many it has, counted from the first, also on failure. At most 32 messages. Errors: invalid
  // (what only version 5 knows), unavailable (the connection is lost, no answer in time), cancelled
  // (stop).
  virtual Result<> publish(std::span<const MqttMessage> messages, size_t& confirmed,
                           std::stop_token stop) = 0;

  // Asks for what is sent to topics that the filters ("line/+/result", "line/#") match, with QoS 1;
  // `handler` takes all of it, instead of an earlier one, and may be called before this returns.
  // Errors: invalid (a filter), unavailable (refused, the connection is lost, no answer in time),
  // cancelled (stop).
  virtual Result<> subscribe(std::span<const std::string> filters, MqttHandler handler,
                             std::stop_token stop) = 0;

  // False for good once the connection is lost.
  virtual bool is_connected() const = 0;

  // Waits until stop is requested, which is no error. Errors: unavailable (the connection is lost).
  virtual Result<> wait(std::stop_token stop) = 0;
};

// Errors: unavailable, with the broker's reason where it gave one; cancelled (stop).
Result<std::unique_ptr<MqttClient>> connect_mqtt(const MqttOptions& options, std::stop_token stop);

}  // namespace turnstone
