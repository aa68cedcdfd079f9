// Boxes relative to anchors: what SSD and RetinaNet share.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "vision/decoder.h"
#include "vision/model_info.h"

namespace turnstone {

using Anchor = std::array<double, 4>;  // centre x, y, width, height in fractions of the input

// Outputs as make_ssd_decoder says, for these anchors. Scores without a role are `logits`, which a
// sigmoid makes scores of, or scores. Extents grow at most by exp(`most_growth`).
struct Anchored {
  const char* name = "";
  std::vector<Anchor> anchors;
  bool logits = false;
  double most_growth = 700;
};
std::unique_ptr<Decoder> make_anchored_decoder(const Model& model, const DecoderSettings& settings,
                                               Anchored anchored);

}  // namespace turnstone
