// A Scene drawn on its picture, for the live page and `predict --draw`.
#pragma once

#include <string>

#include "media/draw.h"
#include "media/image.h"
#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// What the banner across the top says; nothing is drawn for an empty text.
struct Banner {
  std::string text;
  Color color = black;
};

// Draws masks and the warm parts of an anomaly map over the picture, boxes with label and score,
// keypoints (but those that the model hardly sees), values, and the banner on an `rgb` image of the
// picture that the scene is about. Sizes follow the image's.
void draw_scene(Image& image, const Scene& scene, const Model& model, const Banner& banner = {});

// Draws on the whole picture what a model says of a thing in the box: places as above, and the
// first class and the values below the box.
void draw_piece(Image& image, const Scene& scene, const Model& model, const Box& box);

}  // namespace turnstone
