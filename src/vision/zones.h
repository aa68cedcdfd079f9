// What tracks do in parts of the picture: how long they stay in an area, and when they cross a
// line.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <vector>

#include "base/result.h"
#include "vision/scene.h"

namespace turnstone {

// A track stands where the middle of its box's lower edge is, or where the middle of the box is.
enum class Foothold { foot, centre };

// Where the box stands.
Point point_of(const Box& box, Foothold foothold);

// For how long a track that is not seen is still where it was.
inline constexpr std::chrono::milliseconds default_patience{2000};

// An area with the tracks that are in it. One thread at a time.
class Zone {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // One visit.
  struct Stay {
    int track = -1;
    Time since, seen;  // the first and the last frame in the zone
    std::chrono::nanoseconds dwell() const { return seen - since; }
  };

  // Takes the frame that was taken at `taken`; times do not fall. Detections without a track do not
  // count. A stay ends when its track is seen outside, or has not been seen for the patience.
  void update(std::span<const Detection> detections, Time taken);

  // Tracks that are in the zone, by number, and those whose stay the last update ended.
  const std::vector<Stay>& stays() const { return stays_; }
  const std::vector<Stay>& ended() const { return ended_; }

  // Whether a point lies in the polygon, even-odd.
  bool contains(Point point) const;

 private:
  friend Result<Zone> make_zone(std::vector<Point>, Foothold, std::chrono::milliseconds);
  std::vector<Point> corners_;
  Foothold foothold_ = Foothold::foot;
  std::chrono::milliseconds patience_ = default_patience;
  std::vector<Stay> stays_, ended_;
};

// The zone within a polygon in fractions of the picture. Errors: invalid for fewer than 3 corners,
// more than 100, corners that are not finite, and a negative patience.
Result<Zone> make_zone(std::vector<Point> corners, Foothold foothold = Foothold::foot,
                       std::chrono::milliseconds patience = default_patience);

// A line with the tracks that have crossed it. To the right is the right hand of who walks along
// it. One thread at a time.
class Gate {
 public:
  using Time = std::chrono::steady_clock::time_point;

  using Crossing = GateSeen::Crossing;

  // As for Zone. A track crosses when it comes to stand on the other side, and the way there from
  // where it stood before cuts the line; on the line itself it is still on the side it came from.
  void update(std::span<const Detection> detections, Time taken);

  // What the last update found, in the order of the detections, and how many there were in all.
  const std::vector<Crossing>& crossings() const { return crossings_; }
  int64_t count_to_right() const { return to_right_; }
  int64_t count_to_left() const { return to_left_; }

 private:
  friend Result<Gate> make_gate(Point, Point, Foothold, std::chrono::milliseconds);
  struct Stand {
    Point point;  // the last one beside the line
    Time seen;
  };
  double side(Point point) const;
  bool cuts(Point before, Point after) const;

  Point from_, to_;
  Foothold foothold_ = Foothold::foot;
  std::chrono::milliseconds patience_ = default_patience;
  std::map<int, Stand> stands_;  // by track
  std::vector<Crossing> crossings_;
  int64_t to_right_ = 0, to_left_ = 0;
};

// The line between two points in fractions of the picture. Errors: invalid for points that are not
// finite or the same, and a negative patience.
Result<Gate> make_gate(Point from, Point to, Foothold foothold = Foothold::foot,
                       std::chrono::milliseconds patience = default_patience);

}  // namespace turnstone
