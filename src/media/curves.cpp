#include "media/curves.h"

#include <algorithm>
#include <cmath>

#include "media/draw.h"
#include "media/samples.h"

namespace turnstone {
namespace {

constexpr int most_strips = 8;
constexpr int margin = 4;  // pixels
constexpr Color ground{24, 26, 30};
constexpr Color line{70, 74, 80};

// Where the values of some steps lie; none where all are no numbers.
struct Extent {
  float low = INFINITY, high = -INFINITY;
  bool is_empty() const { return low > high; }
  void add(std::span<const float> values) {
    for (const auto value : values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
};

struct Strip {
  int top = 0, bottom = 0;  // pixels, of the curve
  Extent extent;
  int row_of(float value) const {
    const double span = static_cast<double>(extent.high) - extent.low;
    const double share = span > 0 ? (static_cast<double>(value) - extent.low) / span : 0.5;
    return bottom - static_cast<int>(std::lround(share * (bottom - top)));
  }
};

// The steps that lie in one column of pixels; one at least, so that neighbours meet.
std::span<const float> steps_of(std::span<const float> steps, int column, int columns) {
  const auto count = static_cast<int64_t>(steps.size());
  const auto begin = std::min<int64_t>(column * count / columns, count - 1);
  const auto end = std::min<int64_t>((column + 1) * count / columns + 1, count);
  return steps.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

void draw_strip(Image& image, std::span<const float> steps, int channel, Strip strip) {
  strip.extent.add(steps);
  fill_rectangle(image, 0, strip.bottom + margin - 1, image.width(), strip.bottom + margin, line);
  const auto color = color_of_label(channel);
  const int columns = image.width();
  for (int column = 0; column < columns && !strip.extent.is_empty(); ++column) {
    Extent here;
    here.add(steps_of(steps, column, columns));
    if (here.is_empty()) continue;
    fill_rectangle(image, column, strip.row_of(here.high), column + 1, strip.row_of(here.low) + 1,
                   color);
  }
  const auto text = strip.extent.is_empty() ? fmt::format("{}: no numbers", channel)
                                            : fmt::format("{}: {:.4g} .. {:.4g}", channel,
                                                          strip.extent.low, strip.extent.high);
  draw_text(image, margin, strip.bottom - text_height(), text, white);
}

}  // namespace

Result<Image> draw_curves(const Frame& window, int width, int height) {
  if (window.format != PixelFormat::f32 || window.width < 1 || window.height < 1)
    return fail(Code::invalid, "frame is no window of samples");
  auto image = TRY(make_image(PixelFormat::rgb, width, height));
  fill_rectangle(image, 0, 0, width, height, ground);
  const int strips = std::min(window.height, most_strips);
  for (int channel = 0; channel < strips; ++channel)
    draw_strip(image, channel_of(window, channel), channel,
               {.top = height * channel / strips + margin,
                .bottom = height * (channel + 1) / strips - margin - 1,
                .extent = {}});
  if (window.height > strips)
    draw_text(image, margin, height - text_height() - 1,
              fmt::format("and {} more", window.height - strips), white);
  return image;
}

}  // namespace turnstone
