#include "station/verdict.h"

#include <algorithm>

namespace turnstone {
namespace {

constexpr int frames_of_batch = 4;

}  // namespace

Result<Voting> parse_voting(std::string_view text) {
  if (text == "mean") return Voting::mean;
  if (text == "last") return Voting::last;
  if (text == "batch") return Voting::batch;
  return fail(Code::invalid, "vote '{}' is not one of mean, last, batch", text);
}

void Vote::show(const Frame& frame) {
  if (shown_.sequence >= 0) return;
  shown_.source = frame.source;
  shown_.sequence = frame.sequence;
  shown_.file = frame.file;
  shown_.wall = frame.wall;
}

void Vote::add(const Scene& scene) {
  if (scene.classes.empty()) return;
  if (++seen_ % frames_of_batch != 0 && voting_ == Voting::batch) return;
  if (voting_ != Voting::mean) {
    sums_.clear();
    frames_ = 0;
  }
  ++frames_;
  for (const auto& found : scene.classes) {
    if (found.label < 0) continue;
    const auto label = static_cast<size_t>(found.label);
    if (label >= sums_.size()) sums_.resize(label + 1);
    sums_[label] += found.score;
  }
  shown_ = scene;
}

Verdict Vote::verdict(int64_t part) const {
  Verdict verdict{.part = part, .frames = frames_, .scene = shown_};
  for (size_t label = 0; label < sums_.size(); ++label)
    verdict.classes.push_back(
        {static_cast<int>(label), static_cast<float>(sums_[label] / frames_)});
  // Equal scores stand in the order of the labels.
  std::ranges::sort(verdict.classes, [](const Classification& a, const Classification& b) {
    return a.score != b.score ? a.score > b.score : a.label < b.label;
  });
  if (verdict.classes.empty()) return verdict;
  verdict.label = verdict.classes.front().label;
  verdict.score = verdict.classes.front().score;
  return verdict;
}

}  // namespace turnstone
