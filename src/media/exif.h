// The one thing of a photograph's EXIF data that changes its pixels: how the camera was held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "media/image.h"

namespace turnstone {

// The orientation 1..8 that an APP1 segment states; 1 (upright) when it states none or is damaged.
int exif_orientation(std::span<const uint8_t> segment);

// The picture turned and mirrored so that it stands upright. `rgb` and `gray` only.
// Errors: unavailable when there is no memory.
Result<Image> upright(const Image& image, int orientation);

}  // namespace turnstone
