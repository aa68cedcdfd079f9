#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/text.h"
#include "station/part_queue.h"

namespace turnstone {
namespace {

using Seconds = std::chrono::duration<double>;

class LiveCycle final : public Cycle {
 public:
  LiveCycle(const CycleConfig& config, Voting voting, Actions actions,
            std::unique_ptr<Stepper> stepper, std::unique_ptr<Sorter> sorter, Decided decided)
      : config_(config),
        actions_(std::move(actions)),
        stepper_(std::move(stepper)),
        sorter_(std::move(sorter)),
        parts_(voting, std::move(decided)) {}

  bool take(const Frame& frame) override {
    advance(frame.taken);
    if (cure_ == Cure::frame && frame.taken >= since_) go_on();
    if (phase_ != Phase::judging || frame.taken < since_ || is_enough()) return false;
    parts_.take(frame);
    heard_ = now_;
    return true;
  }

  void judged(const Scene& scene) override {
    parts_.judged(scene);
    heard_ = now_;
    advance(now_);
  }

  void lost() override {
    parts_.lost();
    advance(now_);
  }

  void refused() override {
    parts_.take_back();
    advance(now_);
  }

  void kept(Result<Kept> kept) override {
    kept_ = std::move(kept);
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
  const CycleCounters& counters() const override { return counters_; }

 private:
  // What ends a fault.
  enum class Cure { none, frame, acknowledgement };

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
      case Phase::sorting:
        return sort();
      case Phase::fault:
        return watch_sorter();
    }
  }

  Seconds elapsed() const { return now_ - since_; }
  double limit(double own) const { return own > 0 ? own : config_.timeout_seconds; }

  void enter(Phase phase, Time since) {
    phase_ = phase;
    entered_ = since_ = heard_ = since;
  }

  void fail_with(Error error, Cure cure = Cure::none) {
    if (parts_.is_open()) parts_.close();
    ++counters_.faults;
    if (cure != Cure::none && config_.stop_after_faults > 0 &&
        counters_.faults >= config_.stop_after_faults) {
      std::ignore = stepper_->halt();
      error.text += fmt::format("; the line stops after {} faults", counters_.faults);
      cure = Cure::none;
    }
    cure_ = cure;
    fault_ = std::move(error);
    enter(Phase::fault, now_);
  }

  void end_fault() {
    cure_ = Cure::none;
    fault_.reset();
  }

