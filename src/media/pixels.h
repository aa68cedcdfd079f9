// What one pixel of each format means: the definition that the row functions are compared with.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/result.h"
#include "media/frame.h"
#include "media/yuv_weights.h"

namespace turnstone {

struct Rgb {
  int red = 0, green = 0, blue = 0;
};

// In 64ths of a level on the way, with rounding.
inline Rgb rgb_of_yuv(const YuvWeights& weights, int y, int u, int v) {
  const auto part = [](int sum) { return (sum + (1 << 14)) >> 15; };
  u -= 128;
  v -= 128;
  const int luma = part(128 * y * weights.luma);
  const auto byte = [&](int chroma) {
    return std::clamp((luma + chroma + weights.shift + 32) >> 6, 0, 255);
  };
  return {byte(part(256 * v * weights.red_v)),
          byte(part(128 * (u * weights.green_u + v * weights.green_v))),
          byte(part(256 * u * weights.blue_u))};
}

// One row of a packed format: `Step` bytes a pixel with the samples at the given places.
template <int Step, int Red, int Green, int Blue>
struct PackedRow {
  const uint8_t* row;
  PackedRow(const Frame& frame, int y) : row(frame.planes[0].data + y * frame.planes[0].stride) {}
  Rgb at(int x) const {
    const auto* pixel = row + int64_t{Step} * x;
    return {pixel[Red], pixel[Green], pixel[Blue]};
  }
};

// One row of a format with chroma at half size, whose U and V samples lie `Step` bytes apart.
template <int Step>
struct YuvRow {
  const uint8_t* luma;
  const uint8_t* u;
  const uint8_t* v;
  YuvWeights weights;
  YuvRow(const Frame& frame, int y)
      : luma(frame.planes[0].data + y * frame.planes[0].stride),
        u(frame.planes[1].data + y / 2 * frame.planes[1].stride),
        v(Step == 2 ? u + 1 : frame.planes[2].data + y / 2 * frame.planes[2].stride),
        weights(weights_of(frame.yuv)) {}
  Rgb at(int x) const {
    const auto chroma = x / 2 * Step;
    return rgb_of_yuv(weights, luma[x], u[chroma], v[chroma]);
  }
};

// Calls body(row) with the reader of row `y` that fits the frame's format, which is a picture's.
template <class Body>
auto with_row(const Frame& frame, int y, Body&& body) {
  switch (frame.format) {
    case PixelFormat::rgb:
      return body(PackedRow<3, 0, 1, 2>(frame, y));
    case PixelFormat::bgr:
      return body(PackedRow<3, 2, 1, 0>(frame, y));
    case PixelFormat::rgbx:
      return body(PackedRow<4, 0, 1, 2>(frame, y));
    case PixelFormat::bgrx:
      return body(PackedRow<4, 2, 1, 0>(frame, y));
    case PixelFormat::gray:
      return body(PackedRow<1, 0, 0, 0>(frame, y));
    case PixelFormat::i420:
      return body(YuvRow<1>(frame, y));
    case PixelFormat::nv12:
      return body(YuvRow<2>(frame, y));
    case PixelFormat::f32:
      break;
  }
  __builtin_unreachable();
}

}  // namespace turnstone
