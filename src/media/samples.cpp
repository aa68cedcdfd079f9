#include "media/samples.h"

namespace turnstone {

Result<> check_window_size(int64_t channels, int64_t steps) {
  if (channels < 1 || channels > most_channels || steps < 1 || steps > most_steps ||
      channels * steps > most_values)
    return fail(Code::invalid,
                "window of {} channels and {} steps is outside 1..{} channels, 1..{} steps and {} "
                "values",
                channels, steps, most_channels, most_steps, most_values);
  return {};
}

Frame make_samples(std::vector<float> values, int channels, double rate) {
  const auto count = static_cast<int64_t>(values.size());
  CHECK(channels > 0 && count % channels == 0 && check_window_size(channels, count / channels));
  const auto owner = std::make_shared<const std::vector<float>>(std::move(values));
  Frame frame;
  frame.format = PixelFormat::f32;
  frame.width = static_cast<int>(count / channels);
  frame.height = channels;
  frame.planes[0] = {reinterpret_cast<const uint8_t*>(owner->data()),
                     frame.width * int64_t{sizeof(float)}};
  frame.owner = owner;
  frame.rate = rate;
  frame.taken = std::chrono::steady_clock::now();
  frame.wall = std::chrono::system_clock::now();
  return frame;
}

std::span<const float> channel_of(const Frame& window, int channel) {
  CHECK(window.format == PixelFormat::f32 && channel >= 0 && channel < window.height);
  const auto& plane = window.planes[0];
  return {reinterpret_cast<const float*>(plane.data + channel * plane.stride),
          static_cast<size_t>(window.width)};
}

}  // namespace turnstone
