#include "station/home_assistant.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "runtime/include/turnstone.h"
#include "station/wait.h"
#include "wire/mqtt_rules.h"

namespace turnstone {
namespace {

// Between two looks at what has changed.
constexpr std::chrono::seconds pace(1);

constexpr size_t most_state_letters = 255;  // of an entity's state, as Home Assistant has it

std::string unique_id(const HomeAssistantDevice& device) { return "turnstone_" + device.id(); }

// An entity of the device: Home Assistant's platform for it, its name, and the template of its
// state.
Json entity(const HomeAssistantDevice& device, const char* platform, const std::string& key,
            const std::string& name, const std::string& value) {
  return {{"platform", platform},
          {"unique_id", unique_id(device) + "_" + key},
          {"name", name},
          {"value_template", "{{ " + value + " }}"}};
}

Json counter(const HomeAssistantDevice& device, const std::string& key, const std::string& name,
             const char* state_class) {
  auto made = entity(device, "sensor", key, name, "value_json." + key);
  made["state_class"] = state_class;
  made["entity_category"] = "diagnostic";
  return made;
}

// Entities that every station has.
void add_common(Json& entities, const HomeAssistantDevice& device) {
  entities["result"] = entity(device, "sensor", "result", "Result", "value_json.label");
  auto& score = entities["score"] =
      entity(device, "sensor", "score", "Confidence",
             "(value_json.score * 100) | round(1) if value_json.score is number else none");
  score["unit_of_measurement"] = "%";
  score["state_class"] = "measurement";
  auto& problem = entities["problem"] = entity(device, "binary_sensor", "problem", "Problem",
                                               "'ON' if value_json.trouble else 'OFF'");
  problem["device_class"] = "problem";
  problem["json_attributes_topic"] = device.state_topic();
  problem["json_attributes_template"] = "{{ {'reason': value_json.trouble} | tojson }}";
  entities["results"] = counter(device, "results", "Results", "total_increasing");
  entities["waiting"] = counter(device, "waiting", "Waiting", "measurement");
  entities["dropped"] = counter(device, "dropped", "Dropped", "total_increasing");
}

// One for each source and each model.
void add_parts(Json& entities, const HomeAssistantDevice& device, const Json& state) {
  for (const auto& source : state["sources"]) {
    const auto name = source["name"].get<std::string>();
    const auto value =
        fmt::format("'ON' if value_json.sources['{}'] == 'running' else 'OFF'", name);
    auto made = entity(device, "binary_sensor", "source_" + name, "Source " + name, value);
    made["device_class"] = "connectivity";
    made["entity_category"] = "diagnostic";
    entities["source_" + name] = std::move(made);
  }
  for (const auto& model : state["models"]) {
    const auto name = model["name"].get<std::string>();
    auto made = entity(device, "sensor", "model_" + name, "Model " + name,
                       fmt::format("value_json.models['{}']", name));
    made["entity_category"] = "diagnostic";
    entities["model_" + name] = std::move(made);
  }
}

// What the newest result, or the newest verdict where there is a cycle, says first.
void add_result(Json& told, const Json& state) {
  const auto& results = state["results"];
  const auto newest = results.empty() ? Json(nullptr) : results.front();
  const auto said = state["cycle"].is_null() ? newest : state["verdict"];
  told["results"] = newest.is_null() ? Json(0) : newest["number"];
  told["label"] = nullptr;
  told["score"] = nullptr;
  const auto take = [&](const Json& from) {
    told["label"] = printable(from["label"].get<std::string>(), most_state_letters);
    told["score"] = from["score"];
  };
  if (said.contains("label"))
    take(said);
  else if (said.contains("detections") && !said["detections"].empty())
    take(said["detections"].front());
  else if (said.contains("detections"))
    told["label"] = "nothing";
}

// Why something does not work, all of it.
std::string trouble_of(const Json& state) {
  std::vector<std::string> troubles;
  const auto add = [&](const std::string& who, const Json& why) {
    if (!why.get<std::string>().empty()) troubles.push_back(who + why.get<std::string>());
  };
  if (!state["cycle"].is_null()) add("cycle: ", state["cycle"]["fault"]);
  for (const auto* list : {"sources", "models", "sinks"})
    for (const auto& one : state[list]) add(one["name"].get<std::string>() + ": ", one["trouble"]);
  return join(troubles, "; ");
}

int64_t sum_of(const Json& sinks, const char* key) {
  int64_t sum = 0;
  for (const auto& sink : sinks) sum += sink[key].get<int64_t>();
  return sum;
}

}  // namespace

std::string HomeAssistantDevice::id() const {
  auto text = lower(name);
  const auto is_legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  for (auto& letter : text)
    if (!is_legal(letter)) letter = '_';
  return text;
}

std::string HomeAssistantDevice::config_topic() const {
  return prefix + "/device/turnstone_" + id() + "/config";
}

std::string HomeAssistantDevice::state_topic() const { return "turnstone/" + id() + "/state"; }

Result<> check_home_assistant(const HomeAssistantDevice& device) {
  const auto id = device.id();
  if (std::ranges::all_of(id, [](char c) { return c == '_'; }) || id.size() > 64)
    return fail(Code::invalid,
                "device '{}' is wrong, legal are names of 1 to 64 letters, one of a to z at least",
                printable(device.name));
  TRY(check_mqtt_topic(device.config_topic()), "discovery");
  return check_mqtt_topic(device.status_topic);
}

MqttMessage discovery_message(const HomeAssistantDevice& device, const Json& state) {
  Json entities = Json::object();
  add_common(entities, device);
  if (!state["cycle"].is_null())
    entities["parts"] = counter(device, "parts", "Parts", "total_increasing");
  add_parts(entities, device, state);
  const Json message = {{"device",
                         {{"identifiers", Json::array({unique_id(device)})},
                          {"name", device.name},
                          {"manufacturer", "Turnstone"},
                          {"model", "station"},
                          {"sw_version", ts_version()}}},
                        {"origin", {{"name", "turnstone"}, {"sw_version", ts_version()}}},
                        {"availability", Json::array({{{"topic", device.status_topic}}})},
                        {"state_topic", device.state_topic()},
                        {"qos", 1},
                        {"components", std::move(entities)}};
  return {.topic = device.config_topic(), .payload = print_json(message), .retain = true};
}

MqttMessage removal_message(const HomeAssistantDevice& device) {
  return {.topic = device.config_topic(), .payload = "", .retain = true};
}

MqttMessage state_message(const HomeAssistantDevice& device, const Json& state) {
  Json told;
  add_result(told, state);
  told["waiting"] = sum_of(state["sinks"], "waiting");
  told["dropped"] = sum_of(state["sinks"], "dropped");
  told["trouble"] = trouble_of(state);
  if (!state["cycle"].is_null()) told["parts"] = state["cycle"]["parts"];
  for (const auto& source : state["sources"])
    told["sources"][source["name"].get<std::string>()] = source["state"];
  for (const auto& model : state["models"])
    told["models"][model["name"].get<std::string>()] = model["model"];
  return {.topic = device.state_topic(), .payload = print_json(told), .retain = true};
}

HomeAssistant::HomeAssistant(MqttOptions options, HomeAssistantDevice device,
                             std::function<Json()> state, Backoff backoff)
    : options_(std::move(options)),
      device_(std::move(device)),
      state_(std::move(state)),
      pause_(backoff) {
  options_.status_topic = state_ ? device_.status_topic : "";
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

HomeAssistant::~HomeAssistant() = default;

void HomeAssistant::work(const std::stop_token& stop) {
  std::string told;
  while (!stop.stop_requested()) {
    const auto served = serve(stop);
    if (served || stop.stop_requested()) return;
    if (std::exchange(told, served.error().text) != served.error().text)
      log_warning("discovery: {}", served.error().text);
    wait_for(pause_.take(), stop);
  }
}

// Until a stop, or for as long as the connection holds.
Result<> HomeAssistant::serve(const std::stop_token& stop) {
  const auto client = TRY(connect_mqtt(options_, stop));
  pause_.reset();
  size_t sent = 0;
  if (!state_) {
    const auto removal = removal_message(device_);
    return client->publish({&removal, 1}, sent, stop);
  }
  const std::string births[] = {device_.prefix + "/status"};
  const auto on_birth = [this](const MqttMessage& message) {
    if (message.payload != "online") return;
    {
      const std::lock_guard lock(mutex_);
      born_ = true;
    }
    wake_.notify_all();
  };
  TRY(client->subscribe(births, on_birth, stop));
  std::string known;
  for (bool anew = true; !stop.stop_requested(); anew = wait(stop)) {
    if (!client->is_connected())
      return fail(Code::unavailable, "{}: connection lost", options_.url);
    const auto state = state_();
    std::vector<MqttMessage> messages;
    if (anew) messages.push_back(discovery_message(device_, state));
    auto news = state_message(device_, state);
    if (anew || news.payload != known) {
      known = news.payload;
      messages.push_back(std::move(news));
    }
    TRY(client->publish(messages, sent, stop));
  }
  return {};
}

// For a while; true when Home Assistant has started meanwhile.
bool HomeAssistant::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, pace, [this] { return born_; });
  return std::exchange(born_, false);
}

}  // namespace turnstone
