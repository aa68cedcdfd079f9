// Cameras of the machine.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "capture/frame_reader.h"

namespace turnstone {

// What to set of a camera's optics, as V4L2 counts it; what is absent stays as it is.
struct CameraControls {
  std::optional<int> exposure = {};  // times 100 microseconds, 0: automatic
  std::optional<int> focus = {};     // no unit; ends autofocus
  std::optional<int> zoom = {};      // no unit
};

// What to ask of a camera; empty and 0 leave the choice to it.
struct CameraOptions {
  std::string device = {};  // "/dev/video0", or "gst:" and a GStreamer description of a live source
  int width = 0;            // pixels
  int height = 0;           // pixels
  double fps = 0;           // frames a second
  std::string format = {};  // "mjpeg", "yuyv", "nv12", "i420" or "h264"
  CameraControls controls = {};
};

// Whether the options make sense by themselves. Errors: invalid.
Result<> check_camera(const CameraOptions& options);

// Opens the camera and starts it. Frames that nobody takes in time are dropped, oldest first.
// Errors: invalid (as check_camera), unavailable (no such device, in use, or it cannot do what is
// asked), unsupported (a control that it does not have).
Result<std::unique_ptr<FrameReader>> open_camera(const CameraOptions& options);

}  // namespace turnstone
