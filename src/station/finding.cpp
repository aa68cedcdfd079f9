#include "station/finding.h"

#include <cmath>

#include "media/crop.h"

namespace turnstone {

std::vector<Finding> findings_of(const Outcome& outcome) {
  const auto& model = *outcome.model;
  const auto& piece = outcome.scene.piece;
  const auto found = [&](int label, float score) {
    Finding made{.label = label, .word = word_of(model, label), .score = score};
    if (piece) made.box = piece->box;
    if (piece) made.track = piece->track;
    return made;
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
    if (detection.track >= 0) findings.back().track = detection.track;
  }
  return findings;
}

Frame shown_of(const Outcome& outcome) {
  const auto& frame = outcome.frame;
  if (!outcome.scene.piece) return frame;
  const auto& [left, top, width, height] = outcome.scene.piece->place;
  const auto pixels = [](double share, int size) {
    return static_cast<int>(std::lround(share * size));
  };
  return crop_of(frame, {.left = pixels(left, frame.width),
                         .top = pixels(top, frame.height),
                         .width = pixels(width, frame.width),
                         .height = pixels(height, frame.height)});
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
