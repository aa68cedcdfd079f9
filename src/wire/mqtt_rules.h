// What MQTT lets be said: pure functions on topics and URLs.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/mqtt.h"

namespace turnstone {

// Errors: invalid.
Result<> check_mqtt_url(const std::string& url);
Result<> check_mqtt_topic(std::string_view topic);
Result<> check_mqtt_filter(std::string_view filter);

// Whether `filter`, which is right, asks for what is sent to `topic`. Signs in the first level do
// not match topics of the broker's own, which begin with $.
bool matches_mqtt_filter(std::string_view filter, std::string_view topic);

// Errors: invalid (its topic, what `version` does not know).
Result<> check_mqtt_message(const MqttMessage& message, int version);

// The URL as Paho spells it, tcp://HOST:PORT or ssl://HOST:PORT, or "" when it is none of ours.
std::string paho_url_of(const std::string& url);

// The protocol to offer within TLS, or "": AWS IoT takes MQTT on port 443 under a name of its own.
std::string alpn_of(const MqttOptions& options);

}  // namespace turnstone
