// Home Assistant's MQTT discovery: a station appears there by itself, as one device with its
// results, counters and what is wrong with it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/json.h"
#include "station/supervisor.h"
#include "wire/mqtt.h"

namespace turnstone {

// How a station is called there, and the topics of it.
struct HomeAssistantDevice {
  std::string prefix = "homeassistant";  // of the topics of discovery
  std::string name = {};                 // shown to people
  std::string status_topic = {};         // where "online" and "offline" are kept

  // `name` as topics and ids want it: "Line 3" gives "line_3".
  std::string id() const;
  // Where discovery looks, and where the state is told.
  std::string config_topic() const;
  std::string state_topic() const;
};

// Errors: invalid (no name that gives an id, a prefix or status topic that is none).
Result<> check_home_assistant(const HomeAssistantDevice& device);

// The device and its entities, of what Station::state() says: retained. Without a state: what takes
// the device away again.
MqttMessage discovery_message(const HomeAssistantDevice& device, const Json& state);
MqttMessage removal_message(const HomeAssistantDevice& device);

// What the entities show, of what Station::state() says: retained.
MqttMessage state_message(const HomeAssistantDevice& device, const Json& state);

// Tells a broker of the device for as long as it lives, on a connection and a thread of its own:
// what there is once, anew whenever Home Assistant says it has started, and every second what has
// changed. Connects again by itself. Thread-safe.
class HomeAssistant {
 public:
  // `options` are those of the connection; its status topic is the device's. `state` is called on
  // the thread; without one the device is taken away, once.
  HomeAssistant(MqttOptions options, HomeAssistantDevice device, std::function<Json()> state,
                Backoff backoff = {});
  ~HomeAssistant();
  HomeAssistant(const HomeAssistant&) = delete;
  HomeAssistant& operator=(const HomeAssistant&) = delete;

 private:
  void work(const std::stop_token& stop);
  Result<> serve(const std::stop_token& stop);
  bool wait(const std::stop_token& stop);

  MqttOptions options_;
  HomeAssistantDevice device_;
  std::function<Json()> state_;
  Pause pause_;  // before the next attempt
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool born_ = false;  // Home Assistant has started
  std::jthread thread_;
};

}  // namespace turnstone
