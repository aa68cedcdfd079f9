#include "vision/overlay.h"

#include <algorithm>
#include <cmath>

#include "vision/decoder.h"

namespace turnstone {
namespace {

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

void draw_detection(Image& image, const Detection& detection, const Model& model, int scale) {
  const auto color = color_of_label(detection.label);
  const int left = pixel(detection.box.left, image.width());
  const int top = pixel(detection.box.top, image.height());
  const int right = pixel(detection.box.right, image.width());
  const int bottom = pixel(detection.box.bottom, image.height());
  draw_rectangle(image, left, top, right, bottom, color, 2 * scale);
  for (const auto& point : detection.keypoints)
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

}  // namespace

void draw_scene(Image& image, const Scene& scene, const Model& model, const Banner& banner) {
  const int scale = text_scale(image);
  // The best last, so that it lies on top.
  for (auto one = scene.detections.rbegin(); one != scene.detections.rend(); ++one)
    draw_detection(image, *one, model, scale);
  if (banner.text.empty()) return;
  const int height = text_height(2 * scale) + 2 * scale;
  fill_rectangle(image, 0, 0, image.width(), height, banner.color, 0.75);
  draw_text(image, 3 * scale, 2 * scale, banner.text, ink_on(banner.color), 2 * scale);
}

}  // namespace turnstone
