// A frame with what was found in it, as a JPEG for people.
#pragma once

#include <optional>

#include "base/files.h"
#include "station/outcome.h"
#include "vision/overlay.h"

namespace turnstone {

// Green for labels that say all is well, red for those that say it is not, orange for others.
Color color_of_verdict(std::string_view label);

// Whether the label says that something is wrong with what is seen.
bool is_reject(std::string_view label);

// `most_side` is the longest that a side may be in pixels, 0: any. Errors: those of encode_jpeg.
Result<Bytes> take_snapshot(const Frame& frame, const std::optional<Outcome>& outcome,
                            const Banner& banner, int quality, int most_side = 0);

// The class that a scene tells first, as a banner; empty where it tells none.
Banner banner_of(const Outcome& outcome);

}  // namespace turnstone
