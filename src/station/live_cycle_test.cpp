#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

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

// A stepper that moves by itself as long as it is told.
class RestlessStepper final : public Stepper {
 public:
  explicit RestlessStepper(const bool& moves) : moves_(moves) {}
  Result<> move_by(int64_t) override { return {}; }
  Result<bool> is_moving() override { return moves_; }
  Result<int64_t> position() override { return 0; }
  Result<> halt() override { return {}; }

 private:
  const bool& moves_;
};

// What a sorter is to do and has been told.
struct SorterScript {
  std::vector<Action> actions;
  bool done = true;      // acknowledges
  bool refuses = false;  // what it was told
  bool away = false;     // cannot be told
};

class ScriptedSorter final : public Sorter {
 public:
  explicit ScriptedSorter(SorterScript& script) : script_(script) {}
  Result<> sort(const Action& action) override {
    if (script_.away) return fail(Code::unavailable, "it is away");
    script_.actions.push_back(action);
    return {};
  }
  Result<bool> is_done() override {
    if (script_.refuses) return fail(Code::unavailable, "it is jammed");
    return script_.done;
  }

 private:
  SorterScript& script_;
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

  std::optional<SorterScript> sorter_;
  std::vector<int> labels_;  // of the parts, in turn; then 0
  float score_ = 0.9f;
  bool keeps_ = true;  // verdicts, at once
  size_t kept_ = 0;

  void make() {
    make(*open_simulated_stepper(config_.table, [this] { return now_; }));
  }
  void make(std::unique_ptr<Stepper> stepper) {
    stepper_ = stepper.get();
    auto sorter = sorter_ ? std::make_unique<ScriptedSorter>(*sorter_) : nullptr;
    auto cycle = make_live_cycle(config_, std::move(stepper), std::move(sorter),
                                 [this](const Verdict& verdict) { verdicts_.push_back(verdict); });
    ASSERT_TRUE(cycle) << cycle.error().text;
    cycle_ = std::move(*cycle);
  }

  Scene scene() const {
    const auto part = verdicts_.size();
    const int label = part < labels_.size() ? labels_[part] : 0;
    Scene scene;
    scene.classes = {{label, score_}, {1 - label, 1 - score_}};
    return scene;
  }

  // Verdicts are kept in turn, as "Pass" and "Fail".
  void keep() {
    while (keeps_ && kept_ < verdicts_.size()) {
      const auto& verdict = verdicts_[kept_++];
      static constexpr const char* words[] = {"undecided", "Pass", "Fail"};
      cycle_->kept(Kept{verdict.part, fmt::format("id{}", verdict.part), words[verdict.label + 1],
                        verdict.score});
    }
  }

  void judge() {
    cycle_->judged(scene());
    keep();
  }

  void tick() {
    cycle_->tick(now_ += milliseconds(100));
    keep();
  }

  // One frame at each tenth of a second, answered at once.
  void run(int tenths) {
    for (int i = 0; i < tenths; ++i) {
      tick();
      if (!cycle_->take(frame_of(sequence_++, now_))) continue;
      ++answered_;
      judge();
    }
  }

  // Without frames.
  void wait(int tenths) {
    for (int i = 0; i < tenths; ++i) tick();
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
  judge();
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
  judge();
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
  judge();
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

TEST_F(LiveCycle, StaysUntilTheVerdictIsKept) {
  keeps_ = false;
  config_.judge_frames = 1;
  make();
  run(100);
  EXPECT_EQ(cycle_->phase(), Phase::sorting);
  EXPECT_EQ(verdicts_.size(), 1u);
  keeps_ = true;
  keep();
  EXPECT_EQ(cycle_->phase(), Phase::moving);
}

TEST_F(LiveCycle, AVerdictThatIsNotKeptIsAFaultThatStays) {
  keeps_ = false;
  config_.judge_frames = 1;
  make();
  run(100);
  cycle_->kept(fail(Code::unavailable, "the disk fails"));
  run(100);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "part 0: verdict not kept: the disk fails");
}

TEST_F(LiveCycle, TellsTheSorterOfEachPartWhenItsVerdictIsKept) {
  sorter_.emplace();
  labels_ = {0, 1, 0};
  config_.judge_frames = 1;
  config_.table.sections = 2;
  config_.sorter.actions = {"Pass=keep"};
  make();
  while (sorter_->actions.size() < 3) run(1);
  for (size_t i = 0; i < 3; ++i) {
    const auto& action = sorter_->actions[i];
    EXPECT_EQ(action.part, static_cast<int64_t>(i));
    EXPECT_EQ(action.id, fmt::format("id{}", i));
    EXPECT_EQ(action.section, static_cast<int64_t>(i % 2));
    EXPECT_FLOAT_EQ(static_cast<float>(action.score), 0.9f);
  }
  EXPECT_EQ(sorter_->actions[0].action, "keep");
  EXPECT_EQ(sorter_->actions[1].label, "Fail");
  EXPECT_EQ(sorter_->actions[1].action, "reject");
}

TEST_F(LiveCycle, StaysUntilThePartIsSorted) {
  sorter_.emplace().done = false;
  config_.judge_frames = 1;
  make();
  run(50);
  EXPECT_EQ(cycle_->phase(), Phase::sorting);
  sorter_->done = true;
  run(1);
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  EXPECT_EQ(sorter_->actions.size(), 1u);
}

TEST_F(LiveCycle, APartThatIsNotSortedInTimeIsAFaultUntilItIsSortedAfterAll) {
  sorter_.emplace().done = false;
  config_.judge_frames = 1;
  config_.sort_timeout_seconds = 2;
  make();
  while (sorter_->actions.empty()) run(1);
  run(19);
  EXPECT_EQ(cycle_->phase(), Phase::sorting);
  run(2);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "part 0: sorter: no acknowledgement within 2 s");
  sorter_->done = true;
  run(1);
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  EXPECT_FALSE(cycle_->fault());
  EXPECT_EQ(sorter_->actions.size(), 1u);
  EXPECT_EQ(cycle_->counters().sorted, 1);
  EXPECT_EQ(cycle_->counters().unsorted, 1);
}