  // Ends the fault of a part without frames, which is then sorted as others are.
  void go_on() {
    end_fault();
    if (auto halted = stepper_->halt(); !halted)
      return fail_with(std::move(halted).error().in("table"));
    enter(Phase::sorting, now_);
    advance(now_);
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

  // Nothing where the table does not answer: then the phase is `fault`.
  std::optional<bool> ask_motion() {
    auto moving = stepper_->is_moving();
    if (moving) return *moving;
    // Perhaps it still listens.
    std::ignore = stepper_->halt();
    fail_with(std::move(moving).error().in("table"));
    return {};
  }

  void watch_motion() {
    const auto moving = ask_motion();
    if (!moving) return;
    if (!*moving) {
      ++sections_;
      return enter(Phase::settling, now_);
    }
    if (elapsed() >= Seconds(limit(config_.move_timeout_seconds)))
      halt_with(fmt::format("still moves after {} s", limit(config_.move_timeout_seconds)));
  }

  void halt_with(const std::string& why) {
    const auto halted = stepper_->halt();
    fail_with({Code::unavailable, fmt::format("table: {}, it was {}", why,
                                              halted ? "halted" : "not possible to halt it")});
  }

  // A table that moves again by itself settles anew.
  void settle() {
    const Seconds settle(config_.settle_seconds);
    if (elapsed() < settle) return;
    const auto moving = ask_motion();
    if (!moving) return;
    if (*moving) {
      const auto most = limit(config_.settle_timeout_seconds);
      if (now_ - entered_ >= Seconds(most))
        return halt_with(fmt::format("does not come to stand within {} s", most));
      since_ = now_;
      return;
    }
    parts_.open();
    kept_.reset();
    told_ = false;
    enter(Phase::judging, since_ + std::chrono::duration_cast<Time::duration>(settle));
  }

  bool is_enough() const {
    if (config_.judge_frames > 0 && parts_.frames() >= config_.judge_frames) return true;
    return parts_.frames() > 0 && elapsed() >= Seconds(config_.judge_seconds);
  }

  bool is_to_be_judged_again() const {
    const auto verdict = parts_.verdict();
    if (verdict.inspections > config_.reinspections) return false;
    return verdict.label < 0 || verdict.score < config_.reinspect_below;
  }

  void end_judging() {
    const bool waits = parts_.waiting() > 0;
    if (!waits && is_enough()) {
      if (is_to_be_judged_again()) {
        parts_.inspect_again();
        return enter(Phase::judging, now_);
      }
      parts_.close();
      return enter(Phase::sorting, now_);
    }
    const auto most = limit(config_.judge_timeout_seconds);
    if ((!waits && parts_.frames() > 0) || now_ - heard_ < Seconds(most)) return;
    fail_with(
        {Code::unavailable, fmt::format("part {}: no {} within {} s", sections_ - 1,
                                        waits ? "answer of the model" : "frame to judge", most)},
        Cure::frame);
  }

  Action action_of(const Kept& kept) const {
    return {.id = kept.id,
            .part = kept.part,
            .section = kept.part % config_.table.sections,
            .label = kept.label,
            .score = kept.score,
            .action = actions_.action_of(kept.label)};
  }

  void sort() {
    if (!kept_) return;
    if (!*kept_)
      return fail_with(
          Error(kept_->error()).in(fmt::format("part {}: verdict not kept", sections_ - 1)));
    if (!sorter_) return end_part();
    if (!told_) {
      told_ = true;
      since_ = now_;
      if (auto sent = sorter_->sort(action_of(**kept_)); !sent)
        return leave_unsorted(std::move(sent).error());
    }
    auto done = sorter_->is_done();
    if (!done) return leave_unsorted(std::move(done).error());
    if (*done) return end_sorting();
    const auto most = limit(config_.sort_timeout_seconds);
    if (elapsed() < Seconds(most)) return;
    leave_unsorted({Code::unavailable, fmt::format("no acknowledgement within {} s", most)},
                   Cure::acknowledgement);
  }

  // Why the part is not sorted, with its number.
  Error note_unsorted(Error error) {
    error = std::move(error).in(fmt::format("part {}: sorter", (*kept_)->part));
    counters_.why = error.text;
    return error;
  }

  void leave_unsorted(Error error, Cure cure = Cure::none) {
    error = note_unsorted(std::move(error));
    ++counters_.unsorted;
    config_.unsorted == "count" ? end_part() : fail_with(std::move(error), cure);
  }

  // Ends the fault of a part that was not sorted in time.
  void watch_sorter() {
    if (cure_ != Cure::acknowledgement) return;
    const auto done = sorter_->is_done();
    if (!done) {
      cure_ = Cure::none;
      fault_ = note_unsorted(done.error());
    }
    if (!done || !*done) return;
    end_fault();
    end_sorting();
  }

  void end_sorting() {
    ++counters_.sorted;
    end_part();
  }

  void end_part() {
    const bool fails = std::ranges::count(config_.stop_labels, (*kept_)->label) > 0;
    fails_ = fails ? fails_ + 1 : 0;
    if (config_.stop_after_fails == 0 || fails_ < config_.stop_after_fails) return move();
    std::ignore = stepper_->halt();
    fail_with({Code::unavailable, fmt::format("the line stops after {} parts in a row that are {}",
                                              fails_, join(config_.stop_labels, " or "))});
  }

  CycleConfig config_;
  Actions actions_;
  std::unique_ptr<Stepper> stepper_;
  std::unique_ptr<Sorter> sorter_;
  PartQueue parts_;
  Phase phase_ = Phase::idle;
  std::optional<Error> fault_;
  Cure cure_ = Cure::none;  // of the fault
  CycleCounters counters_;
  Time now_ = {};
  Time entered_ = {};                 // when the phase began
  Time since_ = {};                   // what is waited for in it is waited for since then
  Time heard_ = {};                   // when a frame of the part was last taken or answered
  std::optional<int64_t> origin_;     // ticks at the first move
  int64_t sections_ = 0;              // reached since
  std::optional<Result<Kept>> kept_;  // the part's verdict
  bool told_ = false;                 // to the sorter
  int fails_ = 0;                     // parts in a row
  bool finished_ = false;
};

Result<> check_seconds(const char* what, double value, double least) {
  if (value >= least && value <= 3600) return {};
  return fail(Code::invalid, "{} {} is outside [{}, 3600]", what, value, least);
}

Result<> check_count(const char* what, int value) {
  if (value >= 0) return {};
  return fail(Code::invalid, "{} {} is negative", what, value);
}

Result<> check_live(const CycleConfig& config) {
  TRY(check_seconds("settle_seconds", config.settle_seconds, 0));
  TRY(check_seconds("judge_seconds", config.judge_seconds, 0));
  TRY(check_seconds("timeout_seconds", config.timeout_seconds, 0.001));
  TRY(check_seconds("move_timeout_seconds", config.move_timeout_seconds, 0));
  TRY(check_seconds("settle_timeout_seconds", config.settle_timeout_seconds, 0));
  TRY(check_seconds("judge_timeout_seconds", config.judge_timeout_seconds, 0));
  TRY(check_seconds("sort_timeout_seconds", config.sort_timeout_seconds, 0));
  TRY(check_count("judge_frames", config.judge_frames));
  TRY(check_count("reinspections", config.reinspections));
  TRY(check_count("stop_after_fails", config.stop_after_fails));
  TRY(check_count("stop_after_faults", config.stop_after_faults));
  const auto& table = config.table;
  if (table.sections < 1 || table.sections > table.ticks_per_turn)
    return fail(Code::invalid, "sections {} is outside [1, {}], the ticks of a turn",
                table.sections, table.ticks_per_turn);
  return {};
}

}  // namespace

Result<std::unique_ptr<Cycle>> make_live_cycle(const CycleConfig& config,
                                               std::unique_ptr<Stepper> stepper,
                                               std::unique_ptr<Sorter> sorter,
                                               Cycle::Decided decided) {
  TRY(check_live(config), "cycle");
  const auto voting = TRY(parse_voting(config.vote), "cycle");
  auto actions = TRY(Actions::make(config.sorter), "cycle");
  return std::make_unique<LiveCycle>(config, voting, std::move(actions), std::move(stepper),
                                     std::move(sorter), std::move(decided));
}

}  // namespace turnstone
