// From any pixel format to RGB. Y, U and V mean what the frame says of them; each chroma sample
// serves its 2x2 pixels without interpolation.
#pragma once

#include <cstdint>

#include "media/frame.h"
#include "media/image.h"
#include "media/rows/rows.h"

namespace turnstone {

// Writes row `y` of the frame, which is a picture, as `width` RGB triples to `out`; all functions
// give the same bytes.
void rgb_row(const Frame& frame, int y, uint8_t* out);
void rgb_row(const RowFunctions& functions, const Frame& frame, int y, uint8_t* out);

// The whole frame as `rgb`; a new image. Errors: those of make_image and check_picture.
Result<Image> to_rgb(const Frame& frame);

}  // namespace turnstone
