#include "wire/mqtt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <thread>

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
    if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
      GTEST_SKIP() << missing;
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

// Ends every connection of this process to a port of the loopback, without a word to either side.
void cut_connections_to(int port) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int socket = std::stoi(entry.path().filename().string());
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
      ::shutdown(socket, SHUT_RDWR);
  }
}

// What a client has received, from any thread.
class Inbox {
 public:
  MqttHandler handler() {
    return [this](const MqttMessage& message) {
      const std::scoped_lock lock(mutex_);
      messages_.push_back(message);
    };
  }
  std::vector<MqttMessage> messages() const {
    const std::scoped_lock lock(mutex_);
    return messages_;
  }
  // Waits for so many.
  std::vector<MqttMessage> wait_for(size_t count) const {
    EXPECT_TRUE(eventually([&] { return messages().size() >= count; }));
    return messages();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<MqttMessage> messages_;
};

class MqttOfVersion : public Mqtt, public testing::WithParamInterface<int> {
 protected:
  MqttOptions options_of(const Broker& broker, const std::string& client_id = "turnstone-test") {
    MqttOptions options{.url = broker.url(), .client_id = client_id};
    options.version = GetParam();
    return options;
  }
  static std::unique_ptr<MqttClient> connect(const MqttOptions& options) {
    auto client = connect_mqtt(options, {});
    EXPECT_TRUE(client) << client.error().text;
    return client ? std::move(*client) : nullptr;
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, MqttOfVersion, testing::Values(3, 5));

TEST_P(MqttOfVersion, DeliversInOrder) {
  Broker broker;
  broker.subscribe("a/b");
  const auto client = connect(options_of(broker));
  EXPECT_EQ(publish(*client, {"1", "2", "3"}), 3u);
  EXPECT_TRUE(eventually([&] { return broker.received().size() >= 3; }));
  EXPECT_THAT(broker.received(), ElementsAre("1", "2", "3"));
}

TEST_P(MqttOfVersion, LeavesAWillWhenItIsCutOff) {
  Broker broker;
  broker.subscribe("line/3");
  auto options = options_of(broker);
  options.will = MqttMessage{.topic = "line/3", .payload = "gone"};
  const auto client = connect(options);
  cut_connections_to(broker.port());
  EXPECT_TRUE(eventually([&] { return !broker.received().empty(); }));
  EXPECT_THAT(broker.received(), ElementsAre("gone"));
  EXPECT_FALSE(publish(*client, {"1"}));
}

TEST_P(MqttOfVersion, LeavesNoWillWhenItTakesItsLeave) {
  Broker broker;
  broker.subscribe("line/3");
  auto options = options_of(broker);
  options.will = MqttMessage{.topic = "line/3", .payload = "gone"};
  connect(options).reset();
  size_t confirmed = 0;
  const MqttMessage after{.topic = "line/3", .payload = "after"};
  ASSERT_TRUE(connect(options_of(broker))->publish({&after, 1}, confirmed, {}));
  EXPECT_TRUE(eventually([&] { return !broker.received().empty(); }));
  EXPECT_THAT(broker.received(), ElementsAre("after"));
}

TEST_P(MqttOfVersion, TellsItsStatusForThoseWhoComeLater) {
  Broker broker;
  auto options = options_of(broker);
  options.status_topic = "line/3/status";
  auto client = connect(options);
  broker.subscribe("line/+/status");
  EXPECT_TRUE(eventually([&] { return broker.received().size() == 1; }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return broker.received().size() == 2; }));
  broker.subscribe("line/3/#");
  EXPECT_TRUE(eventually([&] { return broker.received().size() == 3; }));
  EXPECT_THAT(broker.received(), ElementsAre("online", "offline", "offline"));
}

TEST_P(MqttOfVersion, TellsThatItIsOfflineWhenItIsCutOff) {
  Broker broker;
  broker.subscribe("status");
  auto options = options_of(broker);
  options.status_topic = "status";
  const auto client = connect(options);
  EXPECT_TRUE(eventually([&] { return broker.received().size() == 1; }));
  cut_connections_to(broker.port());
  EXPECT_TRUE(eventually([&] { return broker.received().size() == 2; }));
  EXPECT_THAT(broker.received(), ElementsAre("online", "offline"));
}

TEST_P(MqttOfVersion, ReceivesWhatItsFiltersMatch) {
  Broker broker;
  const auto client = connect(options_of(broker));
  Inbox inbox;
  const std::vector<std::string> filters = {"line/+/command", "all/#"};
  ASSERT_TRUE(client->subscribe(filters, inbox.handler(), {}));
  const std::string payload("\0x", 2);
  std::vector<MqttMessage> messages;
  for (const auto* topic : {"line/3/command", "line/3/other", "all", "all/a/b", "line/4/command"})
    messages.push_back({.topic = topic, .payload = payload});
  size_t confirmed = 0;
  ASSERT_TRUE(client->publish(messages, confirmed, {}));
  std::vector<std::string> topics;
  for (const auto& message : inbox.wait_for(4)) {
    topics.push_back(message.topic);
    EXPECT_EQ(message.payload, payload);
    EXPECT_FALSE(message.retain);
  }
  EXPECT_THAT(topics, ElementsAre("line/3/command", "all", "all/a/b", "line/4/command"));
}

TEST_P(MqttOfVersion, SaysThatTheBrokerWasStartedAgain) {
  Broker broker;
  auto client = connect(options_of(broker));
  const std::vector<std::string> filters = {"a/b"};
  Inbox inbox;
  ASSERT_TRUE(client->subscribe(filters, inbox.handler(), {}));
  broker.kill();
  broker.start();
  const auto ended = client->wait({});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::unavailable);
  client.reset();
  client = connect(options_of(broker));
  ASSERT_TRUE(client->subscribe(filters, inbox.handler(), {}));
  EXPECT_TRUE(publish(*client, {"2"}));
  EXPECT_EQ(inbox.wait_for(1).at(0).payload, "2");
}

