// Where frames come from: the contract of every source.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// Takes one frame, on the thread of the source. May block: that is the back-pressure of a source
// that can wait (a file, a folder), so whoever blocks must return when the source is stopped. A
// receiver that wants only the newest frame returns at once and drops by itself.
using FrameSink = std::function<void(Frame)>;

// Takes what went wrong without ending the source, such as a broken picture that is skipped, on
// the thread of the source.
using ErrorSink = std::function<void(const Error&)>;

// Why a source returned without failing.
enum class SourceEnd {
  stopped,  // a stop was requested
  ended,    // there are no more frames: end of the file, last picture of the folder
};

// Knows one protocol and nothing about retrying.
class Source {
 public:
  virtual ~Source() = default;

  // Delivers frames in order on the calling thread until a stop is requested, the stream ends or
  // the source fails. Returns within about a tenth of a second of a stop when `deliver` does. May
  // be called again after it returned: sequence numbers go on; a file starts over after it ended,
  // and goes on after it failed. One thread at a time. Errors: unavailable or missing (may work
  // later), invalid or unsupported (never will).
  virtual Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                                const ErrorSink& report) = 0;

  // Whether frames come whether they are taken or not, as those of a camera: then late ones are
  // worth less than new ones. Any thread.
  virtual bool is_live() const { return false; }

  // Whether frames go on until a stop is requested, as those of a camera. Any thread.
  virtual bool is_endless() const { return is_live(); }

  // Whether a frame is gone for good once it is done with, so that none may be passed over. Any
  // thread.
  virtual bool is_consuming() const { return false; }

  // What decodes its frames, as GStreamer names it; "" where nothing does, or none came yet.
  // Thread-safe.
  virtual std::string decoder() const { return ""; }
};

}  // namespace turnstone
