// Of detections that show the same thing, keeps one.
#pragma once

#include <vector>

#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// Area of the intersection over that of the union, 0..1; 0 for empty boxes.
double overlap(const Box& a, const Box& b);

// Falling by score. A detection yields to a better one of the same label whose overlap is at least
// `iou`. `hard` drops it; `weighted` (MediaPipe's) makes the box and keypoints of the better one
// the mean of all that yield to it and itself, weighted by score. At most `most` are kept, and of
// many only the best 4096 are looked at. No score may be NaN.
std::vector<Detection> suppress(std::vector<Detection> found, Suppression how, double iou,
                                int most);

}  // namespace turnstone
