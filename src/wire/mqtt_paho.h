// Our words for MQTT as Paho's, and back.
#pragma once

#include <mqtt/async_client.h>

#include "wire/mqtt.h"

namespace turnstone {

// MQTTVERSION_3_1_1 or MQTTVERSION_5.
int paho_version_of(const MqttOptions& options);

// `options` must have been checked; the will is `will`, where there is one.
mqtt::connect_options paho_options_of(const MqttOptions& options,
                                      const std::optional<MqttMessage>& will);

// With QoS 1.
mqtt::message_ptr paho_message_of(const MqttMessage& message);

// What was received.
MqttMessage message_of(const mqtt::message& message);

}  // namespace turnstone
