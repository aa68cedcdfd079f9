// Windows of samples: the frames of sensors and microphones.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// The most that a window may have; values are channels times steps.
inline constexpr int most_channels = 256;
inline constexpr int most_steps = 1 << 20;
inline constexpr int64_t most_values = int64_t{1} << 23;

// Errors: invalid when there are none, or too many.
Result<> check_window_size(int64_t channels, int64_t steps);

// A frame of `values`, the steps of the first channel before those of the second. `rate` is in
// steps a second, 0: nobody knows. Times are now, all other fields empty. There must be a whole
// number of steps, within the limits.
Frame make_samples(std::vector<float> values, int channels, double rate);

// The steps of one channel of a window.
std::span<const float> channel_of(const Frame& window, int channel);

}  // namespace turnstone
