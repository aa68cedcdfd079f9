// Of detections that show the same thing, keeps one.
#pragma once

#include <vector>

#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// Area of the intersection over that of the union, 0..1; 0 for empty boxes.
double overlap(const Box& a, const Box& b);

// Detections that suppression looks at.
inline constexpr size_t most_candidates = 4096;

// True when the sides are finite and the box is not empty.
bool is_box(const Box& box);

// How suppress works.
struct SuppressSettings {
  Suppression how = Suppression::hard;
  double iou = 0.45;
  int most = 100;
  bool agnostic = false;  // labels do not matter
};

// Falling by score, equal ones in the order of `found`. A detection yields to a better one of the
// same label, or of any, whose overlap is at least `iou`. `hard` drops it; `weighted` (MediaPipe's)
// makes the box and keypoints of the better one the mean of all that yield to it and itself,
// weighted by score. At most `most` are kept, and of many only the best 4096 are looked at.
// Detections without a box or with a score that is not finite are dropped. `origins`, where given,
// receives the places in `found` of those kept.
std::vector<Detection> suppress(const std::vector<Detection>& found,
                                const SuppressSettings& settings,
                                std::vector<size_t>* origins = nullptr);

}  // namespace turnstone
