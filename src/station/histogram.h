// How often something took how long, in fixed steps from a tenth of a millisecond to ten seconds.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace turnstone {

// Thread-safe; nobody waits.
class Histogram {
 public:
  // Upper ends of the steps in seconds, included; what is longer than the last is counted beyond.
  static constexpr std::array bounds_s = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                          0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                          1.0,    2.5,     5.0,    10.0};

  // It took so long once more.
  void add(std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto step = std::ranges::lower_bound(bounds_s, seconds) - bounds_s.begin();
    counts_[static_cast<size_t>(step)].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(took.count(), std::memory_order_relaxed);
  }

  struct Look {
    std::array<int64_t, bounds_s.size() + 1> counts = {};  // of each step alone, then beyond
    int64_t count = 0;                                     // of all
    double sum_s = 0;
  };
  // The counts at this moment; what is added meanwhile may be in some of them.
  Look look() const {
    Look look;
    for (size_t i = 0; i < counts_.size(); ++i) {
      look.counts[i] = counts_[i].load(std::memory_order_relaxed);
      look.count += look.counts[i];
    }
    look.sum_s = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) / 1e9;
    return look;
  }

 private:
  std::array<std::atomic<int64_t>, bounds_s.size() + 1> counts_ = {};
  std::atomic<int64_t> sum_ns_{0};
};

}  // namespace turnstone
