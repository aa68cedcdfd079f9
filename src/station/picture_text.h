// Pictures in what sinks send.
#pragma once

#include <optional>
#include <string>

#include "media/frame.h"

namespace turnstone {

// JPEG of `frame` as the body of a message; nothing where there is none, as of a window of samples:
// the log tells why, once for each source. Thread-safe.
std::optional<std::string> find_jpeg(const Frame& frame, int quality);

// The same as a PNG.
std::optional<std::string> find_png(const Frame& frame);

}  // namespace turnstone
