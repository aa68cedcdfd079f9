#include "media/crop.h"

#include <algorithm>

#include "media/image.h"

namespace turnstone {
namespace {

int bytes_per_pixel(PixelFormat format) { return static_cast<int>(row_bytes(format, 0, 1)); }

}  // namespace

PixelRectangle cut_of(const Frame& frame, const PixelRectangle& wanted) {
  const int step = plane_count(frame.format) > 1 ? 2 : 1;  // where chroma is at half size
  const auto within = [](int64_t value, int most) {
    return static_cast<int>(std::clamp<int64_t>(value, 0, most));
  };
  const int left = within(wanted.left, frame.width) / step * step;
  const int top = within(wanted.top, frame.height) / step * step;
  const int right = within(int64_t{wanted.left} + wanted.width, frame.width);
  const int bottom = within(int64_t{wanted.top} + wanted.height, frame.height);
  return {left, top, std::max(right - left, 0), std::max(bottom - top, 0)};
}

Frame crop_of(const Frame& frame, const PixelRectangle& wanted) {
  const auto [left, top, width, height] = cut_of(frame, wanted);
  auto piece = frame;
  piece.width = width;
  piece.height = height;
  if (piece.width == 0 || piece.height == 0) {
    piece.width = piece.height = 0;
    piece.planes = {};
    return piece;
  }
  piece.planes[0].data +=
      top * piece.planes[0].stride + int64_t{left} * bytes_per_pixel(frame.format);
  for (int plane = 1; plane < plane_count(frame.format); ++plane) {
    auto& chroma = piece.planes[static_cast<size_t>(plane)];
    const int samples = frame.format == PixelFormat::nv12 ? left : left / 2;
    chroma.data += top / 2 * chroma.stride + samples;
  }
  return piece;
}

}  // namespace turnstone
