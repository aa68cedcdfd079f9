// The command of turnstone-train, where that is built.
#include <gmock/gmock.h>

#include "programs.h"

namespace turnstone {
namespace {

using Train = testing_tools::Programs;

TEST_F(Train, AWrongValueIsAWrongCommandLine) {
  EXPECT_EQ(run({"train", "--recipe", "head", "--data", "x", "--backbone", "x", "-o", "x", "--seed",
                 "-1"}),
            2);
  EXPECT_THAT(err(), testing::EndsWith("Try 'turnstone train --help'.\n"));
}

}  // namespace
}  // namespace turnstone
