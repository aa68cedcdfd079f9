// Steps of samples gathered into windows.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// How a source cuts its samples into windows.
struct WindowConfig {
  int window = 1;   // steps
  int hop = 0;      // steps from the start of one window to that of the next; 0: as many as it has
  double rate = 0;  // steps a second; 0: nobody knows
};

// Errors: invalid when hop is larger than window, or the window is too large for `channels`.
Result<> check_windows(const WindowConfig& config, int channels);

// One thread at a time.
class WindowBuilder {
 public:
  explicit WindowBuilder(const WindowConfig& config);

  // Adds a value of each channel, taken at these times. The window that it completes, if any, with
  // those times and without name and number. A step of other channels than the one before begins
  // anew. Errors: those of check_windows.
  Result<std::optional<Frame>> add(std::span<const float> step,
                                   std::chrono::steady_clock::time_point taken,
                                   std::chrono::system_clock::time_point wall);

  // Of the windows from now on.
  void set_rate(double rate) { config_.rate = rate; }

  // Forgets the steps that have come since the last window, as where some are lost between.
  void start_over();

  // Of the last step, 0 before the first.
  int channels() const { return static_cast<int>(values_.size()); }

 private:
  WindowConfig config_;
  std::vector<std::vector<float>> values_;  // of each channel, oldest first
};

}  // namespace turnstone
