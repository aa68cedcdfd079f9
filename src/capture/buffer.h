// From a Frame to a GStreamer buffer, the other way of sample.h; nobody else includes it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "capture/gst.h"
#include "media/frame.h"

namespace turnstone {

// What buffers of frames of that format and size are called. The colours of YUV are told as Frame
// means them.
Gst<GstCaps> caps_of(PixelFormat format, const YuvSpace& yuv, int width, int height);

// The frame's upper left piece of that size; shares its pixels and keeps them alive. No times.
Gst<GstBuffer> buffer_of(const Frame& frame, int width, int height);

// A whole pipeline of what `text` describes. Errors: unsupported (an element is not installed),
// invalid (the text).
Result<Gst<GstElement>> make_pipeline(const std::string& text);

// The first error that an element has put on the pipeline's bus; other messages are taken off it.
std::optional<Error> find_failure(GstElement* pipeline);

}  // namespace turnstone
