#include "vision/finish.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vision/placing.h"
#include "vision/suppress.h"

namespace turnstone {
double threshold_of(const Model& model, const DecoderSettings& settings, int label) {
  if (label >= 0 && label < static_cast<int>(model.labels.size())) {
    const auto own = model.thresholds.find(model.labels[label]);
    if (own != model.thresholds.end()) return own->second;
  }
  return settings.score;
}

int label_of_number(float number) {
  constexpr float most_label = 1e6F;
  return number > -0.5F && number < most_label ? static_cast<int>(std::lround(number)) : -1;
}

bool counts_as(const Model& model, const DecoderSettings& settings, int label, float score) {
  return label >= 0 && label != model.background && score >= threshold_of(model, settings, label);
}

std::vector<float> thresholds_of(const Model& model, const DecoderSettings& settings, int count) {
  std::vector<float> least(static_cast<size_t>(count), static_cast<float>(settings.score));
  for (int label = 0; label < count && !model.thresholds.empty(); ++label)
    least[label] = static_cast<float>(threshold_of(model, settings, label));
  if (model.background && *model.background < count)
    least[*model.background] = std::numeric_limits<float>::infinity();
  return least;
}

std::vector<Detection> finish_detections(const std::vector<Detection>& found,
                                         const DecoderSettings& settings, const Geometry& geometry,
                                         const Complete& complete) {
  std::vector<size_t> origins;
  auto kept = suppress(found, {settings.suppress, settings.iou, settings.most, settings.agnostic},
                       &origins);
  for (size_t i = 0; i < kept.size(); ++i) {
    auto& detection = kept[i];
    if (complete) complete(detection, origins[i]);
    place_in_picture(detection, geometry);
  }
  std::erase_if(kept, [](const Detection& detection) { return !is_box(detection.box); });
  return kept;
}

}  // namespace turnstone
