// From a piece of a picture to the whole of it.
#pragma once

#include "vision/scene.h"

namespace turnstone {

// Every place in `scene` is in fractions of a piece that lies at `place` in the picture: afterwards
// it is in fractions of the picture.
void place_in_picture(Scene& scene, const Geometry& place);

// The same of one detection: its box, which is cut to the picture, its keypoints and its mask.
void place_in_picture(Detection& detection, const Geometry& place);

}  // namespace turnstone
