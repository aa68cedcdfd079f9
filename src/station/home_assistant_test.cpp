#include "station/home_assistant.h"

#include <gtest/gtest.h>

#include "runtime/include/turnstone.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing_tools::Broker;
using testing_tools::eventually;

// What a station with a camera, a model and two sinks says of itself.
Json some_state() {
  return *parse_json(R"({
    "cycle": null, "verdict": null,
    "sources": [{"name": "camera", "state": "running", "trouble": ""}],
    "models": [{"name": "faces", "model": "blazeface", "trouble": ""}],
    "sinks": [{"name": "lines", "waiting": 2, "dropped": 0, "trouble": ""},
              {"name": "broker", "waiting": 3, "dropped": 1, "trouble": ""}],
    "results": [{"number": 12, "detections": [{"label": "face", "score": 0.875}]}]})");
}

// The same with a cycle that stands still.
Json some_fault() {
  auto state = some_state();
  state["cycle"] = {{"parts", 4}, {"fault", "the table does not move"}};
  state["verdict"] = {{"part", 3}, {"label", "Fail"}, {"score", 0.987}};
  state["sources"][0]["state"] = "failed";
  state["sources"][0]["trouble"] = "no frame";
  return state;
}

HomeAssistantDevice some_device() {
  return {.prefix = "homeassistant", .name = "Line 3", .status_topic = "line3/status"};
}

TEST(HomeAssistant, OneRetainedMessageDescribesTheDeviceAndItsEntities) {
  const auto message = discovery_message(some_device(), some_state());
  EXPECT_EQ(message.topic, "homeassistant/device/turnstone_line_3/config");
  EXPECT_TRUE(message.retain);
  const auto version = fmt::format(R"("sw_version":"{}")", ts_version());
  const std::string head =
      R"({"device":{"identifiers":["turnstone_line_3"],"name":"Line 3","manufacturer":"Turnstone",)"
      R"("model":"station",)" +
      version + R"(},"origin":{"name":"turnstone",)" + version +
      R"(},"availability":[{"topic":"line3/status"}],"state_topic":"turnstone/line_3/state","qos":1,)";
  const std::string entities =
      R"("components":{)"
      R"("result":{"platform":"sensor","unique_id":"turnstone_line_3_result","name":"Result",)"
      R"("value_template":"{{ value_json.label }}"},)"
      R"("score":{"platform":"sensor","unique_id":"turnstone_line_3_score","name":"Confidence",)"
      R"("value_template":"{{ (value_json.score * 100) | round(1) if value_json.score is number )"
      R"(else none }}","unit_of_measurement":"%","state_class":"measurement"},)"
      R"("problem":{"platform":"binary_sensor","unique_id":"turnstone_line_3_problem",)"
      R"("name":"Problem","value_template":"{{ 'ON' if value_json.trouble else 'OFF' }}",)"
      R"("device_class":"problem","json_attributes_topic":"turnstone/line_3/state",)"
      R"("json_attributes_template":"{{ {'reason': value_json.trouble} | tojson }}"},)"
      R"("results":{"platform":"sensor","unique_id":"turnstone_line_3_results","name":"Results",)"
      R"("value_template":"{{ value_json.results }}","state_class":"total_increasing",)"
      R"("entity_category":"diagnostic"},)"
      R"("waiting":{"platform":"sensor","unique_id":"turnstone_line_3_waiting","name":"Waiting",)"
      R"("value_template":"{{ value_json.waiting }}","state_class":"measurement",)"
      R"("entity_category":"diagnostic"},)"
      R"("dropped":{"platform":"sensor","unique_id":"turnstone_line_3_dropped","name":"Dropped",)"
      R"("value_template":"{{ value_json.dropped }}","state_class":"total_increasing",)"
      R"("entity_category":"diagnostic"},)"
      R"("source_camera":{"platform":"binary_sensor",)"
      R"("unique_id":"turnstone_line_3_source_camera","name":"Source camera",)"
      R"("value_template":"{{ 'ON' if value_json.sources['camera'] == 'running' else 'OFF' }}",)"
      R"("device_class":"connectivity","entity_category":"diagnostic"},)"
      R"("model_faces":{"platform":"sensor","unique_id":"turnstone_line_3_model_faces",)"
      R"("name":"Model faces","value_template":"{{ value_json.models['faces'] }}",)"
      R"("entity_category":"diagnostic"}}})";
  EXPECT_EQ(message.payload, head + entities);
}

TEST(HomeAssistant, ACycleCountsParts) {
  const auto message = discovery_message(some_device(), some_fault());
  EXPECT_NE(
      message.payload.find(
          R"("parts":{"platform":"sensor","unique_id":"turnstone_line_3_parts","name":"Parts",)"
          R"("value_template":"{{ value_json.parts }}","state_class":"total_increasing")"),
      std::string::npos);
}

