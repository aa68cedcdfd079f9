#include "station/window_builder.h"

#include "media/samples.h"

namespace turnstone {

Result<> check_windows(const WindowConfig& config, int channels) {
  if (config.hop < 0 || config.hop > config.window)
    return fail(Code::invalid, "hop {} is outside [0, {}], the steps of the window", config.hop,
                config.window);
  return check_window_size(channels, config.window);
}

WindowBuilder::WindowBuilder(const WindowConfig& config) : config_(config) {
  if (config_.hop == 0) config_.hop = config_.window;
}

Result<std::optional<Frame>> WindowBuilder::add(std::span<const float> step,
                                                std::chrono::steady_clock::time_point taken,
                                                std::chrono::system_clock::time_point wall) {
  if (step.size() != values_.size()) {
    TRY(check_windows(config_, static_cast<int>(step.size())));
    values_.assign(step.size(), {});
  }
  for (size_t channel = 0; channel < values_.size(); ++channel)
    values_[channel].push_back(step[channel]);
  if (std::cmp_less(values_[0].size(), config_.window)) return std::nullopt;
  std::vector<float> all;
  all.reserve(values_.size() * values_[0].size());
  for (auto& channel : values_) {
    all.insert(all.end(), channel.begin(), channel.end());
    channel.erase(channel.begin(), channel.begin() + config_.hop);
  }
  auto window = make_samples(std::move(all), channels(), config_.rate);
  window.taken = taken;
  window.wall = wall;
  return window;
}

void WindowBuilder::start_over() {
  for (auto& channel : values_) channel.clear();
}

}  // namespace turnstone
