// From a GStreamer sample to a Frame; nobody else includes it.
#pragma once

#include "base/result.h"
#include "capture/gst.h"
#include "media/frame.h"

namespace turnstone {

// Formats that frame_of reads as they are; all others, and YUV of which is_readable is false, are
// to be converted to `converted_caps` before. JPEG is decoded here and not by a plugin, so that
// every picture has the same pixels as the file of it.
inline constexpr const char* readable_caps =
    "image/jpeg; "
    "video/x-raw, format=(string){RGB, BGR, RGBx, BGRx, GRAY8, I420, NV12}";
inline constexpr const char* converted_caps = "video/x-raw, format=(string)RGB";

// Whether frame_of reads pictures of these fixed caps.
bool is_readable(const GstCaps* caps);

// The picture of a sample: raw ones share its memory and hold the sample, JPEG ones are decoded.
// Leaves times, names and number alone. Errors: invalid (a broken JPEG, a size beyond reason),
// unsupported (other caps).
Result<Frame> frame_of(Gst<GstSample> sample);

// What sound is to be converted to before samples_of.
inline constexpr const char* sound_caps =
    "audio/x-raw, format=(string)F32LE, layout=(string)interleaved";

// The sound of a sample as a window of samples, a copy. Leaves times, names and number alone.
// Errors: invalid (more channels or steps than a window may have), unsupported (other caps).
Result<Frame> samples_of(Gst<GstSample> sample);

}  // namespace turnstone
