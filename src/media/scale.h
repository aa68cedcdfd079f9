// A picture in another size, for showing; what models see is vision/preprocess.
#pragma once

#include "base/result.h"
#include "media/image.h"

namespace turnstone {

// An `rgb` image stretched to that size, each pixel mixed from the four nearest. Errors: those of
// make_image.
Result<Image> scale(const Image& image, int width, int height);

}  // namespace turnstone
