#include "cli/verify_compiled.h"

#include <gtest/gtest.h>

#include <limits>

namespace turnstone {
namespace {

TEST(VerifyCompiled, DifferencesThatAreNoNumbersAreErrors) {
  std::vector<LayerError> errors = {{"output y", "x86_64_v3", 1e-6, 1e-7},
                                    {"conv", "aarch64", 3, 9}};
  EXPECT_TRUE(check_differences(errors));
  EXPECT_TRUE(check_differences({}));
  errors.push_back({"conv 3x3", "aarch64", std::numeric_limits<double>::infinity(), 0});
  errors.push_back({"exp", "aarch64", std::numeric_limits<double>::quiet_NaN(), 0});
  const auto checked = check_differences(errors);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::invalid);
  EXPECT_EQ(checked.error().text,
            "--verify: in 2 of 4 comparisons compiled code or the interpreter alone is infinite or "
            "no number, first in conv 3x3 on aarch64");
}

}  // namespace
}  // namespace turnstone
