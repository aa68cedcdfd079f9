#include "capture/camera.h"
#include "capture/description.h"
#include "station/kinds.h"
#include "station/source_reading.h"

namespace turnstone {
namespace {

// A camera of the machine.
struct V4l2SourceConfig {
  std::string name = {};               // of the source
  std::string device = "/dev/video0";  // its node
  int width = 0;                       // pixels, 0: as the camera likes
  int height = 0;                      // pixels, 0: as the camera likes
  double fps = 0;                      // frames a second, 0: as the camera likes
  std::string format = {};             // "", "mjpeg", "yuyv", "nv12", "i420" or "h264"
  int exposure = -1;                   // times 100 microseconds, 0: automatic, -1: as it is
  int focus = -1;                      // as the camera counts, -1: as it is
  int zoom = -1;                       // as the camera counts, -1: as it is
};

const Field<V4l2SourceConfig> v4l2_fields[] = {
    {"device", &V4l2SourceConfig::device, "path", "node of the camera"},
    {"width_px",
     &V4l2SourceConfig::width,
     "pixels",
     "0: as the camera likes",
     {.least = 0, .most = 16384}},
    {"height_px",
     &V4l2SourceConfig::height,
     "pixels",
     "0: as the camera likes",
     {.least = 0, .most = 16384}},
    {"fps",
     &V4l2SourceConfig::fps,
     "Hz",
     "frames a second, 0: as the camera likes",
     {.least = 0, .most = 1000}},
    {"format",
     &V4l2SourceConfig::format,
     "",
     "how the camera sends pixels, \"\": as it likes",
     {.choices = {"", "mjpeg", "yuyv", "nv12", "i420", "h264"}}},
    {"exposure",
     &V4l2SourceConfig::exposure,
     "100 us",
     "0: automatic, -1: as it is",
     {.least = -1, .most = 1'000'000}},
    {"focus",
     &V4l2SourceConfig::focus,
     "",
     "as the camera counts it, without autofocus; -1: as it is",
     {.least = -1, .most = 1'000'000}},
    {"zoom",
     &V4l2SourceConfig::zoom,
     "",
     "as the camera counts it, -1: as it is",
     {.least = -1, .most = 1'000'000}},
};

std::optional<int> setting(int value) { return value < 0 ? std::nullopt : std::optional(value); }

Result<std::unique_ptr<Source>> open_v4l2_source(const V4l2SourceConfig& config) {
  const CameraOptions options{.device = config.device,
                              .width = config.width,
                              .height = config.height,
                              .fps = config.fps,
                              .format = config.format,
                              .controls = {.exposure = setting(config.exposure),
                                           .focus = setting(config.focus),
                                           .zoom = setting(config.zoom)}};
  TRY(check_camera(options));
  return make_camera_source({.name = config.name, .where = print_device(config.device)},
                            [options] { return open_camera(options); });
}

}  // namespace

const Kind<Source> v4l2_source = kind_of<Source, V4l2SourceConfig, v4l2_fields, open_v4l2_source>(
    "v4l2", "a camera of this machine");

}  // namespace turnstone
