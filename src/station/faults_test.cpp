#include "station/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_process.h"
#include "media/picture.h"
#include "station/testing_outcomes.h"

namespace turnstone {
namespace {

using testing_tools::eventually;

// A big picture of which a model says "Fail".
Outcome some_reject() {
  auto outcome = testing_tools::some_classes({"Pass", "Fail"});
  outcome.frame = make_image(PixelFormat::i420, 1920, 1080)->frame();
  return outcome;
}

TEST(Faults, KeepARejectWithASmallPicture) {
  Faults faults;
  faults.judge(some_reject());
  ASSERT_TRUE(eventually([&] { return faults.picture(1) != nullptr; }));
  const auto bytes = faults.picture(1);
  const auto picture = decode_picture(std::as_bytes(std::span(*bytes)));
  ASSERT_TRUE(picture) << picture.error().text;
  EXPECT_EQ(picture->width, 640);
  const auto fault = faults.list().at(0);
  EXPECT_EQ(fault["kind"], "reject");
  EXPECT_EQ(fault["of"], "camera");
  EXPECT_EQ(fault["text"], "Fail");
  EXPECT_EQ(fault["picture"], "/fault/1.jpg");
}

TEST(Faults, AreNoResultsThatSayAllIsWell) {
  Faults faults;
  auto outcome = some_reject();
  outcome.scene.classes = {{0, 0.9F}};
  faults.judge(outcome);
  faults.judge(testing_tools::some_faces());
  EXPECT_TRUE(faults.list().empty());
}

TEST(Faults, TellOfAPartThatNothingIsKnownOf) {
  Faults faults;
  auto outcome = testing_tools::some_verdict();
  outcome.verdict->label = -1;
  faults.judge(outcome);
  EXPECT_EQ(faults.list().at(0)["text"], "part 3: undecided");
}

TEST(Faults, CountWhatComesAgain) {
  Faults faults;
  for (int i = 0; i < 3; ++i) faults.add(FaultKind::sink, "broker", "refused");
  faults.add(FaultKind::sink, "store", "refused");
  faults.add(FaultKind::sink, "broker", "refused");
  faults.add(FaultKind::sink, "broker", "no route");
  const auto list = faults.list();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0]["text"], "no route");
  EXPECT_EQ(list[2]["count"], 4);
  EXPECT_EQ(faults.count(FaultKind::sink), 6);
  EXPECT_EQ(faults.count(FaultKind::reject), 0);
}

TEST(Faults, ForgetTheOldest) {
  Faults faults;
  for (int i = 0; i < 1000; ++i) faults.add(FaultKind::model, "m", fmt::format("frame {}", i));
  const auto list = faults.list();
  ASSERT_EQ(list.size(), 24u);
  EXPECT_EQ(list[0]["text"], "frame 999");
  EXPECT_EQ(list[23]["number"], 977);
}

}  // namespace
}  // namespace turnstone
