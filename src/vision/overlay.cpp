#include "vision/overlay.h"

#include <algorithm>
#include <cmath>

#include "vision/decoder.h"

namespace turnstone {
namespace {

// Keypoints with a score below are guesses.
constexpr float least_keypoint = 0.2F;

// Letters about a thirtieth of the picture high.
int text_scale(const Image& image) {
  return std::clamp(std::min(image.width(), image.height()) / 280 + 1, 1, 12);
}

int pixel(float fraction, int extent) {
  const auto inside = std::clamp(fraction, -1.0F, 2.0F);
  return static_cast<int>(std::lround(inside * static_cast<float>(extent)));
}

// Black or white, whichever is easier to read on `color`.
Color ink_on(Color color) {
  return 299 * color.red + 587 * color.green + 114 * color.blue > 140'000 ? black : white;
}

// Text on a filled ground whose top-left corner is at the point, moved to lie within the picture.
void draw_tag(Image& image, int x, int y, const std::string& text, Color ground, int scale) {
  const int width = text_width(text, scale) + scale;
  const int height = text_height(scale) + scale;
  x = std::max(std::min(x, image.width() - width), 0);
  y = std::max(std::min(y, image.height() - height), 0);
  fill_rectangle(image, x, y, x + width, y + height, ground);
  draw_text(image, x + scale, y + scale, text, ink_on(ground), scale);
}

// Calls paint(left, top, right, bottom, cell) for the pixels of each cell that is drawn.
template <class Paint>
void each_cell(const Image& image, const Geometry& place, int width, int height, Paint paint) {
  const auto edge = [](double start, double extent, int index, int count, int pixels) {
    return pixel(static_cast<float>(start + extent * index / count), pixels);
  };
  for (int row = 0; row < height; ++row) {
    const int top = edge(place.top, place.height, row, height, image.height());
    const int bottom = edge(place.top, place.height, row + 1, height, image.height());
    if (bottom <= 0 || top >= image.height() || top == bottom) continue;
    for (int column = 0; column < width; ++column) {
      const int left = edge(place.left, place.width, column, width, image.width());
      const int right = edge(place.left, place.width, column + 1, width, image.width());
      if (left != right) paint(left, top, right, bottom, size_t(row) * width + column);
    }
  }
}

void draw_scene_mask(Image& image, const Mask& mask, const Model& model) {
  each_cell(image, mask.place, mask.width, mask.height,
            [&](int left, int top, int right, int bottom, size_t cell) {
              const auto label = mask.cells[cell];
              if (label == Mask::no_label || label == model.background) return;
              fill_rectangle(image, left, top, right, bottom, color_of_label(label), 0.5);
            });
}

void draw_thing(Image& image, const Mask& mask, Color color) {
  each_cell(image, mask.place, mask.width, mask.height,
            [&](int left, int top, int right, int bottom, size_t cell) {
              if (mask.cells[cell]) fill_rectangle(image, left, top, right, bottom, color, 0.4);
            });
}

void draw_anomaly(Image& image, const Anomaly& anomaly) {
  each_cell(image, anomaly.place, anomaly.width, anomaly.height,
            [&](int left, int top, int right, int bottom, size_t cell) {
              const auto heat = anomaly.cells[cell];
              if (heat > 0.25F)
                fill_rectangle(image, left, top, right, bottom, heat < 0.5F ? orange : red,
                               0.6 * heat);
            });
}

// Below each other from the point on.
void draw_values(Image& image, const Scene& scene, const Model& model, int left, int top,
                 int scale) {
  for (const auto& one : scene.values) {
    draw_tag(image, left, top, fmt::format("{} {:.4g}", label_of(model, one.label), one.value),
             black, scale);
    top += text_height(scale) + scale;
  }
}

void draw_detection(Image& image, const Detection& detection, const Model& model, int scale) {
  const auto color = color_of_label(detection.label);
  const int left = pixel(detection.box.left, image.width());
  const int top = pixel(detection.box.top, image.height());
  const int right = pixel(detection.box.right, image.width());
  const int bottom = pixel(detection.box.bottom, image.height());
  if (detection.mask) draw_thing(image, *detection.mask, color);
  draw_rectangle(image, left, top, right, bottom, color, 2 * scale);
  for (const auto& point : detection.keypoints)
    if (point.score < 0 || point.score >= least_keypoint)
      draw_dot(image, pixel(point.x, image.width()), pixel(point.y, image.height()), scale + 1,
               color);
  // A model without labels shows the score alone.
  const auto text =
      model.labels.empty()
          ? fmt::format("{:.2f}", detection.score)
          : fmt::format("{} {:.2f}", label_of(model, detection.label), detection.score);
  const auto number = detection.track < 0 ? "" : fmt::format("#{} ", detection.track);
  draw_tag(image, left, top - text_height(scale) - scale, number + text, color, scale);
}

// What lies at places in the picture.
void draw_places(Image& image, const Scene& scene, const Model& model, int scale) {
  if (scene.mask) draw_scene_mask(image, *scene.mask, model);
  if (scene.anomaly) draw_anomaly(image, *scene.anomaly);
  // The best last, so that it lies on top.
  for (auto one = scene.detections.rbegin(); one != scene.detections.rend(); ++one)
    draw_detection(image, *one, model, scale);
}

}  // namespace

void draw_scene(Image& image, const Scene& scene, const Model& model, const Banner& banner) {
  const int scale = text_scale(image);
  draw_places(image, scene, model, scale);
  const int height = text_height(2 * scale) + 2 * scale;
  draw_values(image, scene, model, 0, banner.text.empty() ? 0 : height, scale);
  if (banner.text.empty()) return;
  fill_rectangle(image, 0, 0, image.width(), height, banner.color, 0.75);
  draw_text(image, 3 * scale, 2 * scale, banner.text, ink_on(banner.color), 2 * scale);
}

void draw_piece(Image& image, const Scene& scene, const Model& model, const Box& box) {
  const int scale = text_scale(image);
  draw_places(image, scene, model, scale);
  const int left = pixel(box.left, image.width());
  int top = pixel(box.bottom, image.height());
  if (!scene.classes.empty()) {
    const auto& [label, score] = scene.classes.front();
    draw_tag(image, left, top, fmt::format("{} {:.2f}", label_of(model, label), score),
             color_of_label(label), scale);
    top += text_height(scale) + scale;
  }
  draw_values(image, scene, model, left, top, scale);
}

}  // namespace turnstone
