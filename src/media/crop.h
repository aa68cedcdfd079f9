// A piece of a picture, without copying it.
#pragma once

#include "media/frame.h"

namespace turnstone {

// A rectangle in pixels, origin top-left.
struct PixelRectangle {
  int left = 0, top = 0, width = 0, height = 0;
};

// The part of `wanted` that lies within the picture; empty (no pixels) where none does. Shares the
// pixels of `frame` and keeps them alive. Where chroma is at half size, the corner moves to even
// pixels, up and to the left.
Frame crop_of(const Frame& frame, const PixelRectangle& wanted);

}  // namespace turnstone