// A broker that takes a connection and answers the packets that follow with `replies`, one each.
class Stub {
 public:
  explicit Stub(std::vector<std::string> replies) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = testing_tools::loopback(0);
    socklen_t size = sizeof address;
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    CHECK(::listen(listener_, 1) == 0);
    port_ = ntohs(address.sin_port);
    server_ = std::thread([this, replies = std::move(replies)] {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      char packet[1024];
      for (const auto& reply : replies) {
        if (::recv(socket, packet, sizeof packet, 0) <= 0) break;
        if (::send(socket, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) break;
      }
      while (::recv(socket, packet, sizeof packet, 0) > 0) continue;
      ::close(socket);
    });
  }
  ~Stub() {
    ::shutdown(listener_, SHUT_RDWR);
    server_.join();
    ::close(listener_);
  }
  Stub(const Stub&) = delete;
  Stub& operator=(const Stub&) = delete;

  std::string url() const { return fmt::format("tcp://127.0.0.1:{}", port_); }

 private:
  int listener_;
  int port_;
  std::thread server_;
};

TEST_P(MqttOfVersion, SaysThatASubscriptionIsRefused) {
  const auto connected =
      GetParam() == 5 ? std::string("\x20\x03\0\0\0", 5) : std::string("\x20\x02\0\0", 4);
  const auto refusal = GetParam() == 5 ? std::string("\x90\x04\0\x01\0\x87", 6)
                                       : std::string("\x90\x03\0\x01\x80", 5);
  Stub stub({connected, refusal});
  MqttOptions options{.url = stub.url(), .client_id = "x"};
  options.version = GetParam();
  const auto client = connect(options);
  const std::vector<std::string> forbidden = {"b/#"}, wrong = {"a/#/b"};
  EXPECT_EQ(client->subscribe(wrong, {}, {}).error().code, Code::invalid);
  const auto refused = client->subscribe(forbidden, {}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
}

TEST_P(MqttOfVersion, WaitsUntilTheConnectionIsLost) {
  Broker broker;
  const auto client = connect(options_of(broker));
  cut_connections_to(broker.port());
  const auto ended = client->wait({});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::unavailable);
  EXPECT_EQ(ended.error().text, broker.url() + ": connection lost");
}

