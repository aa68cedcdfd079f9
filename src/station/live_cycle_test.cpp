#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "station/cycle.h"

namespace turnstone {
namespace {

using std::chrono::milliseconds;

// A stepper that is away, or never arrives.
class BrokenStepper final : public Stepper {
 public:
  explicit BrokenStepper(bool away) : away_(away) {}
  Result<> move_by(int64_t) override {
    if (away_) return fail(Code::unavailable, "controller is away");
    return {};
  }
  Result<bool> is_moving() override { return true; }
  Result<int64_t> position() override { return 0; }
  Result<> halt() override { return {}; }

 private:
  bool away_;
};

// A stepper that arrives at once and goes away when it is told.
class LostStepper final : public Stepper {
 public:
  explicit LostStepper(const bool& away) : away_(away) {}
  Result<> move_by(int64_t) override { return answer(); }
  Result<bool> is_moving() override { return false; }
  Result<int64_t> position() override { return 0; }
  Result<> halt() override { return answer(); }

 private:
  Result<> answer() const {
    if (away_) return fail(Code::unavailable, "controller is away");
    return {};
  }
  const bool& away_;
};

// A stepper that moves but does not say whether; counts how often it is halted.
class SilentStepper final : public Stepper {
 public:
  Result<> move_by(int64_t) override { return {}; }
  Result<bool> is_moving() override { return fail(Code::unavailable, "no answer"); }
  Result<int64_t> position() override { return 0; }
  Result<> halt() override {
    ++halts;
    return {};
  }

  int halts = 0;
};

Frame frame_of(int64_t sequence, std::chrono::steady_clock::time_point taken) {
  Frame frame;
  frame.sequence = sequence;
  frame.taken = taken;
  return frame;
}

class LiveCycle : public testing::Test {
 protected:
  // A section is 100 ticks and takes 1.5 s.
  CycleConfig config_ = {.settle_seconds = 0.5,
                         .judge_seconds = 1,
                         .judge_frames = 0,
                         .timeout_seconds = 5,
                         .table = {.ticks_per_turn = 500, .velocity = 100, .acceleration = 200}};
  std::chrono::steady_clock::time_point now_ = {};
  std::vector<Verdict> verdicts_;
  Stepper* stepper_ = nullptr;
  std::unique_ptr<Cycle> cycle_;
  int64_t sequence_ = 0;
  int answered_ = 0;

  void make() {
    make(*open_simulated_stepper(config_.table, [this] { return now_; }));
  }
  void make(std::unique_ptr<Stepper> stepper) {
    stepper_ = stepper.get();
    auto cycle = make_live_cycle(config_, std::move(stepper),
                                 [this](const Verdict& verdict) { verdicts_.push_back(verdict); });
    ASSERT_TRUE(cycle) << cycle.error().text;
    cycle_ = std::move(*cycle);
  }

  static Scene good() {
    Scene scene;
    scene.classes = {{0, 0.9f}, {1, 0.1f}};
    return scene;
  }

  // One frame at each tenth of a second, answered at once.
  void run(int tenths) {
    for (int i = 0; i < tenths; ++i) {
      now_ += milliseconds(100);
      cycle_->tick(now_);
      if (!cycle_->take(frame_of(sequence_++, now_))) continue;
      ++answered_;
      cycle_->judged(good());
    }
  }

