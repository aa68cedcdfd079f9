#include "station/part_queue.h"

namespace turnstone {
namespace {

class RecordedCycle final : public Cycle {
 public:
  RecordedCycle(Stops stops, Voting voting, Decided decided)
      : stops_(std::move(stops)), parts_(voting, std::move(decided)) {}

  bool take(const Frame& frame) override {
    last_ = frame.sequence;
    while (next_ < stops_.size() && has_passed(stops_[next_], frame.sequence)) pass();
    phase_ = parts_.is_open() ? Phase::judging : Phase::moving;
    if (parts_.is_open()) parts_.take(frame);
    return parts_.is_open();
  }

  void judged(const Scene& scene) override { parts_.judged(scene); }
  void lost() override { parts_.lost(); }
  void refused() override { parts_.take_back(); }
  void kept(Result<Kept>) override {}
  void tick(Time) override {}

  Result<> finish() override {
    if (parts_.is_open()) parts_.close();
    if (!stops_.empty() && last_ < stops_.back()) fault_ = cut_short();
    counters_.faults = fault_ ? 1 : 0;
    phase_ = fault_ ? Phase::fault : Phase::idle;
    return {};
  }

  Phase phase() const override { return phase_; }
  const std::optional<Error>& fault() const override { return fault_; }
  const CycleCounters& counters() const override { return counters_; }

 private:
  // The frame at which a part begins to stand shows it, and so does the one at which it begins to
  // move.
  bool has_passed(int64_t stop, int64_t sequence) const {
    return next_ % 2 == 0 ? sequence >= stop : sequence > stop;
  }

  // The recording is not the one that the stops belong to, or a part of it.
  Error cut_short() const {
    size_t whole = 0;
    while (2 * whole + 1 < stops_.size() && stops_[2 * whole + 1] <= last_) ++whole;
    return {Code::invalid,
            fmt::format("the frames end at {} and the stops at {}: {} of {} parts were "
                        "seen whole",
                        last_, stops_.back(), whole, (stops_.size() + 1) / 2)};
  }

  void pass() { next_++ % 2 == 0 ? parts_.open() : parts_.close(); }

  Stops stops_;
  size_t next_ = 0;  // stop that is not yet passed
  PartQueue parts_;
  int64_t last_ = -1;  // frame that was taken last
  Phase phase_ = Phase::idle;
  std::optional<Error> fault_;  // known at the end
  CycleCounters counters_;
};

}  // namespace

std::unique_ptr<Cycle> make_recorded_cycle(Stops stops, Voting voting, Cycle::Decided decided) {
  return std::make_unique<RecordedCycle>(std::move(stops), voting, std::move(decided));
}

}  // namespace turnstone
