// Triggers on drawn frames, on messages from a real broker, and on the recorded turntable.
#include "station/triggers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/files.h"
#include "base/text.h"
#include "media/image.h"
#include "media/picture.h"
#include "station/cycle.h"
#include "station/inbox.h"
#include "station/mqtt_connection.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing_tools::Broker;
using testing_tools::eventually;
using namespace std::chrono_literals;

constexpr auto frame_time = 100ms;

// A picture with a bright column at `x` of 64, frame `number` of a camera with ten a second.
Frame drawn(int64_t number, int x = 0, std::string source = "camera") {
  auto image = *make_image(PixelFormat::gray, 64, 48);
  for (int y = 0; y < 48; ++y) std::fill_n(image.row(y) + x, 8, 200);
  auto frame = image.frame();
  frame.taken = std::chrono::steady_clock::time_point(std::chrono::hours(1)) + number * frame_time;
  frame.sequence = number;
  frame.source = std::move(source);
  return frame;
}

// The numbers of the frames that pass, of pictures with the column at `columns`.
std::vector<int64_t> passed(const TriggerConfig& config, const std::vector<int>& columns) {
  auto triggers = Triggers::make(config, nullptr);
  EXPECT_TRUE(triggers) << triggers.error().text;
  std::vector<int64_t> numbers;
  for (size_t i = 0; triggers && i < columns.size(); ++i) {
    auto frame = drawn(static_cast<int64_t>(i), columns[i]);
    if (triggers->pass(frame)) numbers.push_back(frame.sequence);
  }
  return numbers;
}

TEST(Triggers, WithoutAnyEveryFramePasses) {
  EXPECT_FALSE(has_triggers({}));
  EXPECT_THAT(passed({}, {0, 0, 0}), ElementsAre(0, 1, 2));
}

TEST(Triggers, OneFrameInAnInterval) {
  TriggerConfig config;
  config.interval = 250ms;
  EXPECT_THAT(passed(config, std::vector(9, 0)), ElementsAre(0, 3, 6));
}

TEST(Triggers, TheFirstOfEveryThreeFrames) {
  TriggerConfig config;
  config.every = 3;
  EXPECT_THAT(passed(config, std::vector(8, 0)), ElementsAre(0, 3, 6));
}

TEST(Triggers, FramesInWhichSomethingMoves) {
  TriggerConfig config;
  config.motion = true;
  EXPECT_THAT(passed(config, {0, 0, 0, 8, 16, 16, 16, 0}), ElementsAre(0, 3, 4, 7));
  config.motion_region = "0.5,0 1,1";
  EXPECT_THAT(passed(config, {0, 0, 0, 8, 16, 32, 32, 0}), ElementsAre(0, 5, 7));
}

TEST(Triggers, OneFrameEachTimeThePictureHasComeToStand) {
  TriggerConfig config;
  config.still_seconds = 0.2;
  EXPECT_THAT(passed(config, {0, 0, 0, 0, 8, 16, 24, 24, 24, 24, 24, 32, 32, 32, 32}),
              ElementsAre(8, 13));
}

TEST(Triggers, AllThatAreGivenMustWantTheFrame) {
  TriggerConfig config;
  config.motion = true;
  config.every = 2;
  EXPECT_THAT(passed(config, {0, 8, 16, 24, 24, 24, 32}), ElementsAre(0, 2, 6));
  config.still_seconds = 1;
  EXPECT_EQ(Triggers::make(config, nullptr).error().text,
            "motion and still_s are given, nothing moves and stands still");
}

TEST(Triggers, EachSourceHasItsOwn) {
  TriggerConfig config;
  config.every = 2;
  auto triggers = *Triggers::make(config, nullptr);
  for (const auto* source : {"left", "right"}) {
    auto first = drawn(0, 0, source), second = drawn(1, 0, source);
    EXPECT_TRUE(triggers.pass(first));
    EXPECT_FALSE(triggers.pass(second));
  }
  ASSERT_EQ(triggers.counts().size(), 1u);
  EXPECT_STREQ(triggers.counts()[0].name, "every");
  EXPECT_EQ(triggers.counts()[0].passed_over, 2);
}

TEST(Triggers, AMessageNeedsAConnection) {
  TriggerConfig config;
  config.message_topic = "judge";
  EXPECT_EQ(Triggers::make(config, nullptr).error().text,
            "message_topic: there is no [mqtt] to hear it by");
}

