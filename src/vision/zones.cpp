#include "vision/zones.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace turnstone {
namespace {

constexpr size_t most_corners = 100;

bool is_finite(Point point) { return std::isfinite(point.x) && std::isfinite(point.y); }

Result<> check_patience(std::chrono::milliseconds patience) {
  if (patience.count() < 0)
    return fail(Code::invalid, "patience {} ms is wrong, legal is 0 and more", patience.count());
  return {};
}

// On which side of the line through `from` and `to` a point lies: above 0 on the right.
double side_of(Point from, Point to, Point point) {
  return (double{to.x} - from.x) * (double{point.y} - from.y) -
         (double{to.y} - from.y) * (double{point.x} - from.x);
}

}  // namespace

Point point_of(const Box& box, Foothold foothold) {
  const float x = (box.left + box.right) / 2;
  return {x, foothold == Foothold::foot ? box.bottom : (box.top + box.bottom) / 2};
}

Result<Zone> make_zone(std::vector<Point> corners, Foothold foothold,
                       std::chrono::milliseconds patience) {
  if (corners.size() < 3 || corners.size() > most_corners)
    return fail(Code::invalid, "zone has {} corners, legal are 3 to {}", corners.size(),
                most_corners);
  for (const auto& corner : corners)
    if (!is_finite(corner))
      return fail(Code::invalid, "zone corner [{}, {}] is wrong, legal are finite numbers",
                  corner.x, corner.y);
  TRY(check_patience(patience), "zone");
  Zone zone;
  zone.corners_ = std::move(corners);
  zone.foothold_ = foothold;
  zone.patience_ = patience;
  return zone;
}

bool Zone::contains(Point point) const {
  bool is_inside = false;
  for (size_t i = 0, k = corners_.size() - 1; i < corners_.size(); k = i++) {
    const auto& a = corners_[i];
    const auto& b = corners_[k];
    if ((a.y > point.y) == (b.y > point.y)) continue;
    const double share = (double{point.y} - a.y) / (double{b.y} - a.y);
    if (point.x < a.x + share * (double{b.x} - a.x)) is_inside = !is_inside;
  }
  return is_inside;
}

void Zone::update(std::span<const Detection> detections, Time taken) {
  ended_.clear();
  const auto end_if = [&](const auto& is_over) {
    std::ranges::copy_if(stays_, std::back_inserter(ended_), is_over);
    std::erase_if(stays_, is_over);
  };
  end_if([&](const Stay& stay) { return taken - stay.seen > patience_; });
  for (const auto& detection : detections) {
    if (detection.track < 0) continue;
    const bool is_inside = contains(point_of(detection.box, foothold_));
    const auto place = std::ranges::lower_bound(stays_, detection.track, {}, &Stay::track);
    const bool is_known = place != stays_.end() && place->track == detection.track;
    if (is_inside && is_known)
      place->seen = taken;
    else if (is_inside)
      stays_.insert(place, {detection.track, taken, taken});
    else
      end_if([&](const Stay& stay) { return stay.track == detection.track; });
  }
}

Result<Gate> make_gate(Point from, Point to, Foothold foothold,
                       std::chrono::milliseconds patience) {
  if (!is_finite(from) || !is_finite(to) || (from.x == to.x && from.y == to.y))
    return fail(Code::invalid,
                "gate from [{}, {}] to [{}, {}] is wrong, legal are two different points", from.x,
                from.y, to.x, to.y);
  TRY(check_patience(patience), "gate");
  Gate gate;
  gate.from_ = from;
  gate.to_ = to;
  gate.foothold_ = foothold;
  gate.patience_ = patience;
  return gate;
}

double Gate::side(Point point) const { return side_of(from_, to_, point); }

// Both lie beside the line, on different sides.
bool Gate::cuts(Point before, Point after) const {
  const double start = side_of(before, after, from_);
  const double end = side_of(before, after, to_);
  return (start <= 0 && end >= 0) || (start >= 0 && end <= 0);
}

void Gate::update(std::span<const Detection> detections, Time taken) {
  crossings_.clear();
  std::erase_if(stands_, [&](const auto& stand) { return taken - stand.second.seen > patience_; });
  for (const auto& detection : detections) {
    const auto point = point_of(detection.box, foothold_);
    if (detection.track < 0 || !is_finite(point)) continue;
    const double now = side(point);
    const auto known = stands_.find(detection.track);
    if (known == stands_.end()) {
      if (now != 0) stands_[detection.track] = {point, taken};
      continue;
    }
    auto& stand = known->second;
    stand.seen = taken;
    if (now == 0) continue;
    const bool is_other_side = (now > 0) != (side(stand.point) > 0);
    if (is_other_side && cuts(stand.point, point)) {
      crossings_.push_back({detection.track, now > 0});
      ++(now > 0 ? to_right_ : to_left_);
    }
    stand.point = point;
  }
}

}  // namespace turnstone
