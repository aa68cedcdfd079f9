#include "wire/mqtt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_tools::Broker;
using testing_tools::eventually;

class Mqtt : public testing::Test {
 protected:
  void SetUp() override {
    if (!testing_tools::has_program("mosquitto") || !testing_tools::has_program("mosquitto_sub"))
      GTEST_SKIP() << "mosquitto and mosquitto_sub are not installed";
  }
};

MqttOptions options_of(const Broker& broker, bool tls = false) {
  MqttOptions options{.url = broker.url(), .client_id = "turnstone-test"};
  if (tls) {
    options.ca_file = broker.ca_file();
    options.certificate_file = broker.certificate_file();
    options.key_file = broker.key_file();
  }
  return options;
}

Result<size_t> publish(MqttClient& client, std::vector<std::string> payloads) {
  std::vector<MqttMessage> messages;
  for (auto& payload : payloads)
    messages.push_back({.topic = "a/b", .payload = std::move(payload)});
  size_t confirmed = 0;
  TRY(client.publish(messages, confirmed, {}));
  return confirmed;
}

TEST_F(Mqtt, DeliversInOrder) {
  Broker broker;
  broker.subscribe("a/b");
  auto client = connect_mqtt(options_of(broker), {});
  ASSERT_TRUE(client) << client.error().text;
  EXPECT_EQ(publish(**client, {"1", "2", "3"}), 3u);
  EXPECT_TRUE(eventually([&] { return broker.received().size() >= 3; }));
  EXPECT_THAT(broker.received(), ElementsAre("1", "2", "3"));
}

TEST_F(Mqtt, DeliversThroughTlsWithBothCertificates) {
  Broker broker(Broker::Security::mutual_tls);
  broker.subscribe("a/b");
  auto client = connect_mqtt(options_of(broker, true), {});
  ASSERT_TRUE(client) << client.error().text;
  EXPECT_EQ(publish(**client, {"secret"}), 1u);
  EXPECT_TRUE(eventually([&] { return !broker.received().empty(); }));
  EXPECT_THAT(broker.received(), ElementsAre("secret"));
}

TEST_F(Mqtt, RefusesABrokerOfAnotherAuthority) {
  Broker broker(Broker::Security::mutual_tls);
  Broker other(Broker::Security::mutual_tls);
  auto options = options_of(broker, true);
  options.ca_file = other.ca_file();
  const auto client = connect_mqtt(options, {});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::unavailable);
}

TEST_F(Mqtt, RefusesABrokerUnderAnotherName) {
  Broker broker(Broker::Security::mutual_tls);
  auto options = options_of(broker, true);
  options.url.replace(options.url.find("127.0.0.1"), 9, "localhost");
  const auto client = connect_mqtt(options, {});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::unavailable);
}

TEST_F(Mqtt, IsRefusedWithoutItsCertificate) {
  Broker broker(Broker::Security::mutual_tls);
  auto options = options_of(broker, true);
  options.certificate_file = options.key_file = "";
  options.patience = std::chrono::seconds(3);
  auto client = connect_mqtt(options, {});
  // TLS 1.3 tells the client only after its first message.
  if (client) {
    EXPECT_FALSE(publish(**client, {"1"}));
  }
}

TEST_F(Mqtt, SaysThatNobodyListens) {
  MqttOptions options{.url = fmt::format("tcp://127.0.0.1:{}", testing_tools::free_port()),
                      .client_id = "x"};
  const auto client = connect_mqtt(options, {});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Code::unavailable);
  EXPECT_THAT(client.error().text, HasSubstr(options.url));
}

TEST_F(Mqtt, SaysThatTheConnectionIsLost) {
  Broker broker;
  auto client = connect_mqtt(options_of(broker), {});
  ASSERT_TRUE(client) << client.error().text;
  broker.kill();
  const auto sent = publish(**client, {"1"});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Code::unavailable);
}

TEST(MqttOptions, AreCheckedWithoutABroker) {
  const auto problem = [](const MqttOptions& options) {
    const auto checked = check_mqtt_options(options);
    return checked ? "fine" : checked.error().text;
  };
  EXPECT_EQ(problem({.url = "tcp://broker"}), "fine");
  EXPECT_EQ(problem({.url = "http://broker"}),
            "url 'http://broker' is wrong, legal are tcp://HOST:PORT and ssl://HOST:PORT");
  EXPECT_EQ(problem({.url = "ssl://broker", .ca_file = "/nowhere/ca.pem"}),
            "ca_file /nowhere/ca.pem: no such file");
  EXPECT_EQ(problem({.url = "tcp://broker", .ca_file = "/etc/passwd"}),
            "url 'tcp://broker' is without TLS but certificates are given, write ssl://");
  EXPECT_EQ(problem({.url = "ssl://broker", .key_file = "/etc/passwd"}),
            "certificate_file and key_file belong together, one is missing");
}

}  // namespace
}  // namespace turnstone
