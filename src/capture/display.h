// A window, or the whole screen, of the machine that the program runs on.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// One thread at a time.
class Display {
 public:
  virtual ~Display() = default;

  // Shows the frame in place of the one before. Errors: unavailable (the window was closed, the
  // screen is gone).
  virtual Result<> show(const Frame& frame) = 0;

  // GStreamer's name of what shows.
  virtual std::string name() const = 0;
};

// Frames of that format and size on the screen that there is, through `sink` or, with "", what fits
// it: a window of Wayland or X, or the screen itself. Errors: unavailable (there is none),
// unsupported (no such element).
Result<std::unique_ptr<Display>> open_display(PixelFormat format, int width, int height,
                                              const std::string& sink);

}  // namespace turnstone
