// The last steps of every detector: thresholds, suppression, back into the picture.
#pragma once

#include <functional>
#include <vector>

#include "vision/model_info.h"
#include "vision/preprocess.h"
#include "vision/scene.h"

namespace turnstone {

// Score from which a label counts: its own of Model::thresholds, else the decoder's.
double threshold_of(const Model& model, const DecoderSettings& settings, int label);

// A label that a model gives as a number, rounded; -1 for one outside 0..10^6 or that is none.
int label_of_number(float number);

// Whether a detection that the model lists itself is one: its label is none of -1 and the
// background, and its score reaches the label's.
bool counts_as(const Model& model, const DecoderSettings& settings, int label, float score);

// threshold_of every label of `count`, infinite for Model::background. Of numbers that a sigmoid
// makes scores of, see logit.
std::vector<float> thresholds_of(const Model& model, const DecoderSettings& settings, int count);

// What a kept detection gets that is too costly for all: called with the place in `found` before
// its box leaves the model's input.
using Complete = std::function<void(Detection&, size_t)>;

// `found` have boxes in fractions of the model's input; the result has them in fractions of the
// picture, cut to it. Boxes that are empty, outside or not finite are dropped.
std::vector<Detection> finish_detections(const std::vector<Detection>& found,
                                         const DecoderSettings& settings, const Geometry& geometry,
                                         const Complete& complete = {});

}  // namespace turnstone
