#include "station/meter.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

using namespace std::chrono_literals;

constexpr Meter::Time start{std::chrono::hours(1)};

Meter::Time at(std::chrono::milliseconds since) { return start + since; }

TEST(Meter, IsZeroUntilThereWereTwo) {
  Meter meter;
  EXPECT_EQ(meter.rate(start), 0);
  meter.add(start);
  EXPECT_EQ(meter.rate(at(1s)), 0);
}

TEST(Meter, IsSteadyBetweenEventsHoweverRare) {
  for (const auto interval : {40ms, 1000ms, 2000ms, 5000ms, 50000ms}) {
    Meter meter;
    for (int i = 0; i < 100; ++i) meter.add(at(i * interval));
    const auto expected = 1000.0 / static_cast<double>(interval.count());
    EXPECT_NEAR(meter.rate(at(99 * interval)), expected, 1e-9);
    EXPECT_NEAR(meter.rate(at(99 * interval + interval / 2)), expected, 1e-9);
    EXPECT_NEAR(meter.rate(at(100 * interval)), expected, 1e-9);
  }
}

TEST(Meter, CountsTheMembersOfABatch) {
  Meter meter;
  for (int i = 0; i < 100; ++i) meter.add(at(i * 100ms), 4);
  EXPECT_NEAR(meter.rate(at(9900ms)), 40, 1e-9);
}

TEST(Meter, FallsWhenNothingMoreComes) {
  Meter meter;
  for (int i = 0; i < 100; ++i) meter.add(at(i * 40ms));
  const auto last = 99 * 40ms;
  EXPECT_LT(meter.rate(at(last + 2s)), 15);
  EXPECT_LT(meter.rate(at(last + 10s)), 0.2);
  EXPECT_EQ(meter.rate(at(last + 61s)), 0);
}

}  // namespace
}  // namespace turnstone