// Triggers that messages of a real broker ask.
class AskedTriggers : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = Broker::missing(); !missing.empty()) GTEST_SKIP() << missing;
    broker_.emplace();
    MqttConnection connection;
    connection.url = broker_->url();
    inbox_.emplace(*mqtt_options_of(connection));
  }

  Triggers asked_by(const std::string& topic) {
    TriggerConfig config;
    config.message_topic = topic;
    return *Triggers::make(config, &*inbox_);
  }

  std::atomic<bool> ended_{false};  // a handler says so
  std::optional<Broker> broker_;
  std::optional<Inbox> inbox_;
};

TEST_F(AskedTriggers, AMessageAsksForTheNextFrameAndGoesWithIt) {
  auto triggers = asked_by("line/+/judge");
  inbox_->start();
  ASSERT_TRUE(eventually([&] { return inbox_->state().connected; }));
  const auto pass = [&](Frame& frame) {
    frame.taken = std::chrono::steady_clock::now();
    return triggers.pass(frame);
  };
  auto before = drawn(0);
  EXPECT_FALSE(pass(before));
  ASSERT_TRUE(inbox_->publish("line/3/judge", "part 17"));
  ASSERT_TRUE(inbox_->publish("line/3/judge", "part 18"));
  ASSERT_TRUE(eventually([&] { return inbox_->state().received == 2; }));
  auto late = drawn(1);  // was taken before the message came
  EXPECT_FALSE(triggers.pass(late));
  auto first = drawn(2), second = drawn(3), third = drawn(4);
  EXPECT_TRUE(eventually([&] { return pass(first); }));
  EXPECT_TRUE(pass(second));
  EXPECT_FALSE(pass(third));
  EXPECT_EQ(first.message, "part 17");
  EXPECT_EQ(second.message, "part 18");
  EXPECT_EQ(third.message, "");
}

TEST_F(AskedTriggers, MessagesBeyondThoseThatCanWaitAreCounted) {
  auto triggers = asked_by("judge");
  ASSERT_TRUE(inbox_->handle("end", [&](const MqttMessage&) { ended_ = true; }));
  inbox_->start();
  ASSERT_TRUE(eventually([&] { return inbox_->state().connected; }));
  auto first = drawn(0);  // its trigger begins here
  EXPECT_FALSE(triggers.pass(first));
  for (int i = 0; i < 103; ++i) ASSERT_TRUE(inbox_->publish("judge", fmt::format("part {}", i)));
  ASSERT_TRUE(inbox_->publish("end", ""));
  ASSERT_TRUE(eventually([&] { return ended_.load(); }));
  std::vector<std::string> served;
  EXPECT_TRUE(eventually([&] {
    auto frame = drawn(static_cast<int>(served.size()));
    frame.taken = std::chrono::steady_clock::now();
    if (triggers.pass(frame)) served.push_back(frame.message);
    return served.size() == 100;
  }));
  EXPECT_EQ(served.front(), "part 3");
  EXPECT_EQ(served.back(), "part 102");
  EXPECT_EQ(triggers.unserved(), 3);
}

// The recording's own stops say when parts stand; the last of them ends with it after 8 frames.
TEST(Triggers, OfTheRecordedTurntableEachStandingIsOneFrame) {
  const char* given = std::getenv("TURNSTONE_DATA");
  const auto folder =
      std::filesystem::path(given ? given : TURNSTONE_SOURCE_DIR "/../shared/data") / "turntable";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << folder << " is not there, give it by TURNSTONE_DATA";
  const auto stops = *parse_stops(*read_text(folder / "stops.txt"), "stops.txt");
  TriggerConfig config;
  config.still_seconds = 0.5;
  auto triggers = *Triggers::make(config, nullptr);
  std::vector<size_t> fired;  // which standings
  for (int i = 0; i < 509; ++i) {
    auto frame = read_picture(folder / "frames" / fmt::format("img{:05}.jpg", i));
    ASSERT_TRUE(frame) << frame.error().text;
    frame->taken = {};
    frame->taken += std::chrono::milliseconds(i * 1000 / 30);
    if (!triggers.pass(*frame)) continue;
    const auto next = std::ranges::upper_bound(stops, i) - stops.begin();
    EXPECT_EQ(next % 2, 1) << "frame " << i << " was taken while the table moved";
    fired.push_back(static_cast<size_t>(next) / 2);
  }
  EXPECT_THAT(fired, ElementsAre(0u, 1u, 2u, 3u, 4u));
}

}  // namespace
}  // namespace turnstone
