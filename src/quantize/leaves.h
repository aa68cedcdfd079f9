// Pictures for whoever has none at hand: what a network makes of them is near to what it makes of
// photographs, nearer than of noise.
#pragma once

#include <vector>

#include "media/image.h"
#include "tensor/tensor.h"
#include "vision/model_info.h"

namespace turnstone::int8 {

// Discs of one colour each that hide each other, small ones more often than large ones, so that
// edges and even places occur at every size (the dead leaves model; Lee, Mumford and Huang,
// Occlusion Models for Natural Images, IJCV 2001). The same seed gives the same picture. Errors: as
// make_image.
Result<Image> draw_leaves(int width, int height, uint32_t seed);

// `count` inputs of such pictures, each different; where nobody said how pictures become the input,
// as -1..1. Errors: as make_preprocessor, for an input that takes no pictures.
Result<std::vector<Tensor>> inputs_of_leaves(const ModelInput& input, int count);

}  // namespace turnstone::int8
