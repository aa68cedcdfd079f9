#include "capture/sample.h"

#include <gst/video/video.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "media/image.h"
#include "media/picture.h"
#include "media/samples.h"

namespace turnstone {
namespace {

// A sample whose pixels are mapped for reading for as long as it lives.
class MappedPicture {
 public:
  MappedPicture(Gst<GstSample> sample, GstVideoInfo& info) : sample_(std::move(sample)) {
    mapped_ =
        gst_video_frame_map(&frame_, &info, gst_sample_get_buffer(sample_.get()), GST_MAP_READ);
  }
  ~MappedPicture() {
    if (mapped_) gst_video_frame_unmap(&frame_);
  }
  MappedPicture(const MappedPicture&) = delete;
  MappedPicture& operator=(const MappedPicture&) = delete;
  bool is_mapped() const { return mapped_; }
  Plane plane(int i) const {
    return {static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, i)),
            GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, i)};
  }

 private:
  Gst<GstSample> sample_;
  GstVideoFrame frame_;
  bool mapped_;
};

std::optional<PixelFormat> format_of(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_RGB:
      return PixelFormat::rgb;
    case GST_VIDEO_FORMAT_BGR:
      return PixelFormat::bgr;
    case GST_VIDEO_FORMAT_RGBx:
      return PixelFormat::rgbx;
    case GST_VIDEO_FORMAT_BGRx:
      return PixelFormat::bgrx;
    case GST_VIDEO_FORMAT_GRAY8:
      return PixelFormat::gray;
    case GST_VIDEO_FORMAT_I420:
      return PixelFormat::i420;
    case GST_VIDEO_FORMAT_NV12:
      return PixelFormat::nv12;
    default:
      return {};
  }
}

// Nothing where the equations are none of ours. What a stream does not tell is what its size
// usually has.
std::optional<YuvSpace> yuv_space_of(const GstVideoInfo& info) {
  const bool is_full = info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  switch (info.colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT601:
      return YuvSpace{YuvMatrix::bt601, is_full};
    case GST_VIDEO_COLOR_MATRIX_BT709:
      return YuvSpace{YuvMatrix::bt709, is_full};
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return YuvSpace{YuvMatrix::bt2020, is_full};
    case GST_VIDEO_COLOR_MATRIX_UNKNOWN:
      return YuvSpace{info.height >= 720 ? YuvMatrix::bt709 : YuvMatrix::bt601, is_full};
    default:
      return {};
  }
}

Result<Frame> raw_frame(Gst<GstSample> sample) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())))
    return fail(Code::unsupported, "picture format is not raw video");
  const auto format = format_of(GST_VIDEO_INFO_FORMAT(&info));
  if (!format)
    return fail(Code::unsupported, "pixel format {} is not one of ours",
                GST_VIDEO_INFO_NAME(&info));
  const auto yuv = GST_VIDEO_INFO_IS_YUV(&info) ? yuv_space_of(info) : YuvSpace{};
  if (!yuv) return fail(Code::unsupported, "colours of this video are not ours");
  TRY(check_picture_size(info.width, info.height));
  auto picture = std::make_shared<MappedPicture>(std::move(sample), info);
  if (!picture->is_mapped()) return fail(Code::invalid, "pixels cannot be mapped");
  Frame frame;
  frame.format = *format;
  frame.yuv = *yuv;
  frame.width = info.width;
  frame.height = info.height;
  for (int i = 0; i < plane_count(*format); ++i) frame.planes[i] = picture->plane(i);
  frame.owner = std::move(picture);
  return frame;
}

Result<Frame> jpeg_frame(GstSample* sample) {
  GstMapInfo map;
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
    return fail(Code::invalid, "picture cannot be mapped");
  auto frame = decode_picture(std::as_bytes(std::span(map.data, map.size)));
  gst_buffer_unmap(buffer, &map);
  return frame;
}

}  // namespace

bool is_readable(const GstCaps* caps) {
  const Gst<GstCaps> readable(gst_caps_from_string(readable_caps));
  if (!gst_caps_is_subset(caps, readable.get())) return false;
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return true;
  return !GST_VIDEO_INFO_IS_YUV(&info) || yuv_space_of(info);
}

Result<Frame> frame_of(Gst<GstSample> sample) {
  const GstCaps* caps = gst_sample_get_caps(sample.get());
  if (!caps || !gst_sample_get_buffer(sample.get()))
    return fail(Code::unsupported, "sample has no picture");
  if (gst_structure_has_name(gst_caps_get_structure(caps, 0), "image/jpeg"))
    return jpeg_frame(sample.get());
  return raw_frame(std::move(sample));
}

Result<Frame> samples_of(Gst<GstSample> sample) {
  const GstCaps* caps = gst_sample_get_caps(sample.get());
  GstBuffer* buffer = gst_sample_get_buffer(sample.get());
  int channels = 0;
  int rate = 0;
  const auto* structure = caps ? gst_caps_get_structure(caps, 0) : nullptr;
  if (!buffer || !structure || !gst_structure_get_int(structure, "channels", &channels) ||
      !gst_structure_get_int(structure, "rate", &rate))
    return fail(Code::unsupported, "sample has no sound");
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
    return fail(Code::invalid, "sound cannot be mapped");
  const auto steps = static_cast<int64_t>(map.size / sizeof(float)) / std::max(channels, 1);
  std::vector<float> values;
  const auto fits = check_window_size(channels, steps);
  if (fits) {
    values.resize(static_cast<size_t>(channels * steps));
    const auto* from = reinterpret_cast<const float*>(map.data);
    for (int64_t step = 0; step < steps; ++step)
      for (int channel = 0; channel < channels; ++channel)
        values[static_cast<size_t>(channel * steps + step)] = *from++;
  }
  gst_buffer_unmap(buffer, &map);
  TRY(fits);
  return make_samples(std::move(values), channels, rate);
}

}  // namespace turnstone
