// A picture of our own that can be written to: what decoders fill and overlays draw on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// Largest extent and area that are read or made; a file that claims more is refused unread. A
// picture of the largest area takes 192 MiB as `rgb`.
inline constexpr int most_side = 16384;                 // pixels
inline constexpr int64_t most_area = int64_t{1} << 26;  // pixels

// Errors: invalid when a side is outside [1, most_side] or the area exceeds most_area.
Result<> check_picture_size(int64_t width, int64_t height);

// How many planes a format has, and the bytes of a row and the rows of one of them. The half-size
// planes of an odd picture are rounded up.
int plane_count(PixelFormat format);
int64_t row_bytes(PixelFormat format, int plane, int width);
int row_count(PixelFormat format, int plane, int height);

// "rgb", "nv12", ...
const char* print(PixelFormat format);

// Errors: unsupported for a window of samples, which is none.
Result<> check_picture(const Frame& frame);

// Pixels are owned and shared by copies; rows start at multiples of 64 bytes. One thread at a time
// while being written, any thread afterwards.
class Image {
 public:
  Image() = default;
  PixelFormat format() const { return format_; }
  int width() const { return width_; }
  int height() const { return height_; }
  uint8_t* row(int y, int plane = 0) { return planes_[plane].data + y * planes_[plane].stride; }
  const uint8_t* row(int y, int plane = 0) const {
    return planes_[plane].data + y * planes_[plane].stride;
  }

  // A frame that shares the pixels and keeps them alive; the image must not change any more. Times
  // are now, all other fields empty.
  Frame frame() const;

 private:
  friend Result<Image> make_image(PixelFormat, int, int);
  struct Rows {
    uint8_t* data = nullptr;
    int64_t stride = 0;
  };
  PixelFormat format_ = PixelFormat::rgb;
  int width_ = 0;
  int height_ = 0;
  std::array<Rows, 3> planes_ = {};
  std::shared_ptr<uint8_t> pixels_;
};

// All bytes zero. Errors: those of check_picture_size; unavailable when there is no memory.
Result<Image> make_image(PixelFormat format, int width, int height);

}  // namespace turnstone
