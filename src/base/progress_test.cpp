#include "base/progress.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

TEST(Progress, ALineOfALogIsASentence) {
  EXPECT_EQ(print_progress({.what = "compile", .seconds = 9.2, .note = "linking"}, false),
            "compile: linking, 9 s");
  EXPECT_EQ(print_progress({.what = "compiling the backbone", .seconds = 3}, false),
            "compiling the backbone, 3 s");
  EXPECT_EQ(print_progress({.what = "features", .done = 3, .total = 10, .seconds = 9}, false),
            "features: 3 of 10, 21 s left");
  EXPECT_EQ(print_progress({.what = "training", .total = 10, .note = "loss 0.5"}, false),
            "training: 0 of 10, loss 0.5");
}

TEST(Progress, ATerminalHasABar) {
  EXPECT_EQ(print_progress({.what = "features", .done = 3, .total = 10, .seconds = 9}, true),
            "features [#########.....................] 3/10, 21 s left");
}

}  // namespace
}  // namespace turnstone
