#include "station/sorter.h"

namespace turnstone {
namespace {

class SimulatedSorter final : public Sorter {
 public:
  SimulatedSorter(const SorterConfig& config, Clock clock)
      : config_(config), clock_(std::move(clock)), told_(clock_()) {}

  Result<> sort(const Action&) override {
    told_ = clock_();
    ++actions_;
    return {};
  }

  Result<bool> is_done() override {
    if (is_one_in(config_.refuse_every)) return fail(Code::unavailable, "refused");
    const double late = is_one_in(config_.late_every) ? config_.late_seconds : 0;
    return clock_() - told_ >= std::chrono::duration<double>(config_.answer_seconds + late);
  }

 private:
  bool is_one_in(int many) const { return many > 0 && actions_ % many == 0; }

  SorterConfig config_;
  Clock clock_;
  std::chrono::steady_clock::time_point told_;
  int64_t actions_ = 0;
};

}  // namespace

std::unique_ptr<Sorter> open_simulated_sorter(const SorterConfig& config, Clock clock) {
  return std::make_unique<SimulatedSorter>(config, std::move(clock));
}

}  // namespace turnstone
