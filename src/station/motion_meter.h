// How much of a picture has changed since the one before: cheap enough for every frame of a camera.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "media/frame.h"
#include "vision/zones.h"

namespace turnstone {

// The polygon of "" for the whole picture, of two corners "X,Y X,Y" of a box, or of the corners of
// a polygon, in fractions of the picture. Errors: invalid.
Result<std::vector<Point>> parse_region(std::string_view text);

// Compares the brightness of places on a grid over the region, each the mean of four pixels beside
// each other: at most 160 in a row. One thread at a time.
class MotionMeter {
 public:
  // `region` is as parse_region takes it; a place has changed when it differs by more than `level`
  // of 255. Errors: invalid (the region).
  static Result<MotionMeter> make(std::string_view region, int level);

  // The share of the region that has changed since the frame before, 0..1; 1 for the first frame,
  // for one of another size, and for what is no picture.
  double share_of(const Frame& frame);

 private:
  explicit MotionMeter(int level) : level_(level) {}
  void lay_grid(const Frame& frame);

  int level_;
  std::vector<Point> corners_;  // of the region's polygon; none for the whole picture
  std::optional<Zone> region_;
  PixelFormat format_ = PixelFormat::rgb;
  int width_ = 0, height_ = 0;  // of the frames that the grid is for
  std::vector<int> columns_;    // left pixels of the places
  std::vector<int> rows_;
  std::vector<uint8_t> is_inside_;     // 1 for each place within the region, else 0, row by row
  int64_t inside_ = 0;                 // how many are
  std::vector<uint8_t> before_, now_;  // brightness, row by row
};

}  // namespace turnstone
