// GStreamer descriptions, in the language of gst-launch-1.0, as sources of frames.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "capture/frame_reader.h"

namespace turnstone {

// Whether a device is a description, "gst:videotestsrc", in place of a node or name.
bool is_description(const std::string& device);

// The device for messages: of a description, which may hold a password, "gst" alone.
std::string print_device(const std::string& device);

// How the frames of a description come.
struct DescriptionOptions {
  std::string text = {};  // such as "videotestsrc ! video/x-raw,width=640"
  bool live = true;       // whether they are taken or not
  bool realtime = false;  // not live: at the pace of their timestamps
};

// Starts the pipeline; whatever it gives is decoded as a file is. Errors: invalid (not a
// description, or of nothing that gives), those of open_camera or open_video.
Result<std::unique_ptr<FrameReader>> open_description(const DescriptionOptions& options);

}  // namespace turnstone
