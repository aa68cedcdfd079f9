#include "vision/pose.h"

#include <algorithm>

#include "vision/finish.h"

namespace turnstone {
namespace {

// Around the points that reach `least`; how many do.
int box_around_points(const std::vector<Keypoint>& points, float least, Box& box) {
  int seen = 0;
  for (const auto& [x, y, score] : points) {
    if (!(score >= least)) continue;
    if (seen++ == 0) box = {x, y, x, y};
    box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x),
           std::max(box.bottom, y)};
  }
  return seen;
}

}  // namespace

void add_pose(std::vector<Keypoint> points, const Model& model, const DecoderSettings& settings,
              std::vector<Detection>& found) {
  constexpr float seen_well = 0.2F;
  constexpr float all = -1e9F;
  double sum = 0;
  for (const auto& point : points) sum += point.score;
  const auto score = static_cast<float>(sum / static_cast<double>(points.size()));
  const int label = model.labels.empty() ? -1 : 0;
  if (!(score >= threshold_of(model, settings, label))) return;
  Box box;
  if (box_around_points(points, seen_well, box) < 2) box_around_points(points, all, box);
  found.push_back({box, label, score, std::move(points)});
}

}  // namespace turnstone
