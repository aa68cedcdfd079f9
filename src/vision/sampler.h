// Rows of a picture at the width of a model's input: cut, resized, in RGB or gray.
#pragma once

#include <memory>

#include "media/frame.h"
#include "media/rows/rows.h"
#include "vision/geometry.h"
#include "vision/model_info.h"

namespace turnstone {

// Keeps tables for pictures of one size and format. One thread at a time.
class Sampler {
 public:
  virtual ~Sampler() = default;

  // Forgets what it keeps of the picture before.
  virtual void start() = 0;

  // Row `y` of the target, the rows in rising order: red, green, blue, or gray in all three. Valid
  // until the next call; readable up to a multiple of row_block.
  virtual RowPair row(const Frame& frame, int y) = 0;
};

// What samplers are made of.
struct SamplerSettings {
  const RowFunctions* functions = nullptr;
  PixelFormat format = PixelFormat::rgb;
  YuvSpace yuv;
  int width = 0;  // of the picture
  Placement placement;
  bool is_gray = false;  // of three colours one gray is made
};

// For Resize::bilinear and Resize::area.
std::unique_ptr<Sampler> make_bilinear_sampler(const SamplerSettings& settings);
std::unique_ptr<Sampler> make_area_sampler(const SamplerSettings& settings);

}  // namespace turnstone
