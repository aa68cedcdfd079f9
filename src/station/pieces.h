// What one model found, cut out of the picture for the next.
#pragma once

#include <string>
#include <vector>

#include "media/frame.h"
#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// Which things of a scene are judged on their own, and how much of the picture around them.
struct PiecesConfig {
  std::vector<std::string> of;  // their labels; none: any
  double padding = 0;           // on each side, in widths and heights of the thing
  int most = 10;                // things of a picture, the surest first
};

// The pieces, and how many things had none: beyond `most`, or without a pixel in the picture.
struct Pieces {
  std::vector<Frame> frames;
  int64_t left_out = 0;
};

// The pieces of the whole picture of `frame` that show things of `scene`, which `model` found in
// `frame`, in the order of the scene. They share the picture's pixels and have the receipt of
// `frame` and its message.
Pieces pieces_of(const Frame& frame, const Scene& scene, const Model& model,
                 const PiecesConfig& config);

// Whether models can follow `model` that judge things with the labels `of`. Errors: invalid (it
// finds no boxes, it does not know a label).
Result<> check_followed(const Model& model, const std::vector<std::string>& of);

}  // namespace turnstone
