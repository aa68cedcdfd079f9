// What an outcome says, one after the other, whatever its task is.
#pragma once

#include <string>
#include <vector>

#include "station/outcome.h"

namespace turnstone {

// A class of the picture or the part, or a thing in the picture.
struct Finding {
  int label = -1;          // index into Model::labels, or -1
  std::string word;        // of the label; "undecided" of a part without a verdict
  float score = 0;         // 0..1
  Box box = {0, 0, 1, 1};  // for a class the picture, or the thing in it that was judged
  int track = -1;          // of the thing, or -1
};

// Falling by score. The verdict alone where there is one; the classes of a classification, at most
// Outcome::top; the detections else, which may be none.
std::vector<Finding> findings_of(const Outcome& outcome);

// What the model was shown: the picture, or the piece of it; empty where the outcome has no
// picture.
Frame shown_of(const Outcome& outcome);

// The piece of the picture in `box`, with `padding` pixels more on each side where there are any.
Frame crop_of(const Frame& frame, const Box& box, int padding = 0);

}  // namespace turnstone
