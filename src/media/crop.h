// A piece of a picture, without copying it.
#pragma once

#include "media/frame.h"

namespace turnstone {

// A rectangle in pixels, origin top-left.
struct PixelRectangle {
  int left = 0, top = 0, width = 0, height = 0;
};

// What crop_of cuts out for `wanted`: the part that lies within the picture, with its corner moved
// to even pixels where chroma is at half size, up and to the left.
PixelRectangle cut_of(const Frame& frame, const PixelRectangle& wanted);

// The part of `wanted` that lies within the picture; empty (no pixels) where none does. Shares the
// pixels of `frame` and keeps them alive. Where chroma is at half size, the corner moves to even
// pixels, up and to the left.
Frame crop_of(const Frame& frame, const PixelRectangle& wanted);

}  // namespace turnstone
