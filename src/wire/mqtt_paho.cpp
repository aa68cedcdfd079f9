#include "wire/mqtt_paho.h"

#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

constexpr int most_at_once = 32;  // as many as one publish takes

mqtt::ssl_options tls_options_of(const MqttOptions& options) {
  mqtt::ssl_options tls;
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);
  if (!options.ca_file.empty()) tls.set_trust_store(options.ca_file);
  if (!options.certificate_file.empty()) tls.set_key_store(options.certificate_file);
  if (!options.key_file.empty()) tls.set_private_key(options.key_file);
  const auto alpn = alpn_of(options);
  if (!alpn.empty()) tls.set_alpn_protos({alpn});
  return tls;
}

mqtt::properties properties_of(const MqttMessage& message) {
  mqtt::properties properties;
  if (!message.content_type.empty())
    properties.add({mqtt::property::CONTENT_TYPE, message.content_type});
  if (message.expiry.count() > 0)
    properties.add(
        {mqtt::property::MESSAGE_EXPIRY_INTERVAL, static_cast<int32_t>(message.expiry.count())});
  for (const auto& [name, value] : message.user_properties)
    properties.add({mqtt::property::USER_PROPERTY, name, value});
  return properties;
}

}  // namespace

int paho_version_of(const MqttOptions& options) {
  return options.version == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

mqtt::connect_options paho_options_of(const MqttOptions& options,
                                      const std::optional<MqttMessage>& will) {
  mqtt::connect_options made;
  made.set_mqtt_version(paho_version_of(options));
  if (options.version == 5)
    made.set_clean_start(true);
  else
    made.set_clean_session(true);
  made.set_automatic_reconnect(false);
  made.set_keep_alive_interval(options.keep_alive);
  made.set_connect_timeout(options.patience);
  made.set_max_inflight(most_at_once);
  if (!options.user.empty()) {
    made.set_user_name(options.user);
    made.set_password(options.password);
  }
  if (will) made.set_will_message(*paho_message_of(*will));
  if (paho_url_of(options.url).starts_with("ssl://")) made.set_ssl(tls_options_of(options));
  return made;
}

mqtt::message_ptr paho_message_of(const MqttMessage& message) {
  auto made = mqtt::make_message(message.topic, message.payload, 1, message.retain);
  auto properties = properties_of(message);
  if (!properties.empty()) made->set_properties(std::move(properties));
  return made;
}

MqttMessage message_of(const mqtt::message& message) {
  MqttMessage made{.topic = message.get_topic(),
                   .payload = message.get_payload_str(),
                   .retain = message.is_retained()};
  const auto& properties = message.get_properties();
  if (properties.contains(mqtt::property::CONTENT_TYPE))
    made.content_type = mqtt::get<std::string>(properties, mqtt::property::CONTENT_TYPE);
  if (properties.contains(mqtt::property::MESSAGE_EXPIRY_INTERVAL))
    made.expiry = std::chrono::seconds(
        mqtt::get<uint32_t>(properties, mqtt::property::MESSAGE_EXPIRY_INTERVAL));
  const auto count = properties.count(mqtt::property::USER_PROPERTY);
  for (size_t i = 0; i < count; ++i) {
    auto [name, value] = mqtt::get<mqtt::string_pair>(properties, mqtt::property::USER_PROPERTY, i);
    made.user_properties.emplace_back(std::move(name), std::move(value));
  }
  return made;
}

}  // namespace turnstone
