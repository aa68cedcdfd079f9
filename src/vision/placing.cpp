#include "vision/placing.h"

#include <algorithm>

namespace turnstone {
namespace {

Box placed(const Box& box, const Geometry& place) {
  const auto near = place.to_picture(box.left, box.top);
  const auto far = place.to_picture(box.right, box.bottom);
  const auto inside = [](float side) { return std::clamp(side, 0.0F, 1.0F); };
  return {inside(near.x), inside(near.y), inside(far.x), inside(far.y)};
}

}  // namespace

void place_in_picture(Detection& detection, const Geometry& place) {
  detection.box = placed(detection.box, place);
  for (auto& point : detection.keypoints) {
    const auto at = place.to_picture(point.x, point.y);
    point.x = at.x;
    point.y = at.y;
  }
  if (detection.mask) detection.mask->place = place.part(detection.mask->place);
}

void place_in_picture(Scene& scene, const Geometry& place) {
  for (auto& detection : scene.detections) place_in_picture(detection, place);
  if (scene.mask) scene.mask->place = place.part(scene.mask->place);
  if (scene.anomaly) scene.anomaly->place = place.part(scene.anomaly->place);
}

}  // namespace turnstone
