#include <algorithm>
#include <cmath>
#include <tuple>

#include "station/part_queue.h"

namespace turnstone {
namespace {

using Seconds = std::chrono::duration<double>;

class LiveCycle final : public Cycle {
 public:
  LiveCycle(const CycleConfig& config, Voting voting, std::unique_ptr<Stepper> stepper,
            Decided decided)
      : config_(config), stepper_(std::move(stepper)), parts_(voting, std::move(decided)) {}

  bool take(const Frame& frame) override {
    advance(frame.taken);
    if (lacks_frames_ && frame.taken >= since_) go_on();
    if (phase_ != Phase::judging || frame.taken < since_ || is_enough()) return false;
    parts_.take(frame);
    ++taken_;
    return true;
  }

  void judged(const Scene& scene) override {
    parts_.judged(scene);
    advance(now_);
  }

  void lost() override {
    parts_.lost();
    --taken_;
    advance(now_);
  }

  void refused() override {
    parts_.take_back();
    --taken_;
    advance(now_);
  }

  void tick(Time now) override { advance(now); }

  Result<> finish() override {
    if (parts_.is_open()) parts_.close();
    phase_ = Phase::idle;
    finished_ = true;
    TRY(stepper_->halt(), "table");
    return {};
  }

  Phase phase() const override { return phase_; }
  const std::optional<Error>& fault() const override { return fault_; }

 private:
  // Goes as far as the time allows; frames and ticks may tell times out of order.
  void advance(Time now) {
    now_ = std::max(now_, now);
    for (bool changed = !finished_; changed;) {
      const auto before = phase_;
      step();
      changed = phase_ != before;
    }
  }

  void step() {
    switch (phase_) {
      case Phase::idle:
        return move();
      case Phase::moving:
        return watch_motion();
      case Phase::settling:
        return settle();
      case Phase::judging:
        return end_judging();
      case Phase::fault:
        return;
    }
  }

  Seconds elapsed() const { return now_ - since_; }

  void enter(Phase phase, Time since) {
    phase_ = phase;
    since_ = since;
  }

  void fail_with(Error error) {
    if (parts_.is_open()) parts_.close();
    fault_ = std::move(error);
    enter(Phase::fault, now_);
  }

  // Ends the fault of a part without frames.
  void go_on() {
    lacks_frames_ = false;
    if (auto halted = stepper_->halt(); !halted)
      return fail_with(std::move(halted).error().in("table"));
    fault_.reset();
    move();
  }

  // Sections are reached from the first position, not from the last: what rounding loses in one
  // move does not add up.
  Result<> start_motion() {
    if (!origin_) origin_ = TRY(stepper_->position());
    const double ticks = static_cast<double>(config_.table.ticks_per_turn);
    const auto target = *origin_ + std::llround(ticks * static_cast<double>(sections_ + 1) /
                                                config_.table.sections);
    return stepper_->move_by(target - TRY(stepper_->position()));
  }

  void move() {
    if (auto started = start_motion(); !started)
      return fail_with(std::move(started).error().in("table"));
    enter(Phase::moving, now_);
  }

  void watch_motion() {
    auto moving = stepper_->is_moving();
    if (!moving) {
      // Perhaps it still listens.
      std::ignore = stepper_->halt();
      return fail_with(std::move(moving).error().in("table"));
    }
    if (!*moving) {
      ++sections_;
      return enter(Phase::settling, now_);
    }
    if (elapsed() < Seconds(config_.timeout_seconds)) return;
    const auto halted = stepper_->halt();
    fail_with({Code::unavailable,
               fmt::format("table: still moves after {} s, it was {}", config_.timeout_seconds,
                           halted ? "halted" : "not possible to halt it")});
  }

  void settle() {
    const Seconds settle(config_.settle_seconds);
    if (elapsed() < settle) return;
    taken_ = 0;
    parts_.open();
    enter(Phase::judging, since_ + std::chrono::duration_cast<Time::duration>(settle));
  }

  bool is_enough() const {
    if (config_.judge_frames > 0 && taken_ >= config_.judge_frames) return true;
    return taken_ > 0 && elapsed() >= Seconds(config_.judge_seconds);
  }

  void end_judging() {
    if (parts_.waiting() > 0) return;
    if (is_enough()) {
      parts_.close();
      return move();
    }
    if (taken_ > 0 || elapsed() < Seconds(config_.timeout_seconds)) return;
    fail_with({Code::unavailable, fmt::format("part {}: no frame to judge within {} s",
                                              sections_ - 1, config_.timeout_seconds)});
    lacks_frames_ = true;
  }

  CycleConfig config_;
  std::unique_ptr<Stepper> stepper_;
  PartQueue parts_;
  Phase phase_ = Phase::idle;
  std::optional<Error> fault_;
  bool lacks_frames_ = false;  // the fault ends with a frame
  Time now_ = {};
  Time since_ = {};                // when the phase began
  std::optional<int64_t> origin_;  // ticks at the first move
  int64_t sections_ = 0;           // reached since
  int taken_ = 0;                  // frames of the part that were or will be judged
  bool finished_ = false;
};

Result<> check_seconds(const char* what, double value, double least) {
  if (value >= least && value <= 3600) return {};
  return fail(Code::invalid, "{} {} is outside [{}, 3600]", what, value, least);
}

Result<> check_live(const CycleConfig& config) {
  TRY(check_seconds("settle_seconds", config.settle_seconds, 0));
  TRY(check_seconds("judge_seconds", config.judge_seconds, 0));
  TRY(check_seconds("timeout_seconds", config.timeout_seconds, 0.001));
  if (config.judge_frames < 0)
    return fail(Code::invalid, "judge_frames {} is negative, 0 is no limit", config.judge_frames);
  const auto& table = config.table;
  if (table.sections < 1 || table.sections > table.ticks_per_turn)
    return fail(Code::invalid, "sections {} is outside [1, {}], the ticks of a turn",
                table.sections, table.ticks_per_turn);
  return {};
}

}  // namespace

Result<std::unique_ptr<Cycle>> make_live_cycle(const CycleConfig& config,
                                               std::unique_ptr<Stepper> stepper,
                                               Cycle::Decided decided) {
  TRY(check_live(config), "cycle");
  const auto voting = TRY(parse_voting(config.vote), "cycle");
  return std::make_unique<LiveCycle>(config, voting, std::move(stepper), std::move(decided));
}

}  // namespace turnstone
