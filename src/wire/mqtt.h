// A client of an MQTT 3.1.1 broker that sends. Paho ends here. It neither queues nor tries again:
// whoever has messages keeps them until they are confirmed.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace turnstone {

struct MqttOptions {
  std::string url = {};  // tcp:// or ssl:// or mqtt:// or mqtts://, HOST:PORT
  std::string client_id = {};
  std::string user = {};              // "": none
  std::string password = {};          // of `user`
  std::string ca_file = {};           // PEM; "": the system's authorities
  std::string certificate_file = {};  // PEM, ours; "": none
  std::string key_file = {};          // PEM
  std::chrono::seconds keep_alive{30};
  std::chrono::seconds patience{10};  // for the broker to answer
};

// One message to be sent.
struct MqttMessage {
  std::string topic = {};
  std::string payload = {};
  bool retain = false;
};

// Checks what can be known without a broker. Errors: invalid (the URL, a TLS file without TLS),
// missing (a file).
Result<> check_mqtt_options(const MqttOptions& options);

// A connection; once lost it stays lost. One thread at a time.
class MqttClient {
 public:
  virtual ~MqttClient() = default;

  // Sends in order with QoS 1 and waits until the broker has confirmed all of them. `confirmed` is
  // how many it has, counted from the first, also on failure. At most 32 messages. Errors:
  // unavailable (the connection is lost, no answer in time), cancelled (stop).
  virtual Result<> publish(std::span<const MqttMessage> messages, size_t& confirmed,
                           std::stop_token stop) = 0;
};

// Errors: unavailable, with the broker's reason where it gave one; cancelled (stop).
Result<std::unique_ptr<MqttClient>> connect_mqtt(const MqttOptions& options, std::stop_token stop);

}  // namespace turnstone
