#include "vision/motion.h"

#include <cstddef>

namespace turnstone {
namespace {

constexpr size_t aspect_axis = 2;
constexpr size_t height_axis = 3;

// Standard deviations: of positions and velocities in heights of the box, of the aspect as it is.
constexpr double position_share = 1.0 / 20;
constexpr double velocity_share = 1.0 / 160;
constexpr double aspect_deviation = 1e-2;
constexpr double aspect_velocity_deviation = 1e-5;
constexpr double aspect_seen_deviation = 1e-1;

constexpr double squared(double value) { return value * value; }

}  // namespace

Motion::Motion(const BoxState& seen) {
  const std::array<double, 4> values = {seen.x, seen.y, seen.aspect, seen.height};
  for (size_t k = 0; k < axes_.size(); ++k) {
    const bool is_aspect = k == aspect_axis;
    axes_[k].at = values[k];
    axes_[k].variance = squared(is_aspect ? aspect_deviation : 2 * position_share * seen.height);
    axes_[k].velocity_variance =
        squared(is_aspect ? aspect_velocity_deviation : 10 * velocity_share * seen.height);
  }
}

void Motion::predict(bool is_lost) {
  const double height = axes_[height_axis].at;
  if (is_lost) axes_[height_axis].velocity = 0;
  for (size_t k = 0; k < axes_.size(); ++k) {
    auto& axis = axes_[k];
    const bool is_aspect = k == aspect_axis;
    axis.at += axis.velocity;
    axis.variance += 2 * axis.covariance + axis.velocity_variance +
                     squared(is_aspect ? aspect_deviation : position_share * height);
    axis.covariance += axis.velocity_variance;
    axis.velocity_variance +=
        squared(is_aspect ? aspect_velocity_deviation : velocity_share * height);
  }
}

void Motion::correct(const BoxState& seen) {
  const std::array<double, 4> values = {seen.x, seen.y, seen.aspect, seen.height};
  const double height = axes_[height_axis].at;
  for (size_t k = 0; k < axes_.size(); ++k) {
    auto& axis = axes_[k];
    const double noise =
        squared(k == aspect_axis ? aspect_seen_deviation : position_share * height);
    const double total = axis.variance + noise;
    const double gain = axis.variance / total;
    const double velocity_gain = axis.covariance / total;
    const double surprise = values[k] - axis.at;
    axis.at += gain * surprise;
    axis.velocity += velocity_gain * surprise;
    axis.velocity_variance -= velocity_gain * axis.covariance;
    axis.covariance -= velocity_gain * axis.variance;
    axis.variance -= gain * axis.variance;
  }
}

}  // namespace turnstone
