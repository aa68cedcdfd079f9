#include "capture/camera.h"

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "capture/description.h"
#include "capture/pipeline.h"
#include "media/image.h"

namespace turnstone {
namespace {

struct CameraFormat {
  std::string_view name;
  std::string_view caps;
};
constexpr std::array<CameraFormat, 6> formats{{
    {"", ""},
    {"mjpeg", "image/jpeg"},
    {"yuyv", "video/x-raw,format=YUY2"},
    {"nv12", "video/x-raw,format=NV12"},
    {"i420", "video/x-raw,format=I420"},
    {"h264", "video/x-h264"},
}};

const CameraFormat* find_format(std::string_view name) {
  for (const auto& format : formats)
    if (format.name == name) return &format;
  return nullptr;
}

// The size and rate that were asked for, as the end of a caps text.
std::string print_limits(const CameraOptions& options) {
  std::string text;
  if (options.width) text += fmt::format(",width={}", options.width);
  if (options.height) text += fmt::format(",height={}", options.height);
  if (options.fps > 0) {
    int top = 0, bottom = 1;
    gst_util_double_to_fraction(options.fps, &top, &bottom);
    text += fmt::format(",framerate={}/{}", top, bottom);
  }
  return text;
}

std::string print_caps(const CameraOptions& options) {
  const auto limits = print_limits(options);
  if (options.format.empty()) return "video/x-raw" + limits + ";image/jpeg" + limits;
  return std::string(find_format(options.format)->caps) + limits;
}

// A bin with the camera and a filter behind it. A device name never becomes part of a description.
Result<Gst<GstElement>> make_head(const CameraOptions& options) {
  const auto source =
      is_description(options.device) ? options.device.substr(4) : "v4l2src name=camera";
  auto head = TRY(make_bin(source + " ! capsfilter name=wanted"), print_device(options.device));
  const Gst<GstElement> filter(gst_bin_get_by_name(GST_BIN(head.get()), "wanted"));
  const Gst<GstCaps> caps(gst_caps_from_string(print_caps(options).c_str()));
  g_object_set(filter.get(), "caps", caps.get(), nullptr);
  if (const Gst<GstElement> camera{gst_bin_get_by_name(GST_BIN(head.get()), "camera")};
      camera && !is_description(options.device))
    g_object_set(camera.get(), "device", options.device.c_str(), nullptr);
  return head;
}

struct Setting {
  const char* name;
  uint32_t control;
  int value;
};

// In the order in which cameras want them: what is automatic goes before what it would overrule.
std::vector<Setting> settings_of(const CameraControls& controls) {
  std::vector<Setting> settings;
  const auto add = [&](const char* name, uint32_t control, std::optional<int> value) {
    if (value) settings.push_back({name, control, *value});
  };
  if (controls.exposure)
    add("exposure mode", V4L2_CID_EXPOSURE_AUTO,
        *controls.exposure == 0 ? V4L2_EXPOSURE_APERTURE_PRIORITY : V4L2_EXPOSURE_MANUAL);
  if (controls.exposure && *controls.exposure > 0)
    add("exposure", V4L2_CID_EXPOSURE_ABSOLUTE, controls.exposure);
  if (controls.focus) add("autofocus", V4L2_CID_FOCUS_AUTO, 0);
  add("focus", V4L2_CID_FOCUS_ABSOLUTE, controls.focus);
  add("zoom", V4L2_CID_ZOOM_ABSOLUTE, controls.zoom);
  return settings;
}

// Controls stay as they were set when the node is closed, and may be set while others stream.
Result<> set_controls(const std::string& device, const CameraControls& controls) {
  const auto settings = settings_of(controls);
  if (settings.empty()) return {};
  const int node = ::open(device.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (node < 0) return fail(Code::unavailable, "{}: cannot open: {}", device, std::strerror(errno));
  Result<> result;
  for (const auto& [name, control, value] : settings) {
    v4l2_control wanted{control, value};
    if (::ioctl(node, VIDIOC_S_CTRL, &wanted) == 0) continue;
    const auto why = errno;
    v4l2_queryctrl known{};
    known.id = control;
    const bool unknown = ::ioctl(node, VIDIOC_QUERYCTRL, &known) != 0;
    // What cannot focus by itself need not be told to stop it.
    if (unknown && control == V4L2_CID_FOCUS_AUTO) continue;
    if (control == V4L2_CID_EXPOSURE_AUTO && value == V4L2_EXPOSURE_APERTURE_PRIORITY) {
      wanted.value = V4L2_EXPOSURE_AUTO;
      if (::ioctl(node, VIDIOC_S_CTRL, &wanted) == 0) continue;
    }
    const char* reason = unknown         ? "the camera does not have it"
                         : why == ERANGE ? "is out of the camera's range"
                                         : std::strerror(why);
    result = fail(unknown ? Code::unsupported : Code::unavailable, "{}: {} {}: {}", device, name,
                  value, reason);
    break;
  }
  ::close(node);
  return result;
}

}  // namespace

Result<> check_camera(const CameraOptions& options) {
  if (options.device.empty()) return fail(Code::invalid, "device is empty, e.g. /dev/video0");
  if (!find_format(options.format))
    return fail(Code::invalid, "format '{}' is not one of mjpeg, yuyv, nv12, i420, h264",
                options.format);
  const auto& controls = options.controls;
  if (is_description(options.device) && (controls.exposure || controls.focus || controls.zoom))
    return fail(Code::invalid, "exposure, focus and zoom are set on devices, not on gst:");
  for (const int side : {options.width, options.height})
    if (side < 0 || side > most_side)
      return fail(Code::invalid, "side {} is outside [0, {}]", side, most_side);
  if (!(options.fps >= 0 && options.fps <= 1000))
    return fail(Code::invalid, "fps {} is outside [0, 1000]", options.fps);
  return {};
}

Result<std::unique_ptr<FrameReader>> open_camera(const CameraOptions& options) {
  TRY(check_camera(options), print_device(options.device));
  TRY(start_gst());
  if (!is_description(options.device)) TRY(set_controls(options.device, options.controls));
  return open_pipeline(TRY(make_head(options)),
                       {.where = print_device(options.device), .numbered = true, .live = true});
}

}  // namespace turnstone
