// Where a box will be: a Kalman filter of constant velocity, as SORT and ByteTrack have it.
#pragma once

#include <array>

namespace turnstone {

// A box as it is filtered. One unit across and down: the height of the picture.
struct BoxState {
  double x = 0, y = 0;  // centre
  double aspect = 0;    // width / height
  double height = 0;
};

// Centre, aspect and height with their velocities in units a frame. The noise of each is
// independent of the others', so that eight states fall into four filters of two.
class Motion {
 public:
  // At rest.
  explicit Motion(const BoxState& seen);

  // One frame on; the height of what is lost stays as it is.
  void predict(bool is_lost);

  // Takes in what was seen.
  void correct(const BoxState& seen);

  BoxState shape() const { return {axes_[0].at, axes_[1].at, axes_[2].at, axes_[3].at}; }

 private:
  // Position and velocity, and their covariance.
  struct Axis {
    double at = 0, velocity = 0;
    double variance = 0, covariance = 0, velocity_variance = 0;
  };
  std::array<Axis, 4> axes_;  // in the order of BoxState
};

}  // namespace turnstone