  // Without frames.
  void wait(int tenths) {
    for (int i = 0; i < tenths; ++i) cycle_->tick(now_ += milliseconds(100));
  }
};

TEST_F(LiveCycle, MovesSettlesJudgesAndMovesOn) {
  make();
  EXPECT_EQ(cycle_->phase(), Phase::idle);
  run(1);
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  run(14);
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  run(2);
  EXPECT_EQ(cycle_->phase(), Phase::settling);
  EXPECT_EQ(answered_, 0);
  run(5);
  EXPECT_EQ(cycle_->phase(), Phase::judging);
  EXPECT_EQ(verdicts_.size(), 0u);
  run(10);
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_EQ(verdicts_[0].frames, answered_);
  EXPECT_GE(answered_, 9);
  EXPECT_LE(answered_, 11);
}

TEST_F(LiveCycle, EndsAPartAfterItsNumberOfFrames) {
  config_.judge_frames = 3;
  make();
  run(200);
  ASSERT_GE(verdicts_.size(), 5u);
  for (const auto& verdict : verdicts_) EXPECT_EQ(verdict.frames, 3);
}

TEST_F(LiveCycle, GivesPartsInOrderWithoutAGap) {
  config_.settle_seconds = 0;
  config_.judge_frames = 1;
  make();
  run(200);
  ASSERT_GE(verdicts_.size(), 8u);
  for (size_t i = 0; i < verdicts_.size(); ++i)
    EXPECT_EQ(verdicts_[i].part, static_cast<int64_t>(i));
}

// 230408 ticks in five sections are no whole number: the table must be back after a turn.
TEST_F(LiveCycle, LosesNoTicksToRounding) {
  config_.table = {.ticks_per_turn = 100003, .sections = 7, .velocity = 1e6, .acceleration = 1e7};
  config_.judge_frames = 1;
  make();
  while (verdicts_.size() < 14) run(1);
  while (cycle_->phase() != Phase::settling) run(1);
  EXPECT_EQ(*stepper_->position(), (15 * 100003 + 3) / 7);
}

TEST_F(LiveCycle, AFrameFromBeforeTheEndOfSettlingDoesNotCount) {
  make();
  wait(17);
  ASSERT_EQ(cycle_->phase(), Phase::settling);
  const auto old = now_;
  wait(6);
  ASSERT_EQ(cycle_->phase(), Phase::judging);
  EXPECT_FALSE(cycle_->take(frame_of(0, old)));
  EXPECT_TRUE(cycle_->take(frame_of(1, now_)));
}

TEST_F(LiveCycle, StaysUntilTheLastFrameIsAnswered) {
  config_.judge_frames = 1;
  make();
  wait(25);
  ASSERT_TRUE(cycle_->take(frame_of(0, now_)));
  wait(30);
  EXPECT_EQ(cycle_->phase(), Phase::judging);
  EXPECT_EQ(verdicts_.size(), 0u);
  cycle_->judged(good());
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  EXPECT_EQ(verdicts_.size(), 1u);
}

TEST_F(LiveCycle, ALostFrameIsReplacedByTheNext) {
  config_.judge_frames = 1;
  make();
  wait(25);
  ASSERT_TRUE(cycle_->take(frame_of(0, now_)));
  EXPECT_FALSE(cycle_->take(frame_of(1, now_)));
  cycle_->lost();
  EXPECT_TRUE(cycle_->take(frame_of(2, now_)));
  cycle_->judged(good());
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_EQ(verdicts_[0].label, 0);
}

TEST_F(LiveCycle, ARefusedFrameIsReplacedByTheNext) {
  config_.judge_frames = 1;
  make();
  wait(25);
  ASSERT_TRUE(cycle_->take(frame_of(0, now_)));
  cycle_->refused();
  ASSERT_TRUE(cycle_->take(frame_of(1, now_)));
  cycle_->judged(good());
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_EQ(verdicts_[0].frames, 1);
}

TEST_F(LiveCycle, WithoutFramesItFaultsAndThePartIsUndecided) {
  make();
  wait(80);
  EXPECT_EQ(cycle_->phase(), Phase::fault);
  ASSERT_TRUE(cycle_->fault());
  EXPECT_EQ(cycle_->fault()->text, "part 0: no frame to judge within 5 s");
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_EQ(verdicts_[0].label, -1);
}

TEST_F(LiveCycle, GoesOnWithTheNextPartWhenFramesComeAgain) {
  make();
  wait(40);
  const auto old = now_;
  wait(40);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_FALSE(cycle_->take(frame_of(0, old)));
  EXPECT_EQ(cycle_->phase(), Phase::fault);
  run(1);
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  EXPECT_FALSE(cycle_->fault());
  run(39);
  ASSERT_EQ(verdicts_.size(), 2u);
  EXPECT_EQ(verdicts_[1].part, 1);
  EXPECT_EQ(verdicts_[1].label, 0);
}

TEST_F(LiveCycle, ATableThatDoesNotListenDoesNotGoOn) {
  bool away = false;
  make(std::make_unique<LostStepper>(away));
  wait(80);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  away = true;
  run(10);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "table: controller is away");
}

TEST_F(LiveCycle, ATableThatDoesNotAnswerIsHalted) {
  auto stepper = std::make_unique<SilentStepper>();
  const auto& halts = stepper->halts;
  make(std::move(stepper));
  wait(2);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "table: no answer");
  EXPECT_EQ(halts, 1);
}

TEST_F(LiveCycle, AFaultOfTheTableStays) {
  bool away = false;
  make(std::make_unique<LostStepper>(away));
  away = true;
  run(10);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  away = false;
  run(100);
  EXPECT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(verdicts_.size(), 0u);
}

TEST_F(LiveCycle, FinishTellsThatTheTableCannotBeHalted) {
  bool away = false;
  make(std::make_unique<LostStepper>(away));
  run(1);
  away = true;
  const auto finished = cycle_->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().text, "table: controller is away");
}

TEST_F(LiveCycle, ATableThatNeverArrivesIsAFault) {
  make(std::make_unique<BrokenStepper>(false));
  wait(50);
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  wait(2);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "table: still moves after 5 s, it was halted");
  EXPECT_EQ(verdicts_.size(), 0u);
}

TEST_F(LiveCycle, ATableThatIsAwayIsAFault) {
  make(std::make_unique<BrokenStepper>(true));
  wait(1);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->code, Code::unavailable);
  EXPECT_EQ(cycle_->fault()->text, "table: controller is away");
}

TEST_F(LiveCycle, FinishHaltsTheTableAndDecidesThePart) {
  make();
  run(25);
  ASSERT_EQ(cycle_->phase(), Phase::judging);
  ASSERT_TRUE(cycle_->finish());
  EXPECT_EQ(verdicts_.size(), 1u);
  wait(50);
  EXPECT_EQ(cycle_->phase(), Phase::idle);
  EXPECT_EQ(verdicts_.size(), 1u);
}

TEST_F(LiveCycle, FinishHaltsATableThatMoves) {
  make();
  run(10);
  ASSERT_EQ(cycle_->phase(), Phase::moving);
  ASSERT_TRUE(cycle_->finish());
  EXPECT_FALSE(*stepper_->is_moving());
}

TEST_F(LiveCycle, RefusesWrongSettings) {
  const auto refused = [this](const CycleConfig& config) {
    auto stepper = *open_simulated_stepper(config_.table, [this] { return now_; });
    const auto cycle = make_live_cycle(config, std::move(stepper), [](const Verdict&) {});
    return cycle ? "" : cycle.error().text;
  };
  auto config = config_;
  config.judge_seconds = -1;
  EXPECT_EQ(refused(config), "cycle: judge_seconds -1 is outside [0, 3600]");
  config = config_;
  config.table.sections = 0;
  EXPECT_EQ(refused(config), "cycle: sections 0 is outside [1, 500], the ticks of a turn");
  config = config_;
  config.vote = "loudest";
  EXPECT_EQ(refused(config), "cycle: vote 'loudest' is not one of mean, last, batch");
}

}  // namespace
}  // namespace turnstone
