#include "station/finding.h"

#include <cmath>

#include "media/crop.h"

namespace turnstone {

std::vector<Finding> findings_of(const Outcome& outcome) {
  const auto& model = *outcome.model;
  const auto found = [&](int label, float score) {
    return Finding{.label = label, .word = word_of(model, label), .score = score};
  };
  if (outcome.verdict) return {found(outcome.verdict->label, outcome.verdict->score)};
  std::vector<Finding> findings;
  if (classifies(outcome.scene, model)) {
    for (const auto& [label, score] : outcome.scene.classes) {
      if (std::cmp_greater_equal(findings.size(), outcome.top)) break;
      findings.push_back(found(label, score));
    }
    return findings;
  }
  for (const auto& detection : outcome.scene.detections) {
    findings.push_back(found(detection.label, detection.score));
    findings.back().box = detection.box;
  }
  return findings;
}

Frame crop_of(const Frame& frame, const Box& box, int padding) {
  const auto pixels = [](float share, int size) {
    return static_cast<int>(std::lround(share * static_cast<float>(size)));
  };
  const int left = pixels(box.left, frame.width) - padding;
  const int top = pixels(box.top, frame.height) - padding;
  return crop_of(frame, {.left = left,
                         .top = top,
                         .width = pixels(box.right, frame.width) + padding - left,
                         .height = pixels(box.bottom, frame.height) + padding - top});
}

}  // namespace turnstone
