// Reads bytes as an MQTT topic, filter, and a message with its properties. A finding is a crash, or
// a message that Paho's form of it does not give back.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "wire/mqtt_paho.h"
#include "wire/mqtt_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace turnstone;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (check_mqtt_topic(text))
    CHECK(text.find_first_of("+#") == text.npos && check_mqtt_filter(text));
  (void)check_mqtt_filter(text);
  (void)paho_url_of(text);
  const auto parts = split(text, '\n');
  MqttMessage message{.topic = parts[0], .payload = parts.back(), .retain = size % 2 == 1};
  if (parts.size() > 2) message.content_type = parts[1];
  for (size_t i = 3; i + 1 < parts.size() && i < 20; i += 2)
    message.user_properties.emplace_back(parts[i - 1], parts[i]);
  if (!check_mqtt_message(message, 5)) return 0;
  const auto again = message_of(*paho_message_of(message));
  CHECK(again.topic == message.topic && again.payload == message.payload);
  CHECK(again.retain == message.retain && again.content_type == message.content_type);
  CHECK(again.user_properties == message.user_properties);
  return 0;
}
