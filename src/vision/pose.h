// A pose as a detection: what the decoders of keypoints share.
#pragma once

#include <vector>

#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// Appends the detection of `points`, in fractions of the input: its score is their mean, its box
// goes around those that reach 0.2, or around all where fewer than two do; label 0 where the model
// has labels. Nothing is added when the score is below the threshold or no number.
void add_pose(std::vector<Keypoint> points, const Model& model, const DecoderSettings& settings,
              std::vector<Detection>& found);

}  // namespace turnstone
