// Smaller pictures for lists and pages.
#pragma once

#include "media/image.h"

namespace turnstone {

// An `rgb` image made smaller by a whole factor, the mean of each block, so that neither side is
// longer than `most_side`; as it is where it fits. Errors: those of make_image.
Result<Image> shrink(const Image& image, int most_side);

}  // namespace turnstone
