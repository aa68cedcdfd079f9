#include "media/shrink.h"

#include <algorithm>
#include <vector>

namespace turnstone {

Result<Image> shrink(const Image& image, int most_side) {
  CHECK(image.format() == PixelFormat::rgb && most_side > 0);
  const int longest = std::max(image.width(), image.height());
  const int factor = (longest + most_side - 1) / most_side;
  if (factor <= 1) return image;
  const int width = std::max(image.width() / factor, 1);
  const int height = std::max(image.height() / factor, 1);
  auto made = TRY(make_image(PixelFormat::rgb, width, height));
  const int columns = std::min(factor, image.width()), rows = std::min(factor, image.height());
  const auto pixels = static_cast<uint32_t>(columns * rows);
  std::vector<uint32_t> sums(static_cast<size_t>(width) * 3);
  for (int y = 0; y < height; ++y) {
    std::ranges::fill(sums, pixels / 2);
    for (int k = 0; k < rows; ++k) {
      const auto* row = image.row(y * factor + k);
      for (int x = 0; x < width; ++x)
        for (int i = 0; i < columns * 3; ++i)
          sums[static_cast<size_t>(x) * 3 + static_cast<size_t>(i) % 3] += row[x * factor * 3 + i];
    }
    for (int i = 0; i < width * 3; ++i)
      made.row(y)[i] = static_cast<uint8_t>(sums[static_cast<size_t>(i)] / pixels);
  }
  return made;
}

}  // namespace turnstone
