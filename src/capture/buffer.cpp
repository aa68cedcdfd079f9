#include "capture/buffer.h"

#include <fmt/format.h>
#include <gst/video/video.h>

#include "media/image.h"

namespace turnstone {
namespace {

GstVideoFormat format_of(PixelFormat format) {
  static constexpr GstVideoFormat formats[] = {
      GST_VIDEO_FORMAT_RGB,   GST_VIDEO_FORMAT_BGR,  GST_VIDEO_FORMAT_RGBx, GST_VIDEO_FORMAT_BGRx,
      GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12};
  return formats[static_cast<int>(format)];
}

// As caps spell it: range, matrix, and a transfer and primaries that nobody told.
std::string print_colorimetry(const YuvSpace& yuv) {
  static constexpr GstVideoColorMatrix matrices[] = {
      GST_VIDEO_COLOR_MATRIX_BT601, GST_VIDEO_COLOR_MATRIX_BT709, GST_VIDEO_COLOR_MATRIX_BT2020};
  const auto range = yuv.is_full ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  return fmt::format("{}:{}:0:0", static_cast<int>(range),
                     static_cast<int>(matrices[static_cast<int>(yuv.matrix)]));
}

}  // namespace

Gst<GstCaps> caps_of(PixelFormat format, const YuvSpace& yuv, int width, int height) {
  Gst<GstCaps> caps(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING,
                                        gst_video_format_to_string(format_of(format)), "width",
                                        G_TYPE_INT, width, "height", G_TYPE_INT, height,
                                        "framerate", GST_TYPE_FRACTION, 0, 1, nullptr));
  if (plane_count(format) > 1)
    gst_caps_set_simple(caps.get(), "colorimetry", G_TYPE_STRING, print_colorimetry(yuv).c_str(),
                        nullptr);
  return caps;
}

// Rows that end before their stride does are the reason why the last one is cut short.
Gst<GstBuffer> buffer_of(const Frame& frame, int width, int height) {
  Gst<GstBuffer> buffer(gst_buffer_new());
  gsize offsets[GST_VIDEO_MAX_PLANES] = {};
  gint strides[GST_VIDEO_MAX_PLANES] = {};
  gsize size = 0;
  const int count = plane_count(frame.format);
  for (int i = 0; i < count; ++i) {
    const auto& plane = frame.planes[static_cast<size_t>(i)];
    const auto rows = row_count(frame.format, i, height);
    const auto bytes =
        static_cast<gsize>(plane.stride * (rows - 1) + row_bytes(frame.format, i, width));
    auto* owner = new std::shared_ptr<const void>(frame.owner);
    gst_buffer_append_memory(
        buffer.get(),
        gst_memory_new_wrapped(
            GST_MEMORY_FLAG_READONLY, const_cast<uint8_t*>(plane.data), bytes, 0, bytes, owner,
            [](gpointer held) { delete static_cast<std::shared_ptr<const void>*>(held); }));
    offsets[i] = size;
    strides[i] = static_cast<gint>(plane.stride);
    size += bytes;
  }
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, format_of(frame.format),
                                 static_cast<guint>(width), static_cast<guint>(height),
                                 static_cast<guint>(count), offsets, strides);
  return buffer;
}

}  // namespace turnstone
