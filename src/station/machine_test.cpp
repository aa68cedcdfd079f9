#include "station/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace turnstone {
namespace {

using testing::ElementsAre;
using testing::Pair;

// A recording of parts that stand for two frames each.
class MachineTest : public testing::Test {
 protected:
  void open(int parts, Machine::Decided decided) {
    std::string stops;
    for (int i = 0; i < 2 * parts; ++i) stops += fmt::format("{}\n", i);
    ASSERT_TRUE(write_file(folder_.path() / "stops.txt", stops));
    config_.stops = (folder_.path() / "stops.txt").string();
    auto machine = Machine::open(config_, nullptr, std::move(decided));
    ASSERT_TRUE(machine) << machine.error().text;
    machine_ = std::move(*machine);
    machine_->start();
  }

  // Part after part, each with its own label.
  void run(int parts) {
    for (int64_t i = 0; i < 2 * parts; ++i) {
      Frame frame;
      frame.sequence = i;
      ASSERT_TRUE(machine_->take(frame));
      Scene scene;
      scene.sequence = i;
      scene.classes = {{static_cast<int>(i / 2 % 2), 1.0f}};
      machine_->answer(frame, scene);
      taken_ = i / 2;
    }
  }

  static Kept kept_of(const Verdict& verdict) {
    return {verdict.part, "", verdict.label == 0 ? "Pass" : "Fail", verdict.score};
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-machine");
  CycleConfig config_;
  std::unique_ptr<Machine> machine_;
  std::atomic<int64_t> taken_{0};  // parts
};

TEST_F(MachineTest, HandsOutVerdictsInOrderWithoutItsLock) {
  std::vector<int64_t> parts, frames;
  open(3, [&](const Verdict& verdict, const Frame& frame) {
    EXPECT_EQ(machine_->look().parts, verdict.part);
    parts.push_back(verdict.part);
    frames.push_back(frame.sequence);
    return kept_of(verdict);
  });
  run(3);
  ASSERT_TRUE(machine_->finish());
  EXPECT_THAT(parts, ElementsAre(0, 1, 2));
  EXPECT_THAT(frames, ElementsAre(1, 3, 5));
  EXPECT_EQ(machine_->look().parts, 3);
}

TEST_F(MachineTest, TakesNoMoreFramesWhileManyVerdictsWaitToBeKept) {
  int64_t most = 0;
  open(50, [&](const Verdict& verdict, const Frame&) {
    most = std::max(most, taken_ - verdict.part);
    return kept_of(verdict);
  });
  run(50);
  ASSERT_TRUE(machine_->finish());
  EXPECT_LE(most, 10);
  EXPECT_EQ(machine_->look().parts, 50);
}

TEST_F(MachineTest, CountsTheLabelsOfEachSection) {
  config_.table.sections = 2;
  open(7, [](const Verdict& verdict, const Frame&) {
    auto kept = kept_of(verdict);
    if (verdict.part == 2) kept.label = "undecided";
    return kept;
  });
  run(7);
  ASSERT_TRUE(machine_->finish());
  const auto sections = machine_->look().sections;
  ASSERT_EQ(sections.size(), 2u);
  EXPECT_EQ(sections[1].section, 1);
  EXPECT_THAT(sections[0].labels, ElementsAre(Pair("Pass", 3), Pair("undecided", 1)));
  EXPECT_THAT(sections[1].labels, ElementsAre(Pair("Fail", 3)));
  EXPECT_EQ(sections[0].last, "Pass");
}

TEST_F(MachineTest, AVerdictThatIsNotKeptIsAPartWithoutALabel) {
  open(1, [](const Verdict&, const Frame&) -> Result<Kept> {
    return fail(Code::unavailable, "the disk fails");
  });
  run(1);
  ASSERT_TRUE(machine_->finish());
  EXPECT_EQ(machine_->look().parts, 1);
  EXPECT_TRUE(machine_->look().sections.empty());
}

}  // namespace
}  // namespace turnstone
