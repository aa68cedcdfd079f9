// The station's connection for messages, with a real broker and real clients on the other side.
#include "station/inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "station/mqtt_connection.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_tools::Broker;
using testing_tools::eventually;
using namespace std::chrono_literals;

class InboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
      GTEST_SKIP() << missing;
  }

  static MqttOptions options_of(const std::string& url) {
    MqttConnection connection;
    connection.url = url;
    return *mqtt_options_of(connection);
  }

  // A handler that remembers what it took.
  MqttHandler note(std::string name) {
    return [this, name = std::move(name)](const MqttMessage& message) {
      const std::lock_guard lock(mutex_);
      notes_.push_back(fmt::format("{}: {} {}", name, message.topic, message.payload));
    };
  }
  std::vector<std::string> notes() const {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
};

TEST_F(InboxTest, EachHandlerTakesWhatItsFilterMatches) {
  Broker broker;
  Inbox inbox(options_of(broker.url()));
  ASSERT_TRUE(inbox.handle("line/+/done", note("sorter")));
  ASSERT_TRUE(inbox.handle("line/3/judge", note("trigger")));
  inbox.start();
  ASSERT_TRUE(eventually([&] { return inbox.state().connected; }));
  EXPECT_TRUE(broker.say("line/3/done", "7"));
  EXPECT_TRUE(broker.say("line/3/other", "8"));
  EXPECT_TRUE(broker.say("line/3/judge", "9"));
  ASSERT_TRUE(eventually([&] { return notes().size() >= 2; }));
  EXPECT_THAT(notes(), ElementsAre("sorter: line/3/done 7", "trigger: line/3/judge 9"));
  EXPECT_EQ(inbox.state().received, 2);
}

TEST_F(InboxTest, ConnectsAndSubscribesAgainWhenTheBrokerWasStartedAgain) {
  Broker broker;
  broker.subscribe("sorter/#");
  Inbox inbox(options_of(broker.url()), {.first = 5ms, .most = 50ms});
  ASSERT_TRUE(inbox.handle("done", note("sorter")));
  inbox.start();
  ASSERT_TRUE(eventually([&] { return inbox.state().connected; }));
  broker.kill();
  ASSERT_TRUE(eventually([&] { return !inbox.state().connected; }));
  ASSERT_TRUE(eventually([&] { return !inbox.state().trouble.empty(); }));
  EXPECT_THAT(inbox.state().trouble, HasSubstr(broker.url()));
  EXPECT_EQ(inbox.publish("sorter/left", "1").error().code, Code::unavailable);
  broker.start();
  ASSERT_TRUE(eventually([&] { return inbox.state().connected; }));
  EXPECT_EQ(inbox.state().reconnects, 1);
  EXPECT_EQ(inbox.state().trouble, "");
  EXPECT_TRUE(broker.say("done", "1"));
  EXPECT_TRUE(eventually([&] { return notes().size() == 1; }));
  ASSERT_TRUE(inbox.publish("sorter/left", "2"));
  EXPECT_TRUE(eventually([&] { return inbox.state().sent == 1; }));
  EXPECT_TRUE(eventually([&] { return !broker.received().empty(); }));
  EXPECT_THAT(broker.received(), ElementsAre("2"));
}

TEST_F(InboxTest, ActionsArriveInOrder) {
  Broker broker;
  broker.subscribe("sorter/#");
  Inbox inbox(options_of(broker.url()));
  inbox.start();
  ASSERT_TRUE(eventually([&] { return inbox.state().connected; }));
  std::vector<std::string> wanted;
  for (int i = 0; i < 100; ++i) {
    wanted.push_back(std::to_string(i));
    ASSERT_TRUE(inbox.publish("sorter/left", wanted.back()));
  }
  inbox.finish();
  EXPECT_EQ(inbox.state().sent, 100);
  EXPECT_TRUE(eventually([&] { return broker.received().size() >= 100; }));
  EXPECT_EQ(broker.received(), wanted);
}

TEST_F(InboxTest, AnActionWithoutAConnectionIsRefusedAtOnce) {
  Inbox inbox(options_of(fmt::format("tcp://127.0.0.1:{}", testing_tools::free_port())));
  EXPECT_THAT(inbox.publish("sorter", "1").error().text, HasSubstr(": not connected"));
  EXPECT_EQ(inbox.publish("sorter/#", "1").error().code, Code::invalid);
  EXPECT_EQ(inbox.handle("a/#/b", note("")).error().code, Code::invalid);
}

TEST_F(InboxTest, MessagesThatAreTooLongAreCountedAlone) {
  Broker broker;
  Inbox inbox(options_of(broker.url()));
  ASSERT_TRUE(inbox.handle("#", note("any")));
  inbox.start();
  ASSERT_TRUE(eventually([&] { return inbox.state().connected; }));
  EXPECT_TRUE(broker.say("long", std::string(100'000, 'x')));
  EXPECT_TRUE(broker.say("short", "x"));
  EXPECT_TRUE(eventually([&] { return notes().size() == 1; }));
  EXPECT_THAT(notes(), ElementsAre("any: short x"));
  EXPECT_EQ(inbox.state().refused, 1);
}

}  // namespace
}  // namespace turnstone
