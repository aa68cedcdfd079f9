#include "media/convert.h"

#include <cstring>

namespace turnstone {

void rgb_row(const RowFunctions& functions, const Frame& frame, int y, uint8_t* out) {
  const auto row = [&](int plane, int at) {
    return frame.planes[plane].data + at * frame.planes[plane].stride;
  };
  if (frame.format == PixelFormat::i420)
    functions.rgb_of_i420(weights_of(frame.yuv), row(0, y), row(1, y / 2), row(2, y / 2),
                          frame.width, out);
  else if (frame.format == PixelFormat::nv12)
    functions.rgb_of_nv12(weights_of(frame.yuv), row(0, y), row(1, y / 2), nullptr, frame.width,
                          out);
  else if (frame.format == PixelFormat::rgb)
    std::memcpy(out, row(0, y), size_t{3} * static_cast<size_t>(frame.width));
  else
    functions.rgb_of_packed[static_cast<size_t>(frame.format)](row(0, y), frame.width, out);
}

void rgb_row(const Frame& frame, int y, uint8_t* out) {
  rgb_row(*row_functions().front(), frame, y, out);
}

Result<Image> to_rgb(const Frame& frame) {
  TRY(check_picture(frame));
  auto image = TRY(make_image(PixelFormat::rgb, frame.width, frame.height));
  for (int y = 0; y < frame.height; ++y) rgb_row(frame, y, image.row(y));
  return image;
}

}  // namespace turnstone
