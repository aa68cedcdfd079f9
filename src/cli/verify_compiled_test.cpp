#include "cli/verify_compiled.h"

#include <gtest/gtest.h>

#include <limits>

namespace turnstone {
namespace {

constexpr auto infinity = std::numeric_limits<double>::infinity();

TEST(VerifyCompiled, WhatRoundingExplainsPasses) {
  EXPECT_TRUE(check_differences({}));
  EXPECT_TRUE(
      check_differences({{"output y", "x86_64_v3", 1e-6, 1e-7}, {"conv", "aarch64", 3, 0.2}}));
  // Two classes that are nearly equal.
  EXPECT_TRUE(check_differences({{"argmax", "aarch64", 17, 0.9, true}}));
}

TEST(VerifyCompiled, OtherDifferencesAreErrors) {
  const auto checked = check_differences({{"output y", "x86_64_v3", 1e-6, 1e-7},
                                          {"conv 3x3", "aarch64", 157, 4.62},
                                          {"exp", "aarch64", infinity, infinity},
                                          {"argmax", "aarch64", infinity, 0, true}});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::invalid);
  EXPECT_EQ(checked.error().text,
            "--verify: 3 of 4 comparisons differ by more than a quarter of the largest value, the "
            "first by 157: conv 3x3 on aarch64");
}

}  // namespace
}  // namespace turnstone
