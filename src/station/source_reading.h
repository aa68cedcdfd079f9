// What sources that read from a FrameReader share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "capture/frame_reader.h"
#include "station/source.h"

namespace turnstone {

// Opens a file from its start, or a camera.
using ReaderOpener = std::function<Result<std::unique_ptr<FrameReader>>()>;

// A recording, as a source.
struct Recording {
  std::string name = {};   // of the source
  std::string where = {};  // the file, for messages
  bool loop = false;       // start over at the end
};

// A source of what `open` gives. A run after one that failed goes on with the frame at which it
// failed.
std::unique_ptr<Source> make_recording_source(Recording recording, ReaderOpener open);

// A camera or a stream, as a source.
struct Camera {
  std::string name = {};                    // of the source
  std::string where = {};                   // the device or its address, for messages
  std::chrono::milliseconds silence{5000};  // without a frame, after which it has failed
};

// A live source of what `open` gives, which runs until it is stopped or fails.
std::unique_ptr<Source> make_camera_source(Camera camera, ReaderOpener open);

}  // namespace turnstone
