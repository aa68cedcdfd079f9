// GStreamer descriptions, in the language of gst-launch-1.0, as sources of frames.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "capture/frame_reader.h"
#include "capture/gst.h"

namespace turnstone {

// How the frames of a description come.
struct DescriptionOptions {
  std::string text = {};  // such as "videotestsrc ! video/x-raw,width=640"
  bool live = true;       // whether they are taken or not
  bool realtime = false;  // not live: at the pace of their timestamps
};

// Starts the pipeline; whatever it gives is decoded as a file is. Errors: invalid (not a
// description, or of nothing that gives), those of open_camera or open_video.
Result<std::unique_ptr<FrameReader>> open_description(const DescriptionOptions& options);

// A bin with one source pad of what `text` describes. Errors: invalid.
Result<Gst<GstElement>> make_bin(const std::string& text);

}  // namespace turnstone
