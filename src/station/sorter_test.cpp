#include "station/sorter.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

TEST(Action, IsOneLineOfJson) {
  EXPECT_EQ(print_action({.id = "7d0c",
                          .part = 3,
                          .section = 1,
                          .label = "Fail",
                          .score = 0.987,
                          .action = "reject"}),
            R"({"id":"7d0c","part":3,"section":1,"label":"Fail","score":0.987,"action":"reject"})");
}

TEST(SimulatedSorter, AcknowledgesAfterItsTime) {
  std::chrono::steady_clock::time_point now = {};
  const auto sorter = open_simulated_sorter({.answer_seconds = 0.5}, [&] { return now; });
  for (int part = 0; part < 2; ++part) {
    ASSERT_TRUE(sorter->sort({}));
    EXPECT_FALSE(*sorter->is_done());
    now += std::chrono::milliseconds(499);
    EXPECT_FALSE(*sorter->is_done());
    now += std::chrono::milliseconds(1);
    EXPECT_TRUE(*sorter->is_done());
  }
}

TEST(SimulatedSorter, IsLateAndRefusesAsOftenAsItIsTold) {
  std::chrono::steady_clock::time_point now = {};
  const auto sorter = open_simulated_sorter(
      {.answer_seconds = 0, .late_every = 2, .late_seconds = 1, .refuse_every = 3},
      [&] { return now; });
  ASSERT_TRUE(sorter->sort({}));
  EXPECT_TRUE(*sorter->is_done());
  ASSERT_TRUE(sorter->sort({}));
  EXPECT_FALSE(*sorter->is_done());
  now += std::chrono::seconds(1);
  EXPECT_TRUE(*sorter->is_done());
  ASSERT_TRUE(sorter->sort({}));
  EXPECT_EQ(sorter->is_done().error().text, "refused");
}

}  // namespace
}  // namespace turnstone
