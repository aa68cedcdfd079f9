#include "vision/suppress.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace turnstone {
namespace {

double area(const Box& box) {
  return std::max(double(box.right) - box.left, 0.0) * std::max(double(box.bottom) - box.top, 0.0);
}

// Sums of box and keypoints, each times its score.
struct Mean {
  double weight = 0;
  double box[4] = {};
  std::vector<double> points;

  void add(const Detection& detection) {
    weight += detection.score;
    const float sides[] = {detection.box.left, detection.box.top, detection.box.right,
                           detection.box.bottom};
    for (int i = 0; i < 4; ++i) box[i] += double(detection.score) * sides[i];
    points.resize(2 * detection.keypoints.size());
    for (size_t i = 0; i < detection.keypoints.size(); ++i) {
      points[2 * i] += double(detection.score) * detection.keypoints[i].x;
      points[2 * i + 1] += double(detection.score) * detection.keypoints[i].y;
    }
  }

  void put(Detection& detection) const {
    if (weight <= 0) return;
    const auto mean = [&](double sum) { return static_cast<float>(sum / weight); };
    detection.box = {mean(box[0]), mean(box[1]), mean(box[2]), mean(box[3])};
    for (size_t i = 0; i < detection.keypoints.size(); ++i) {
      detection.keypoints[i].x = mean(points[2 * i]);
      detection.keypoints[i].y = mean(points[2 * i + 1]);
    }
  }
};

// The places of those that count, the best first.
std::vector<size_t> best_of(const std::vector<Detection>& found) {
  std::vector<size_t> order;
  for (size_t i = 0; i < found.size(); ++i)
    if (is_box(found[i].box) && std::isfinite(found[i].score)) order.push_back(i);
  std::ranges::stable_sort(order,
                           [&](size_t a, size_t b) { return found[a].score > found[b].score; });
  if (order.size() > most_candidates) order.resize(most_candidates);
  return order;
}

}  // namespace

double overlap(const Box& a, const Box& b) {
  const Box shared{std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
                   std::min(a.bottom, b.bottom)};
  const double common = area(shared);
  const double all = area(a) + area(b) - common;
  return common > 0 && all > 0 ? common / all : 0;
}

bool is_box(const Box& box) {
  return std::isfinite(box.left + box.top + box.right + box.bottom) && box.left < box.right &&
         box.top < box.bottom;
}

std::vector<Detection> suppress(const std::vector<Detection>& found,
                                const SuppressSettings& settings, std::vector<size_t>* origins) {
  const auto order = best_of(found);
  const auto yields = [&](const Detection& to, const Detection& one) {
    if (one.label != to.label && !settings.agnostic) return false;
    const auto shared = overlap(to.box, one.box);
    return shared > 0 && shared >= settings.iou;
  };
  std::vector<Detection> kept;
  std::vector<bool> gone(order.size());
  for (size_t i = 0; i < order.size() && std::cmp_less(kept.size(), settings.most); ++i) {
    if (gone[i]) continue;
    auto best = found[order[i]];
    Mean mean;
    mean.add(best);
    for (size_t k = i + 1; k < order.size() && settings.how != Suppression::none; ++k) {
      if (gone[k] || !yields(best, found[order[k]])) continue;
      gone[k] = true;
      mean.add(found[order[k]]);
    }
    if (settings.how == Suppression::weighted) mean.put(best);
    kept.push_back(std::move(best));
    if (origins) origins->push_back(order[i]);
  }
  return kept;
}

}  // namespace turnstone
