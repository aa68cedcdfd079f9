// From a Frame to a GStreamer buffer, the other way of sample.h; nobody else includes it.
#pragma once

#include "capture/gst.h"
#include "media/frame.h"

namespace turnstone {

// What buffers of frames of that format and size are called. The colours of YUV are told as Frame
// means them.
Gst<GstCaps> caps_of(PixelFormat format, const YuvSpace& yuv, int width, int height);

// The frame's upper left piece of that size; shares its pixels and keeps them alive. No times.
Gst<GstBuffer> buffer_of(const Frame& frame, int width, int height);

}  // namespace turnstone
