#include "vision/geometry.h"

#include <algorithm>
#include <cmath>

#include "vision/preprocess.h"

namespace turnstone {
namespace {

Result<PixelRectangle> cropped(const Preprocess& preprocess, int width, int height) {
  if (!preprocess.crop) return PixelRectangle{0, 0, width, height};
  const auto [left, top, across, down] = *preprocess.crop;
  if (left < 0 || top < 0 || across < 1 || down < 1 || across > width - left || down > height - top)
    return fail(Code::invalid, "crop [{}, {}, {}, {}] does not lie within a picture of {} x {}",
                left, top, across, down, width, height);
  return PixelRectangle{left, top, across, down};
}

// `length` scaled by `to` / `from`, rounded, at least 1 and at most `most`.
int scaled(int length, int64_t to, int64_t from, int most) {
  const auto exact =
      static_cast<double>(length) * static_cast<double>(to) / static_cast<double>(from);
  return std::clamp(static_cast<int>(std::lround(exact)), 1, most);
}

// The largest centred part of `whole` with the shape of `width` x `height`.
PixelRectangle centre(const PixelRectangle& whole, int width, int height) {
  auto part = whole;
  if (int64_t{whole.width} * height > int64_t{width} * whole.height)
    part.width = scaled(width, whole.height, height, whole.width);
  else
    part.height = scaled(height, whole.width, width, whole.height);
  part.left += (whole.width - part.width) / 2;
  part.top += (whole.height - part.height) / 2;
  return part;
}

}  // namespace

Result<Placement> place(const Preprocess& preprocess, int width, int height, int picture_width,
                        int picture_height) {
  Placement placement;
  placement.source = TRY(cropped(preprocess, picture_width, picture_height));
  placement.target = {0, 0, width, height};
  if (preprocess.fit == Fit::crop) placement.source = centre(placement.source, width, height);
  if (preprocess.fit == Fit::letterbox)
    placement.target = centre(placement.target, placement.source.width, placement.source.height);
  return placement;
}

Result<Geometry> geometry_of(const Preprocess& preprocess, int width, int height, int picture_width,
                             int picture_height) {
  const auto [source, target] =
      TRY(place(preprocess, width, height, picture_width, picture_height));
  const double across = double(source.width) / target.width;
  const double down = double(source.height) / target.height;
  return Geometry{(source.left - target.left * across) / picture_width,
                  (source.top - target.top * down) / picture_height, width * across / picture_width,
                  height * down / picture_height};
}

}  // namespace turnstone
