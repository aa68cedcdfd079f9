// Frames one after the other from something that GStreamer opened.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// What a reader found.
struct Grab {
  enum Kind {
    frame,    // the next picture
    broken,   // a picture could not be decoded and is skipped
    nothing,  // none came within the time waited
    end,      // there are no more
  };
  Kind kind = nothing;
  Frame picture = {};                 // of `frame`
  Error error = {Code::invalid, ""};  // of `broken`: why
};

// An open video or camera. One thread at a time. Frames outlive it.
class FrameReader {
 public:
  virtual ~FrameReader() = default;

  // Waits at most `wait` for the next frame. Sequence numbers count from 0 since opening, in the
  // order of the stream; a camera's have gaps where nobody took frames in time. Sets all of Frame
  // but source and file. Errors: unavailable (a camera that is gone), invalid (a damaged file).
  virtual Result<Grab> next(std::chrono::milliseconds wait) = 0;

  // What decodes the stream, as GStreamer names it; "" where nothing does, or no frame came yet.
  virtual std::string decoder() const { return ""; }
};

}  // namespace turnstone
