#include "station/motion_meter.h"

#include <algorithm>
#include <numeric>

#include "media/image.h"
#include "media/pixels.h"
#include "station/points.h"

namespace turnstone {
namespace {

constexpr int most_columns = 160;
constexpr int pixels_a_place = 4;

// Brightness of the places in one row, of luma or gray.
void read_planar(const uint8_t* row, const std::vector<int>& columns, uint8_t* out) {
  for (const int column : columns) {
    const auto* pixel = row + column;
    *out++ = static_cast<uint8_t>((pixel[0] + pixel[1] + pixel[2] + pixel[3] + 2) / 4);
  }
}

// The same of colours.
template <class Row>
void read_packed(const Row& row, const std::vector<int>& columns, uint8_t* out) {
  for (const int column : columns) {
    int sum = 0;
    for (int k = 0; k < pixels_a_place; ++k) {
      const auto [red, green, blue] = row.at(column + k);
      sum += 77 * red + 150 * green + 29 * blue;
    }
    *out++ = static_cast<uint8_t>(sum / (256 * pixels_a_place));
  }
}

void read_row(const Frame& frame, int y, const std::vector<int>& columns, uint8_t* out) {
  if (frame.format == PixelFormat::gray || plane_count(frame.format) > 1)
    return read_planar(frame.planes[0].data + y * frame.planes[0].stride, columns, out);
  with_row(frame, y, [&](const auto& row) { read_packed(row, columns, out); });
}

// The places that differ by more than `level`, within the region alone. Plain bytes in a row, which
// compilers turn into vectors.
int64_t count_changes(const std::vector<uint8_t>& before, const std::vector<uint8_t>& now,
                      const std::vector<uint8_t>& is_inside, int level) {
  int count = 0;
  for (size_t i = 0; i < now.size(); ++i) {
    const int difference = now[i] > before[i] ? now[i] - before[i] : before[i] - now[i];
    count += difference > level ? is_inside[i] : 0;
  }
  return count;
}

// The positions of places from `from` to `to`, fractions of `size` pixels.
std::vector<int> places(float from, float to, int size, int step, int extent) {
  const auto pixel = [&](float share) {
    return static_cast<int>(share * static_cast<float>(size));
  };
  std::vector<int> made;
  for (int at = pixel(from); at < pixel(to) && at + extent <= size; at += step) made.push_back(at);
  return made;
}

std::vector<Point> corners_of_box(const Point& one, const Point& other) {
  return {one, {other.x, one.y}, other, {one.x, other.y}};
}

}  // namespace

Result<std::vector<Point>> parse_region(std::string_view text) {
  auto points = TRY(parse_points(text));
  if (points.size() == 1)
    return fail(Code::invalid, "has 1 corner, legal are 2 of a box, or the 3 to 100 of a polygon");
  if (points.size() == 2) points = corners_of_box(points[0], points[1]);
  if (!points.empty()) TRY(make_zone(points));
  return points;
}

Result<MotionMeter> MotionMeter::make(std::string_view region, int level) {
  MotionMeter made(level);
  made.corners_ = TRY(parse_region(region), "motion_region");
  if (!made.corners_.empty()) made.region_ = TRY(make_zone(made.corners_));
  return made;
}

void MotionMeter::lay_grid(const Frame& frame) {
  format_ = frame.format;
  width_ = frame.width;
  height_ = frame.height;
  Box box{0, 0, 1, 1};
  if (region_) {
    const auto [left, right] = std::ranges::minmax(corners_, {}, &Point::x);
    const auto [top, bottom] = std::ranges::minmax(corners_, {}, &Point::y);
    box = {left.x, top.y, right.x, bottom.y};
  }
  const int across = static_cast<int>((box.right - box.left) * static_cast<float>(width_));
  const int step = std::max(pixels_a_place, across / most_columns + 1);
  columns_ = places(box.left, box.right, width_, step, pixels_a_place);
  rows_ = places(box.top, box.bottom, height_, step, 1);
  is_inside_.clear();
  for (const int y : rows_)
    for (const int x : columns_) {
      const Point at{(static_cast<float>(x) + pixels_a_place / 2.0F) / static_cast<float>(width_),
                     (static_cast<float>(y) + 0.5F) / static_cast<float>(height_)};
      is_inside_.push_back(!region_ || region_->contains(at) ? 1 : 0);
    }
  inside_ = std::accumulate(is_inside_.begin(), is_inside_.end(), int64_t{0});
  now_.assign(is_inside_.size(), 0);
}

double MotionMeter::share_of(const Frame& frame) {
  if (frame.format == PixelFormat::f32) return 1;
  const bool is_other = frame.format != format_ || frame.width != width_ || frame.height != height_;
  if (is_other) lay_grid(frame);
  std::swap(before_, now_);
  now_.resize(is_inside_.size());
  for (size_t i = 0; i < rows_.size(); ++i)
    read_row(frame, rows_[i], columns_, now_.data() + i * columns_.size());
  if (is_other) return 1;
  if (inside_ == 0) return 0;
  return static_cast<double>(count_changes(before_, now_, is_inside_, level_)) /
         static_cast<double>(inside_);
}

}  // namespace turnstone
