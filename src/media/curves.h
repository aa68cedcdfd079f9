// A window of samples, drawn for people.
#pragma once

#include "media/image.h"

namespace turnstone {

// `window` as curves on an `rgb` image of `width` x `height`: a strip for each channel, at most
// eight, from its smallest value to its largest, which stand beside it. Errors: those of
// make_image; invalid when it is no window.
Result<Image> draw_curves(const Frame& window, int width = 640, int height = 360);

}  // namespace turnstone