TEST_F(LiveCycle, AnUnsortedPartMayBeCountedAndLeftBehind) {
  sorter_.emplace().done = false;
  config_.judge_frames = 1;
  config_.sort_timeout_seconds = 2;
  config_.unsorted = "count";
  make();
  while (sorter_->actions.size() < 3) run(1);
  EXPECT_FALSE(cycle_->fault());
  EXPECT_EQ(cycle_->counters().unsorted, 2);
  EXPECT_EQ(cycle_->counters().faults, 0);
  EXPECT_EQ(cycle_->counters().why, "part 1: sorter: no acknowledgement within 2 s");
}

TEST_F(LiveCycle, ASorterThatRefusesOrIsAwayIsAFaultThatStays) {
  for (const bool away : {false, true}) {
    sorter_.emplace().away = away;
    sorter_->refuses = !away;
    verdicts_.clear();
    kept_ = 0;
    config_.judge_frames = 1;
    make();
    run(100);
    sorter_->away = sorter_->refuses = false;
    run(100);
    ASSERT_EQ(cycle_->phase(), Phase::fault);
    EXPECT_EQ(cycle_->fault()->text,
              away ? "part 0: sorter: it is away" : "part 0: sorter: it is jammed");
  }
}

TEST_F(LiveCycle, APartWithoutFramesIsSortedToo) {
  sorter_.emplace();
  make();
  wait(80);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_TRUE(sorter_->actions.empty());
  run(1);
  ASSERT_EQ(sorter_->actions.size(), 1u);
  EXPECT_EQ(sorter_->actions[0].label, "undecided");
  EXPECT_EQ(sorter_->actions[0].action, "reject");
  EXPECT_EQ(cycle_->phase(), Phase::moving);
}

TEST_F(LiveCycle, ATableThatMovesAgainSettlesAnew) {
  bool moves = false;
  make(std::make_unique<RestlessStepper>(moves));
  wait(3);
  ASSERT_EQ(cycle_->phase(), Phase::settling);
  moves = true;
  wait(10);
  EXPECT_EQ(cycle_->phase(), Phase::settling);
  moves = false;
  wait(6);
  EXPECT_EQ(cycle_->phase(), Phase::judging);
}

TEST_F(LiveCycle, ATableThatDoesNotComeToStandIsAFault) {
  bool moves = false;
  config_.settle_timeout_seconds = 2;
  make(std::make_unique<RestlessStepper>(moves));
  wait(3);
  moves = true;
  wait(30);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "table: does not come to stand within 2 s, it was halted");
}

TEST_F(LiveCycle, EachPhaseHasATimeOutOfItsOwn) {
  config_.move_timeout_seconds = 1;
  make();
  wait(13);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "table: still moves after 1 s, it was halted");
  config_.move_timeout_seconds = 0;
  config_.judge_timeout_seconds = 1;
  make();
  wait(32);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "part 0: no frame to judge within 1 s");
}