TEST_P(MqttOfVersion, WaitsUntilItIsStopped) {
  Broker broker;
  const auto client = connect(options_of(broker));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(client->wait(stop.get_token()));
}

TEST_P(MqttOfVersion, SpeaksThroughTlsWithBothCertificatesOnly) {
  Broker broker(Broker::Security::mutual_tls);
  auto options = options_of(broker);
  options.ca_file = broker.ca_file();
  options.patience = std::chrono::seconds(3);
  auto refused = connect_mqtt(options, {});
  // TLS 1.3 tells the client only after its first message.
  EXPECT_TRUE(!refused || !publish(**refused, {"1"}));
  options.certificate_file = broker.certificate_file();
  options.key_file = broker.key_file();
  EXPECT_EQ(publish(*connect(options), {"1"}), 1u);
}

TEST_F(Mqtt, SurvivesABrokerThatTalksNonsense) {
  for (const auto& reply : {std::string("\x20\xff\xff\xff\xff\xff", 6),
                            std::string("HTTP/1.1 400 Bad Request\r\n\r\n")}) {
    Stub stub({reply});
    MqttOptions options{.url = stub.url(), .client_id = "x"};
    options.patience = std::chrono::seconds(1);
    const auto client = connect_mqtt(options, {});
    EXPECT_TRUE(!client && client.error().code == Code::unavailable);
  }
}

TEST_F(Mqtt, CarriesWhatVersion5Adds) {
  Broker broker;
  auto options = options_of(broker);
  options.version = 5;
  auto client = connect_mqtt(options, {});
  ASSERT_TRUE(client) << client.error().text;
  Inbox inbox;
  const std::vector<std::string> filters = {"a"};
  ASSERT_TRUE((*client)->subscribe(filters, inbox.handler(), {}));
  const MqttMessage messages[] = {{.topic = "a", .payload = "plain"},
                                  {.topic = "a",
                                   .payload = "rich",
                                   .content_type = "image/jpeg",
                                   .expiry = std::chrono::hours(1),
                                   .user_properties = {{"a", "1"}, {"a", "2"}, {"Größe", ""}}}};
  size_t confirmed = 0;
  ASSERT_TRUE((*client)->publish(messages, confirmed, {}));
  const auto received = inbox.wait_for(2);
  EXPECT_EQ(received[0].content_type, "");
  EXPECT_EQ(received[0].expiry.count(), 0);
  EXPECT_TRUE(received[0].user_properties.empty());
  EXPECT_EQ(received[1].content_type, "image/jpeg");
  EXPECT_EQ(received[1].expiry, std::chrono::hours(1));
  EXPECT_EQ(received[1].user_properties, messages[1].user_properties);
}

TEST_F(Mqtt, OffersTheProtocolThatAwsWants) {
  const testing_tools::Certificates certificates;
  const auto folder = *TemporaryFolder::make();
  const auto log = (folder.path() / "log").string();
  const int port = testing_tools::free_port();
  testing_tools::Process server(
      {"stdbuf", "-oL", "openssl", "s_server", "-accept", fmt::format("127.0.0.1:{}", port),
       "-cert", certificates.file("server.pem"), "-key", certificates.file("server.key"), "-alpn",
       "x-amzn-mqtt-ca", "-www"},
      log, log);
  ASSERT_TRUE(eventually([&] { return testing_tools::accepts_connections(port); }));
  MqttOptions options{.url = fmt::format("ssl://127.0.0.1:{}", port), .client_id = "x"};
  options.ca_file = certificates.ca_file();
  options.alpn = "x-amzn-mqtt-ca";
  std::stop_source stop;
  const auto offered = [&] {
    return read_text(log).value_or("").find(
               "ALPN protocols advertised by the client: x-amzn-mqtt-ca") != std::string::npos;
  };
  std::thread stopper([&] {
    eventually(offered);
    stop.request_stop();
  });
  EXPECT_FALSE(connect_mqtt(options, stop.get_token()));
  stopper.join();
  EXPECT_TRUE(offered()) << read_text(log).value_or("");
}

}  // namespace
}  // namespace turnstone
