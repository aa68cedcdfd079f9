#include "base/log.h"
#include "base/text.h"
#include "station/home_assistant.h"
#include "station/kinds.h"
#include "station/mqtt_connection.h"
#include "station/payload.h"
#include "station/template.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

// Messages to an MQTT broker.
struct MqttSinkConfig : MqttConnection {
  std::string topic;               // where messages go, a template
  std::string payload;             // a shape, or "" for what the station makes
  std::string text;                // of payload "template"
  std::vector<std::string> words;  // such as "Fail=Defective"
  std::string key;                 // of payload "keyed"
  std::string thing;               // what {thing} is in the topic
  bool retain = false;             // the broker keeps the last message for new subscribers
  std::string status_topic;        // retained "online" and "offline", "": none
  std::string texts_topic;         // where happenings are told, "": nowhere
  std::string texts = "plain";     // in these words
  std::string discovery;           // prefix of Home Assistant's discovery, "": none
  std::string device;              // what the station is called there
  bool discovered = true;          // else it is taken away from there
};

// A topic with places, whose values never make it illegal. Errors: invalid.
Result<Template> parse_topic(const std::string& text) {
  TRY(check_mqtt_topic(text));
  return Template::parse(text);
}

const Field<MqttSinkConfig> own_fields[] = {
    {"topic",
     &MqttSinkConfig::topic,
     "",
     "topic of the messages",
     {.required = true, .why_not = why_not<parse_topic>}},
    {"thing", &MqttSinkConfig::thing, "", "what stands for {thing} in the topic"},
    {"payload",
     &MqttSinkConfig::payload,
     "",
     "shape of the messages; \"\": verdict where there is a cycle, else scene",
     {.choices = payload_names()}},
    {"template",
     &MqttSinkConfig::text,
     "",
     "of payload \"template\": a text with places",
     {.why_not = why_not<Template::parse>}},
    {"words",
     &MqttSinkConfig::words,
     "",
     "what labels are called, such as \"Fail=Defective\"",
     {.why_not = why_not<parse_word>}},
    {"key", &MqttSinkConfig::key, "", "of payload \"keyed\": what stands before the label"},
    {"retain", &MqttSinkConfig::retain, "", "the broker keeps the last message"},
    {"status_topic",
     &MqttSinkConfig::status_topic,
     "",
     "where \"online\" and, also after a loss of power, \"offline\" are kept; \"\": nowhere",
     {.why_not = why_not<check_mqtt_topic>}},
    {"texts_topic",
     &MqttSinkConfig::texts_topic,
     "",
     "where it is told as plain text what happens beside outcomes; \"\": nowhere",
     {.why_not = why_not<parse_topic>}},
    {"texts", &MqttSinkConfig::texts, "", "in whose words", {.choices = status_words()}},
    {"discovery", &MqttSinkConfig::discovery, "",
     "prefix under which Home Assistant looks for devices, such as \"homeassistant\"; \"\": none"},
    {"device", &MqttSinkConfig::device, "", "with discovery: what the station is called there"},
    {"discovered", &MqttSinkConfig::discovered, "",
     "with discovery: false takes the device away from there"},
};

const auto mqtt_fields = join_fields(own_fields, mqtt_connection_fields<MqttSinkConfig>());

class MqttSink final : public Sink {
 public:
  MqttSink(MqttOptions options, const MqttSinkConfig& config, HomeAssistantDevice device,
           Template topic, Template texts_topic, Payload payload)
      : options_(std::move(options)),
        config_(config),
        device_(std::move(device)),
        topic_(std::move(topic)),
        texts_topic_(std::move(texts_topic)),
        payload_(std::move(payload)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    auto body = payload_.print(outcome);
    if (!body) return {};
    auto values = values_of(outcome);
    values["thing"] = config_.thing;
    return {{.address = printed_topic(topic_, values), .body = std::move(*body)}};
  }

  std::vector<Message> messages_of(const Happening& happening) const override {
    if (config_.texts_topic.empty()) return {};
    auto text = print_status(happening, config_.texts);
    if (!text) return {};
    return {{.address = printed_topic(texts_topic_, {{"thing", config_.thing}}),
             .body = std::move(*text)}};
  }

  // On a connection of its own, which then keeps the status, since this one begins with the first
  // message.
  void attend(const std::function<Json()>& state) override {
    home_assistant_.reset();
    if (config_.discovery.empty() || !state) return;
    auto options = options_;
    options.client_id += "-ha";
    home_assistant_ = std::make_unique<HomeAssistant>(
        std::move(options), device_, config_.discovered ? state : std::function<Json()>());
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
  static std::string printed_topic(const Template& topic, TemplateValues values) {
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
    return topic.print(values);
  }

  MqttOptions options_;
  MqttSinkConfig config_;
  HomeAssistantDevice device_;
  Template topic_;
  Template texts_topic_;
  Payload payload_;
  std::unique_ptr<MqttClient> client_;
  std::unique_ptr<HomeAssistant> home_assistant_;
};

// What Home Assistant sees, where it is to see anything.
Result<HomeAssistantDevice> device_of(const MqttSinkConfig& config) {
  HomeAssistantDevice device{
      .prefix = config.discovery, .name = config.device, .status_topic = config.status_topic};
  if (config.discovery.empty()) {
    if (!config.device.empty())
      return fail(Code::invalid, "device '{}' is given without discovery",
                  printable(config.device));
    return device;
  }
  if (device.status_topic.empty()) device.status_topic = "turnstone/" + device.id() + "/status";
  TRY(check_home_assistant(device));
  return device;
}

Result<std::unique_ptr<Sink>> open_mqtt_sink(const MqttSinkConfig& config) {
  auto options = TRY(mqtt_options_of(config));
  auto device = TRY(device_of(config));
  if (config.discovery.empty()) options.status_topic = config.status_topic;
  TRY(check_mqtt_options(options));
  auto topic = TRY(parse_topic(config.topic), "topic");
  auto texts_topic = TRY(Template::parse(config.texts_topic), "texts_topic");
  auto payload = TRY(Payload::make(
      {.shape = config.payload, .text = config.text, .words = config.words, .key = config.key}));
  return std::make_unique<MqttSink>(std::move(options), config, std::move(device), std::move(topic),
                                    std::move(texts_topic), std::move(payload));
}

}  // namespace

const Kind<Sink> mqtt_sink = kind_of<Sink, MqttSinkConfig, mqtt_fields, open_mqtt_sink>(
    "mqtt", "messages to an MQTT broker");

}  // namespace turnstone
