// A frame with what is known of it, as it is shown: on the page, in recordings, streams and
// windows.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "media/frame.h"
#include "media/image.h"
#include "station/outcome.h"
#include "vision/overlay.h"

namespace turnstone {

// Copies share pixels.
struct Shown {
  Frame frame = {};                     // without its receipt
  std::optional<Outcome> outcome = {};  // the last that is known, of this frame or one before it
  Banner banner = {};                   // what was said last of a part
  std::vector<Outcome> things = {};     // what further models say of things in the picture
};

// The frame as whoever looks may keep it: looking holds up nobody who waits for its receipt.
Frame picture_of(Frame frame);

// What stands across the top of a scene of classes: the first of them.
Banner banner_of(const Outcome& outcome);

// The picture as `rgb`, with its scene, its things and its banner drawn on it. `most_side` is the
// longest that a side may be in pixels, 0: any. Errors: those of make_image.
Result<Image> draw(const Shown& shown, int most_side = 0);

// The frame as viewers take it, with its times: the picture, or where `drawn` the same with what
// `draw` draws on it. Errors: those of draw.
Result<Frame> frame_of(const Shown& shown, bool drawn);

// What `draw` gives as a JPEG for people. Errors: those of encode_jpeg.
Result<Bytes> jpeg_of(const Shown& shown, int quality, int most_side = 0);

// Green for labels that say all is well, red for those that say it is not, orange for others.
Color color_of_verdict(std::string_view label);

// Whether the label says that something is wrong with what is seen.
bool is_reject(std::string_view label);

}  // namespace turnstone
