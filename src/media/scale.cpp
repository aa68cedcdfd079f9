#include "media/scale.h"

#include <algorithm>
#include <vector>

namespace turnstone {
namespace {

// Between which two pixels of a row or column an output pixel lies, and how near to the second.
struct Place {
  int first, second;
  int share;  // of the second, in 256ths
};

std::vector<Place> places_of(int from, int to) {
  std::vector<Place> places(static_cast<size_t>(to));
  for (int i = 0; i < to; ++i) {
    const auto centre = ((2 * int64_t{i} + 1) * from * 128) / to - 128;
    const auto at = std::clamp<int64_t>(centre, 0, int64_t{from - 1} * 256);
    const int first = static_cast<int>(at / 256);
    places[static_cast<size_t>(i)] = {first, std::min(first + 1, from - 1),
                                      static_cast<int>(at % 256)};
  }
  return places;
}

uint8_t mix(int a, int b, int c, int d, int across, int down) {
  const int top = a * (256 - across) + b * across;
  const int bottom = c * (256 - across) + d * across;
  return static_cast<uint8_t>((top * (256 - down) + bottom * down + (1 << 15)) >> 16);
}

}  // namespace

Result<Image> scale(const Image& image, int width, int height) {
  if (width == image.width() && height == image.height()) return image;
  auto made = TRY(make_image(PixelFormat::rgb, width, height));
  const auto columns = places_of(image.width(), width);
  const auto rows = places_of(image.height(), height);
  for (int y = 0; y < height; ++y) {
    const auto& row = rows[static_cast<size_t>(y)];
    const auto *upper = image.row(row.first), *lower = image.row(row.second);
    auto* out = made.row(y);
    for (const auto& column : columns)
      for (int sample = 0; sample < 3; ++sample) {
        const int left = column.first * 3 + sample, right = column.second * 3 + sample;
        *out++ = mix(upper[left], upper[right], lower[left], lower[right], column.share, row.share);
      }
  }
  return made;
}

}  // namespace turnstone
