#include "wire/mqtt_rules.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

TEST(MqttRules, KnowTheProtocolThatAwsWants) {
  const auto alpn = [](const std::string& url) { return alpn_of({.url = url}); };
  EXPECT_EQ(alpn("ssl://a1-ats.iot.eu-central-1.amazonaws.com:443"), "x-amzn-mqtt-ca");
  EXPECT_EQ(alpn("mqtts://a1.iot.cn-north-1.amazonaws.com.cn:443"), "x-amzn-mqtt-ca");
  EXPECT_EQ(alpn("ssl://a1-ats.iot.eu-central-1.amazonaws.com:8883"), "");
  EXPECT_EQ(alpn("ssl://a1-ats.iot.eu-central-1.amazonaws.com"), "");
  EXPECT_EQ(alpn("ssl://broker:443"), "");
  EXPECT_EQ(alpn_of({.url = "ssl://broker", .alpn = "mqtt"}), "mqtt");
}

TEST(MqttRules, SayWhichFiltersAreRight) {
  for (const auto* filter : {"#", "+", "a", "a/#", "+/a/#", "/", "a//b", "$SYS/#"})
    EXPECT_TRUE(check_mqtt_filter(filter)) << filter;
  for (const auto* filter : {"", "a#", "#/a", "a+", "a/+b", "a/#/b", "\xff"})
    EXPECT_FALSE(check_mqtt_filter(filter)) << filter;
  EXPECT_EQ(check_mqtt_filter("a/#/b").error().text,
            "filter 'a/#/b' is wrong, legal is a topic with + as whole levels and # as the last");
  EXPECT_EQ(check_mqtt_topic("a/+").error().text,
            "topic 'a/+' is wrong, legal is a text without + and #");
}

TEST(MqttRules, SayWhichTopicsAFilterMatches) {
  for (const auto& [filter, topic] :
       {std::pair("a/b", "a/b"), std::pair("+/b", "a/b"), std::pair("a/+", "a/"),
        std::pair("a/#", "a"), std::pair("a/#", "a/b/c"), std::pair("#", "a/b"),
        std::pair("$SYS/#", "$SYS/a"), std::pair("+/+", "/b")})
    EXPECT_TRUE(matches_mqtt_filter(filter, topic)) << filter << " " << topic;
  for (const auto& [filter, topic] :
       {std::pair("a/b", "a/c"), std::pair("a/+", "a"), std::pair("+", "a/b"),
        std::pair("a/b", "a"), std::pair("#", "$SYS/a"), std::pair("+/a", "$SYS/a")})
    EXPECT_FALSE(matches_mqtt_filter(filter, topic)) << filter << " " << topic;
}

TEST(MqttRules, KeepWhatIsOfVersion5FromVersion3) {
  const MqttMessage message{.topic = "a", .expiry = std::chrono::seconds(1)};
  EXPECT_EQ(check_mqtt_message(message, 3).error().text,
            "content type, expiry and user properties need version 5");
  EXPECT_TRUE(check_mqtt_message(message, 5));
  EXPECT_EQ(check_mqtt_message({.topic = "a", .expiry = std::chrono::seconds(-1)}, 5).error().text,
            "a property is wrong, legal are texts and an expiry of 0 to 30 years");
}

TEST(MqttOptions, AreCheckedWithoutABroker) {
  const auto problem = [](const MqttOptions& options) {
    const auto checked = check_mqtt_options(options);
    return checked ? "fine" : checked.error().text;
  };
  EXPECT_EQ(problem({.url = "tcp://broker"}), "fine");
  EXPECT_EQ(problem({.url = "http://broker"}),
            "url: 'http://broker' is wrong, legal are mqtt://HOST:PORT and mqtts://HOST:PORT");
  for (const auto* url : {"mqtt://broker:99999", "mqtt://broker:0", "mqtt://broker:a"})
    EXPECT_NE(problem({.url = url}), "fine") << url;
  EXPECT_EQ(problem({.url = "ssl://broker", .ca_file = "/nowhere/ca.pem"}),
            "ca_file /nowhere/ca.pem: no such file");
  EXPECT_EQ(problem({.url = "tcp://broker", .ca_file = "/etc/passwd"}),
            "url 'tcp://broker' is without TLS but certificates are given, write mqtts://");
  EXPECT_EQ(problem({.url = "ssl://broker", .key_file = "/etc/passwd"}),
            "certificate_file and key_file belong together, one is missing");
  EXPECT_EQ(problem({.url = "tcp://broker", .version = 4}),
            "version 4 is wrong, legal are 3 and 5");
  EXPECT_EQ(problem({.url = "tcp://broker", .will = MqttMessage{.topic = "a/#"}}),
            "will: topic 'a/#' is wrong, legal is a text without + and #");
  EXPECT_EQ(
      problem({.url = "tcp://broker", .will = MqttMessage{.topic = "a"}, .status_topic = "b"}),
      "will and status_topic are given, a connection has one will");
  EXPECT_EQ(problem({.url = "tcp://broker", .alpn = "mqtt"}),
            "url 'tcp://broker' is without TLS but alpn is given, write mqtts://");
}

}  // namespace
}  // namespace turnstone
