#include "station/latency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnstone {
namespace {

using namespace std::chrono_literals;

const Latency::Time noon(1000s);

TEST(Histogram, CountsEachStepAlone) {
  Histogram histogram;
  for (const auto took : {50us, 100us, 101us, 30'000'000us}) histogram.add(took);
  const auto look = histogram.look();
  EXPECT_EQ(look.counts.front(), 2);
  EXPECT_EQ(look.counts[1], 1);
  EXPECT_EQ(look.counts.back(), 1);
  EXPECT_EQ(look.count, 4);
  EXPECT_DOUBLE_EQ(look.sum_s, 30.000251);
}

TEST(Latency, TellsTheLastMinutesInSteps) {
  Latency latency;
  latency.add(Stage::total, 10ms, noon);
  latency.add(Stage::total, 30ms, noon);
  latency.add_score(0.5F, noon);
  latency.add_score(0.75F, noon + 2s);
  const auto course = latency.course(noon + 2s);
  const auto& total = course["ms"]["total"];
  ASSERT_EQ(total.size(), 150u);
  EXPECT_EQ(total[148], 20);
  EXPECT_EQ(course["slowest_ms"][148], 30);
  EXPECT_EQ(course["score"]["mean"][148], 0.5);
  EXPECT_EQ(course["score"]["mean"][149], 0.75);
  EXPECT_TRUE(total[149].is_null());
  EXPECT_TRUE(course["ms"]["model"][148].is_null());
}

TEST(Latency, ForgetsWhatIsOlder) {
  Latency latency;
  latency.add(Stage::model, 10ms, noon);
  const auto course = latency.course(noon + 300s);
  for (const auto& value : course["ms"]["model"]) EXPECT_TRUE(value.is_null());
  latency.add(Stage::model, 20ms, noon + 300s);
  EXPECT_EQ(latency.course(noon + 300s)["ms"]["model"][149], 20);
  EXPECT_EQ(latency.look(Stage::model).count, 2);
}

TEST(Latency, TakesAClockThatWasNotSetForNoTime) {
  Latency latency;
  latency.add(Stage::wait, -5s, noon);
  EXPECT_EQ(latency.look(Stage::wait).sum_s, 0);
}

}  // namespace
}  // namespace turnstone
