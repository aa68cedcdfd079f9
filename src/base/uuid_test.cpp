#include "base/uuid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace turnstone {
namespace {

TEST(Uuid, IsOfVersionSeven) {
  EXPECT_THAT(
      draw_uuid(),
      testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(Uuid, IsAnotherEachTime) {
  std::set<std::string> drawn;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(drawn.insert(draw_uuid()).second);
}

TEST(Uuid, OfATextIsAlwaysTheSame) {
  EXPECT_EQ(uuid_of("picture 1"), uuid_of("picture 1"));
  EXPECT_NE(uuid_of("picture 1"), uuid_of("picture 2"));
  EXPECT_THAT(
      uuid_of(""),
      testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace turnstone
