// The sorter behind a broker, with a real one and real clients on the other side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "station/inbox.h"
#include "station/mqtt_connection.h"
#include "station/sorter.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::SizeIs;
using testing_tools::Broker;
using testing_tools::eventually;
using namespace std::chrono_literals;

class MqttSorter : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
      GTEST_SKIP() << missing;
    broker_ = std::make_unique<Broker>();
    broker_->subscribe("line/actions");
    MqttConnection connection;
    connection.url = broker_->url();
    inbox_ =
        std::make_unique<Inbox>(*mqtt_options_of(connection), Backoff{.first = 5ms, .most = 50ms});
    sorter_ = *open_mqtt_sorter(config_, *inbox_);
    inbox_->start();
  }

  // Looks as often as a machine does, until as many actions have come.
  bool has_told(size_t actions) const {
    return eventually([&] {
      std::ignore = sorter_->is_done();
      return broker_->received().size() >= actions;
    });
  }

  void acknowledge(const std::string& payload) const {
    EXPECT_TRUE(broker_->say("line/done", payload));
  }

  SorterConfig config_ = {.driver = "mqtt", .topic = "line/actions", .answer_topic = "line/done"};
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Sorter> sorter_;
};

TEST_F(MqttSorter, IsDoneWhenTheActionIsAcknowledged) {
  const Action action{.id = "a1", .label = "Pass", .score = 0.5, .action = "keep"};
  ASSERT_TRUE(sorter_->sort(action));
  ASSERT_TRUE(has_told(1));
  EXPECT_EQ(broker_->received()[0], print_action(action));
  acknowledge(R"({"id":"a0"})");
  acknowledge("done");
  acknowledge(R"({"id":7})");
  ASSERT_TRUE(eventually([&] { return inbox_->state().received == 3; }));
  EXPECT_FALSE(*sorter_->is_done());
  acknowledge(R"({"id":"a1"})");
  EXPECT_TRUE(eventually([&] { return *sorter_->is_done(); }));
  EXPECT_THAT(broker_->received(), SizeIs(1));
}

TEST_F(MqttSorter, AnAcknowledgementOfThePartBeforeIsTooLate) {
  ASSERT_TRUE(sorter_->sort({.id = "a1"}));
  ASSERT_TRUE(has_told(1));
  ASSERT_TRUE(sorter_->sort({.id = "a2"}));
  ASSERT_TRUE(has_told(2));
  acknowledge(R"({"id":"a1"})");
  ASSERT_TRUE(eventually([&] { return inbox_->state().received == 1; }));
  EXPECT_FALSE(*sorter_->is_done());
}

TEST_F(MqttSorter, ARefusalIsAnError) {
  ASSERT_TRUE(sorter_->sort({.id = "a1"}));
  ASSERT_TRUE(has_told(1));
  acknowledge(R"({"id":"a1","ok":false,"reason":"jam at\ngate 2"})");
  ASSERT_TRUE(eventually([&] { return !sorter_->is_done(); }));
  EXPECT_EQ(sorter_->is_done().error().text, "refused: jam at\\x0Agate 2");
}

TEST_F(MqttSorter, TellsAgainOnANewConnectionUnderTheSameId) {
  ASSERT_TRUE(sorter_->sort({.id = "a1"}));
  ASSERT_TRUE(has_told(1));
  broker_->kill();
  ASSERT_TRUE(eventually([&] { return !inbox_->state().connected; }));
  EXPECT_FALSE(*sorter_->is_done());
  broker_->start();
  ASSERT_TRUE(has_told(2));
  EXPECT_EQ(broker_->received()[0], broker_->received()[1]);
  acknowledge(R"({"id":"a1"})");
  EXPECT_TRUE(eventually([&] { return *sorter_->is_done(); }));
}

TEST_F(MqttSorter, WaitsForAConnection) {
  broker_->kill();
  ASSERT_TRUE(eventually([&] { return !inbox_->state().connected; }));
  ASSERT_TRUE(sorter_->sort({.id = "a1"}));
  broker_->start();
  EXPECT_TRUE(has_told(1));
}

TEST_F(MqttSorter, WantsTopics) {
  Inbox inbox({});
  EXPECT_EQ(open_mqtt_sorter({}, inbox).error().text, "topic is missing, that of actions");
  EXPECT_EQ(open_mqtt_sorter({.topic = "actions"}, inbox).error().text,
            "answer_topic is missing, that of acknowledgements");
  EXPECT_EQ(open_mqtt_sorter({.topic = "#", .answer_topic = "done"}, inbox).error().text,
            "topic: topic '#' is wrong, legal is a text without + and #");
  EXPECT_FALSE(open_mqtt_sorter({.topic = "actions", .answer_topic = "a/#/b"}, inbox));
}

}  // namespace
}  // namespace turnstone
