extern "C" {
#include "runtime/spin.h"
}

#include <gtest/gtest.h>

namespace {

constexpr int64_t ten_seconds = 10'000'000'000;

/* What the next look says if the last one was ten seconds ago, and the thread slept for `slept` of
 * them; all but a few microseconds of the rest count as lost. */
int64_t look_after(ts_contention& contention, int64_t slept) {
  contention.since -= ten_seconds;
  contention.slept = slept;
  contention.waits = 0;
  return ts_advise_rest(&contention);
}

ts_contention first_look() {
  ts_contention contention{};
  EXPECT_EQ(ts_advise_rest(&contention), 0);
  return contention;
}

TEST(Spin, AdvisesARestWhenOthersHadTheCpu) {
  auto contention = first_look();
  EXPECT_GT(look_after(contention, ten_seconds / 2), 0);
}

TEST(Spin, CountsItsOwnSleepAsNoLoss) {
  auto contention = first_look();
  EXPECT_EQ(look_after(contention, ten_seconds), 0);
}

TEST(Spin, AdvisesTwiceTheRestWhileTheMachineStaysBusy) {
  auto contention = first_look();
  const int64_t first = look_after(contention, 0);
  EXPECT_EQ(look_after(contention, 0), 2 * first);
}

TEST(Spin, AdvisesASecondAtMost) {
  auto contention = first_look();
  int64_t rest = 0;
  for (int look = 0; look < 100; ++look) rest = look_after(contention, 0);
  EXPECT_LT(rest, 1'000'000'000);
}

TEST(Spin, ForgetsABusyTimeAfterQuietOnes) {
  auto contention = first_look();
  const int64_t first = look_after(contention, 0);
  look_after(contention, 0);
  for (int look = 0; look < 10; ++look) look_after(contention, ten_seconds);
  EXPECT_EQ(look_after(contention, 0), first);
}

TEST(Spin, LooksOnceInManyWaits) {
  auto contention = first_look();
  contention.since -= ten_seconds;
  EXPECT_EQ(ts_advise_rest(&contention), 0);
}

TEST(Spin, GivesTheAnswerOfTheLastCall) {
  EXPECT_FALSE(ts_spin([](const void*) { return false; }, nullptr));
  EXPECT_TRUE(ts_spin([](const void*) { return true; }, nullptr));
}

TEST(Spin, CallsUntilTheAnswerIsYes) {
  struct Counter {
    mutable int calls = 0;
  } counter;
  const auto third = [](const void* argument) {
    return ++static_cast<const Counter*>(argument)->calls == 3;
  };
  EXPECT_TRUE(ts_spin(third, &counter));
  EXPECT_EQ(counter.calls, 3);
}

}  // namespace
