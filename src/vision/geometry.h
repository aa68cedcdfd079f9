// Where a preprocessed picture lies, in whole pixels: what is cut out of the source, and where in
// the input it lands.
#pragma once

#include "base/result.h"
#include "media/crop.h"
#include "vision/model_info.h"

namespace turnstone {

struct Placement {
  PixelRectangle source;  // within the picture
  PixelRectangle target;  // within the input; the rest is filled
};

// Errors: invalid when the crop does not lie within the picture.
Result<Placement> place(const Preprocess& preprocess, int width, int height, int picture_width,
                        int picture_height);

}  // namespace turnstone