TEST(HomeAssistant, TheStateHasWhatTheEntitiesShow) {
  const auto message = state_message(some_device(), some_state());
  EXPECT_EQ(message.topic, "turnstone/line_3/state");
  EXPECT_TRUE(message.retain);
  EXPECT_EQ(message.payload,
            R"({"results":12,"label":"face","score":0.875,"waiting":5,"dropped":1,"trouble":"",)"
            R"("sources":{"camera":"running"},"models":{"faces":"blazeface"}})");
}

TEST(HomeAssistant, AFaultIsAProblemWithItsReason) {
  EXPECT_EQ(state_message(some_device(), some_fault()).payload,
            R"({"results":12,"label":"Fail","score":0.987,"waiting":5,"dropped":1,)"
            R"("trouble":"cycle: the table does not move; camera: no frame","parts":4,)"
            R"("sources":{"camera":"failed"},"models":{"faces":"blazeface"}})");
}

TEST(HomeAssistant, NothingFoundAndNothingYetAreTold) {
  auto state = some_state();
  state["results"][0]["detections"] = Json::array();
  EXPECT_NE(state_message(some_device(), state).payload.find(R"("label":"nothing","score":null)"),
            std::string::npos);
  state["results"] = Json::array();
  EXPECT_NE(
      state_message(some_device(), state).payload.find(R"("results":0,"label":null,"score":null)"),
      std::string::npos);
}

TEST(HomeAssistant, AnEmptyRetainedMessageTakesTheDeviceAway) {
  const auto message = removal_message(some_device());
  EXPECT_EQ(message.topic, "homeassistant/device/turnstone_line_3/config");
  EXPECT_EQ(message.payload, "");
  EXPECT_TRUE(message.retain);
}

TEST(HomeAssistant, NamesThatGiveNoIdAreRefused) {
  auto device = some_device();
  EXPECT_TRUE(check_home_assistant(device));
  for (const auto* name : {"", "???", "\xe6\x97\xa5\xe6\x9c\xac"}) {
    device.name = name;
    EXPECT_FALSE(check_home_assistant(device)) << name;
  }
  device = some_device();
  device.prefix = "home/#";
  EXPECT_FALSE(check_home_assistant(device));
}

// The outside client is mosquitto_sub, and mosquitto_pub stands for Home Assistant.
class AtABroker : public testing::Test {
 protected:
  static constexpr Backoff quick{std::chrono::milliseconds(10), std::chrono::milliseconds(50)};

  MqttOptions options() const { return {.url = broker_.url(), .client_id = "station-ha"}; }

  bool has(const std::string& payload, std::ptrdiff_t times = 1) const {
    const auto all = broker_.received();
    return std::count(all.begin(), all.end(), payload) >= times;
  }

  Broker broker_;
};

TEST_F(AtABroker, TheDeviceIsToldAgainWhenHomeAssistantHasStarted) {
  const auto expected = discovery_message(some_device(), some_state()).payload;
  HomeAssistant told(options(), some_device(), some_state, quick);
  broker_.subscribe("homeassistant/device/+/config");
  ASSERT_TRUE(eventually([&] { return has(expected); }));
  EXPECT_TRUE(broker_.say("homeassistant/status", "offline"));
  EXPECT_TRUE(broker_.say("homeassistant/status", "online"));
  ASSERT_TRUE(eventually([&] { return has(expected, 2); }));
  EXPECT_EQ(broker_.received().size(), 2U);
}

TEST_F(AtABroker, ItIsAvailableWhileItIsConnected) {
  broker_.subscribe("line3/status");
  {
    HomeAssistant told(options(), some_device(), some_state, quick);
    ASSERT_TRUE(eventually([&] { return has("online"); }));
    broker_.kill();
    broker_.start();
    ASSERT_TRUE(eventually([&] { return has("online", 2); }));
  }
  ASSERT_TRUE(eventually([&] { return broker_.received().back() == "offline"; }));
}

TEST_F(AtABroker, WhatHasChangedIsTold) {
  std::atomic<bool> fault = false;
  HomeAssistant told(
      options(), some_device(), [&] { return fault ? some_fault() : some_state(); }, quick);
  broker_.subscribe("turnstone/line_3/state");
  ASSERT_TRUE(eventually([&] { return has(state_message(some_device(), some_state()).payload); }));
  fault = true;
  ASSERT_TRUE(eventually([&] { return has(state_message(some_device(), some_fault()).payload); }));
}

TEST_F(AtABroker, WithoutAStateTheDeviceIsTakenAway) {
  {
    const HomeAssistant told(options(), some_device(), some_state, quick);
    broker_.subscribe("homeassistant/device/+/config");
    ASSERT_TRUE(eventually([&] { return !broker_.received().empty(); }));
  }
  const HomeAssistant removed(options(), some_device(), {}, quick);
  ASSERT_TRUE(eventually([&] { return has(""); }));
  broker_.subscribe("homeassistant/device/+/config");
  EXPECT_TRUE(broker_.say("homeassistant/device/other/config", "the end"));
  ASSERT_TRUE(eventually([&] { return has("the end"); }));
  EXPECT_EQ(broker_.received().size(), 3U);
}

}  // namespace
}  // namespace turnstone
