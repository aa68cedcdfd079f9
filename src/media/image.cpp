#include "media/image.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace turnstone {
namespace {

bool is_chroma(PixelFormat format, int plane) { return plane > 0 && plane_count(format) > 1; }

}  // namespace

Result<> check_picture_size(int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > most_side || height > most_side)
    return fail(Code::invalid, "picture of {} x {} pixels is outside 1..{} a side", width, height,
                most_side);
  if (width * height > most_area)
    return fail(Code::invalid, "picture of {} x {} pixels is larger than {} pixels", width, height,
                most_area);
  return {};
}

int plane_count(PixelFormat format) {
  switch (format) {
    case PixelFormat::i420:
      return 3;
    case PixelFormat::nv12:
      return 2;
    default:
      return 1;
  }
}

int64_t row_bytes(PixelFormat format, int plane, int width) {
  const int64_t half = (int64_t{width} + 1) / 2;
  switch (format) {
    case PixelFormat::rgb:
    case PixelFormat::bgr:
      return int64_t{3} * width;
    case PixelFormat::rgbx:
    case PixelFormat::bgrx:
    case PixelFormat::f32:
      return int64_t{4} * width;
    case PixelFormat::gray:
      return width;
    case PixelFormat::i420:
      return plane == 0 ? width : half;
    case PixelFormat::nv12:
      return plane == 0 ? width : 2 * half;
  }
  __builtin_unreachable();
}

int row_count(PixelFormat format, int plane, int height) {
  return is_chroma(format, plane) ? (height + 1) / 2 : height;
}

const char* print(PixelFormat format) {
  constexpr const char* names[] = {"rgb", "bgr", "rgbx", "bgrx", "gray", "i420", "nv12", "f32"};
  return names[static_cast<int>(format)];
}

Result<> check_picture(const Frame& frame) {
  if (frame.format != PixelFormat::f32) return {};
  return fail(Code::unsupported, "there is no picture, but a window of {} channels and {} steps",
              frame.height, frame.width);
}

Result<Image> make_image(PixelFormat format, int width, int height) {
  TRY(check_picture_size(width, height));
  constexpr int64_t alignment = 64;
  Image image;
  image.format_ = format;
  image.width_ = width;
  image.height_ = height;
  int64_t starts[3] = {};
  int64_t total = 0;
  for (int plane = 0; plane < plane_count(format); ++plane) {
    const auto stride = (row_bytes(format, plane, width) + alignment - 1) / alignment * alignment;
    image.planes_[plane].stride = stride;
    starts[plane] = total;
    total += stride * row_count(format, plane, height);
  }
  auto* memory = static_cast<uint8_t*>(std::aligned_alloc(alignment, total));
  if (!memory)
    return fail(Code::unavailable, "no memory for a picture of {} x {} pixels", width, height);
  std::memset(memory, 0, total);
  image.pixels_ = std::shared_ptr<uint8_t>(memory, [](uint8_t* pointer) { std::free(pointer); });
  for (int plane = 0; plane < plane_count(format); ++plane)
    image.planes_[plane].data = memory + starts[plane];
  return image;
}

Frame Image::frame() const {
  Frame frame;
  frame.format = format_;
  frame.width = width_;
  frame.height = height_;
  for (int plane = 0; plane < 3; ++plane)
    frame.planes[plane] = {planes_[plane].data, planes_[plane].stride};
  frame.owner = pixels_;
  frame.taken = std::chrono::steady_clock::now();
  frame.wall = std::chrono::system_clock::now();
  return frame;
}

}  // namespace turnstone
