#include "media/convert.h"

#include <cstring>

#include "media/pixels.h"

namespace turnstone {

void rgb_row(const Frame& frame, int y, uint8_t* out) {
  if (frame.format == PixelFormat::rgb) {
    std::memcpy(out, frame.planes[0].data + y * frame.planes[0].stride, size_t{3} * frame.width);
    return;
  }
  with_row(frame, y, [&](const auto& row) {
    for (int x = 0; x < frame.width; ++x) {
      const auto pixel = row.at(x);
      out[3 * x] = static_cast<uint8_t>(pixel.red);
      out[3 * x + 1] = static_cast<uint8_t>(pixel.green);
      out[3 * x + 2] = static_cast<uint8_t>(pixel.blue);
    }
  });
}

Result<Image> to_rgb(const Frame& frame) {
  auto image = TRY(make_image(PixelFormat::rgb, frame.width, frame.height));
  for (int y = 0; y < frame.height; ++y) rgb_row(frame, y, image.row(y));
  return image;
}

}  // namespace turnstone
