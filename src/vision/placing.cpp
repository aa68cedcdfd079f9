#include "vision/placing.h"

#include <algorithm>

namespace turnstone {
namespace {

Box placed(const Box& box, const Geometry& place) {
  const auto near = place.to_picture(box.left, box.top);
  const auto far = place.to_picture(box.right, box.bottom);
  return {std::max(near.x, 0.0F), std::max(near.y, 0.0F), std::min(far.x, 1.0F),
          std::min(far.y, 1.0F)};
}

void move(Detection& detection, const Geometry& place) {
  detection.box = placed(detection.box, place);
  for (auto& point : detection.keypoints) {
    const auto at = place.to_picture(point.x, point.y);
    point.x = at.x;
    point.y = at.y;
  }
  if (detection.mask) detection.mask->place = place.part(detection.mask->place);
}

}  // namespace

void place_in_picture(Scene& scene, const Geometry& place) {
  for (auto& detection : scene.detections) move(detection, place);
  if (scene.mask) scene.mask->place = place.part(scene.mask->place);
  if (scene.anomaly) scene.anomaly->place = place.part(scene.anomaly->place);
}

}  // namespace turnstone