TEST_F(LiveCycle, AModelThatDoesNotAnswerIsAFaultUntilItDoes) {
  sorter_.emplace();
  make();
  wait(25);
  ASSERT_TRUE(cycle_->take(frame_of(sequence_++, now_)));
  wait(51);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "part 0: no answer of the model within 5 s");
  EXPECT_EQ(verdicts_.size(), 0u);
  EXPECT_FALSE(cycle_->take(frame_of(sequence_++, now_)));
  EXPECT_EQ(cycle_->phase(), Phase::sorting);
  judge();
  EXPECT_EQ(cycle_->phase(), Phase::moving);
  ASSERT_EQ(sorter_->actions.size(), 1u);
  EXPECT_EQ(sorter_->actions[0].label, "Pass");
}

TEST_F(LiveCycle, ADoubtfulPartIsJudgedAgain) {
  config_.judge_frames = 2;
  config_.reinspections = 2;
  config_.reinspect_below = 0.8;
  score_ = 0.6f;
  make();
  while (answered_ < 2) run(1);
  EXPECT_EQ(verdicts_.size(), 0u);
  score_ = 0.95f;
  run(2);
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_EQ(verdicts_[0].inspections, 2);
  EXPECT_EQ(verdicts_[0].frames, 2);
  EXPECT_FLOAT_EQ(verdicts_[0].score, 0.95f);
}

TEST_F(LiveCycle, APartThatStaysDoubtfulGetsTheLastVerdict) {
  config_.judge_frames = 1;
  config_.reinspections = 2;
  config_.reinspect_below = 0.8;
  score_ = 0.6f;
  make();
  while (verdicts_.empty()) run(1);
  EXPECT_EQ(verdicts_[0].inspections, 3);
  EXPECT_EQ(answered_, 3);
}

TEST_F(LiveCycle, AnUndecidedPartIsJudgedAgain) {
  config_.judge_frames = 1;
  config_.reinspections = 1;
  make();
  wait(25);
  ASSERT_TRUE(cycle_->take(frame_of(sequence_++, now_)));
  cycle_->judged({});
  EXPECT_EQ(verdicts_.size(), 0u);
  run(1);
  ASSERT_EQ(verdicts_.size(), 1u);
  EXPECT_EQ(verdicts_[0].label, 0);
  EXPECT_EQ(verdicts_[0].inspections, 2);
}

TEST_F(LiveCycle, StopsAfterPartsInARowThatFail) {
  sorter_.emplace();
  labels_ = {1, 1, 0, 1, 1, 1, 1};
  config_.judge_frames = 1;
  config_.stop_after_fails = 3;
  make();
  run(400);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text, "the line stops after 3 parts in a row that are Fail");
  EXPECT_EQ(verdicts_.size(), 6u);
  EXPECT_EQ(sorter_->actions.size(), 6u);
}

TEST_F(LiveCycle, StopsAfterFaultsThatWouldEndByThemselves) {
  config_.stop_after_faults = 2;
  make();
  wait(80);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  run(1);
  ASSERT_EQ(cycle_->phase(), Phase::moving);
  wait(80);
  run(10);
  ASSERT_EQ(cycle_->phase(), Phase::fault);
  EXPECT_EQ(cycle_->fault()->text,
            "part 1: no frame to judge within 5 s; the line stops after 2 faults");
}

TEST_F(LiveCycle, RefusesWrongSettings) {
  const auto refused = [this](const CycleConfig& config) {
    auto stepper = *open_simulated_stepper(config_.table, [this] { return now_; });
    const auto cycle = make_live_cycle(config, std::move(stepper), nullptr, [](const Verdict&) {});
    return cycle ? "" : cycle.error().text;
  };
  auto config = config_;
  config.judge_seconds = -1;
  EXPECT_EQ(refused(config), "cycle: judge_seconds -1 is outside [0, 3600]");
  config = config_;
  config.table.sections = 0;
  EXPECT_EQ(refused(config), "cycle: sections 0 is outside [1, 500], the ticks of a turn");
  config = config_;
  config.sort_timeout_seconds = -1;
  EXPECT_EQ(refused(config), "cycle: sort_timeout_seconds -1 is outside [0, 3600]");
  config = config_;
  config.stop_after_fails = -1;
  EXPECT_EQ(refused(config), "cycle: stop_after_fails -1 is negative");
  config = config_;
  config.sorter.actions = {"Pass"};
  EXPECT_EQ(refused(config), "cycle: actions: 'Pass' is not LABEL=ACTION");
  config.sorter.actions = {"Pass=keep", "Pass=reject"};
  EXPECT_EQ(refused(config), "cycle: actions: label 'Pass' stands twice");
  config = config_;
  config.vote = "loudest";
  EXPECT_EQ(refused(config), "cycle: vote 'loudest' is not one of mean, last, batch");
}

}  // namespace
}  // namespace turnstone
