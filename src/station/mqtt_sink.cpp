#include <random>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "station/kinds.h"
#include "station/payload.h"
#include "station/template.h"
#include "wire/mqtt.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

// Messages to an MQTT broker.
struct MqttSinkConfig {
  std::string url;                 // tcp://HOST:PORT or ssl://HOST:PORT
  std::string topic;               // where messages go, a template
  std::string payload;             // a shape, or "" for what the station makes
  std::string text;                // of payload "template"
  std::vector<std::string> words;  // such as "Fail=Defective"
  std::string key;                 // of payload "keyed"
  std::string thing;               // what {thing} is in the topic
  std::string client_id;           // "": drawn by chance when the sink is opened
  std::string user;                // "": none
  std::string password_file;       // one line, the password of `user`
  std::string ca_file;             // PEM, who may have signed the broker's certificate
  std::string certificate_file;    // PEM, ours
  std::string key_file;            // PEM, of our certificate
  int keep_alive = 30;             // seconds
  bool retain = false;             // the broker keeps the last message for new subscribers
  int version = 3;                 // 3 (3.1.1) or 5
  std::string status_topic;        // retained "online" and "offline", "": none
  std::string alpn;                // of TLS, "": none, but what AWS IoT wants on port 443
};

const Field<MqttSinkConfig> mqtt_fields[] = {
    {"url",
     &MqttSinkConfig::url,
     "",
     "mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS",
     {.required = true}},
    {"topic", &MqttSinkConfig::topic, "", "topic of the messages", {.required = true}},
    {"thing", &MqttSinkConfig::thing, "", "what stands for {thing} in the topic"},
    {"payload",
     &MqttSinkConfig::payload,
     "",
     "shape of the messages; \"\": verdict where there is a cycle, else scene",
     {.choices = payload_names()}},
    {"template", &MqttSinkConfig::text, "", "of payload \"template\": a text with places"},
    {"words", &MqttSinkConfig::words, "", "what labels are called, such as \"Fail=Defective\""},
    {"key", &MqttSinkConfig::key, "", "of payload \"keyed\": what stands before the label"},
    {"client_id", &MqttSinkConfig::client_id, "", "\"\": drawn by chance at each start"},
    {"user", &MqttSinkConfig::user, "", "\"\": none"},
    {"password_file", &MqttSinkConfig::password_file, "path", "file with the user's password"},
    {"ca_file", &MqttSinkConfig::ca_file, "path",
     "PEM, who may have signed the broker's certificate; \"\": the system's authorities"},
    {"certificate_file", &MqttSinkConfig::certificate_file, "path", "PEM, the station's own"},
    {"key_file", &MqttSinkConfig::key_file, "path", "PEM, key of the station's certificate"},
    {"keep_alive_s",
     &MqttSinkConfig::keep_alive,
     "s",
     "longest silence towards the broker",
     {.least = 1, .most = 3600}},
    {"retain", &MqttSinkConfig::retain, "", "the broker keeps the last message"},
    {"version", &MqttSinkConfig::version, "", "3 is 3.1.1, or 5", {.least = 3, .most = 5}},
    {"status_topic", &MqttSinkConfig::status_topic, "",
     "where \"online\" and, also after a loss of power, \"offline\" are kept; \"\": nowhere"},
    {"alpn", &MqttSinkConfig::alpn, "",
     "protocol to offer within TLS; \"\": none, but what AWS IoT wants on port 443"},
};

class MqttSink final : public Sink {
 public:
  MqttSink(MqttOptions options, const MqttSinkConfig& config, Template topic, Payload payload)
      : options_(std::move(options)),
        config_(config),
        topic_(std::move(topic)),
        payload_(std::move(payload)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    auto body = payload_.print(outcome);
    if (!body) return {};
    auto values = values_of(outcome);
    values["thing"] = config_.thing;
    return {{.address = printed_topic(values), .body = std::move(*body)}};
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    sent = 0;
    if (!client_) {
      client_ = TRY(connect_mqtt(options_, stop));
      log_info("connected to {}", options_.url);
    }
    std::vector<MqttMessage> packets;
    Result<> legal;
    for (const auto& message : messages) {
      MqttMessage packet{message.address, message.body, config_.retain};
      legal = check_mqtt_message(packet, options_.version);
      if (!legal) break;
      packets.push_back(std::move(packet));
    }
    auto published = client_->publish(packets, sent, stop);
    if (!published) client_.reset();
    return published ? legal : published;
  }

 private:
  // Values never make a topic illegal, nor add levels to it.
  std::string printed_topic(TemplateValues values) const {
    for (const auto& name : template_names())
      if (!values.contains(name)) values[name] = std::string("_");
    for (auto& [name, value] : values)
      if (auto* text = std::get_if<std::string>(&value); !text)
        continue;
      else if (text->empty() || !is_utf8(*text))
        *text = "_";
      else
        for (char& letter : *text)
          if (letter == '+' || letter == '#' || letter == '\0' ||
              (letter == '/' && name != "thing"))
            letter = '_';
    return topic_.print(values);
  }

  MqttOptions options_;
  MqttSinkConfig config_;
  Template topic_;
  Payload payload_;
  std::unique_ptr<MqttClient> client_;
};

// Two clients of one id throw each other out, and processes of containers all have the same number.
// At most 23 letters and digits are what every broker takes.
std::string draw_client_id() { return fmt::format("turnstone{:08x}", std::random_device{}()); }

Result<std::unique_ptr<Sink>> open_mqtt_sink(const MqttSinkConfig& config) {
  TRY(check_mqtt_topic(config.topic));
  MqttOptions options{.url = config.url, .client_id = config.client_id, .user = config.user};
  if (options.client_id.empty()) options.client_id = draw_client_id();
  if (!config.password_file.empty()) options.password = TRY(read_secret(config.password_file));
  options.ca_file = config.ca_file;
  options.certificate_file = config.certificate_file;
  options.key_file = config.key_file;
  options.version = config.version;
  options.status_topic = config.status_topic;
  options.alpn = config.alpn;
  options.keep_alive = std::chrono::seconds(config.keep_alive);
  TRY(check_mqtt_options(options));
  auto topic = TRY(Template::parse(config.topic), "topic");
  auto payload = TRY(Payload::make(
      {.shape = config.payload, .text = config.text, .words = config.words, .key = config.key}));
  return std::make_unique<MqttSink>(std::move(options), config, std::move(topic),
                                    std::move(payload));
}

}  // namespace

const Kind<Sink> mqtt_sink = kind_of<Sink, MqttSinkConfig, mqtt_fields, open_mqtt_sink>(
    "mqtt", "messages to an MQTT broker");

}  // namespace turnstone
