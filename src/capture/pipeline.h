// The one GStreamer pipeline of this folder: head ! decodebin ! appsink, of pictures or of sound.
// Nobody else includes it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "capture/frame_reader.h"
#include "capture/gst.h"

namespace turnstone {

struct PipelineOptions {
  std::string where = {};  // what messages begin with: the file or the device
  bool numbered = false;   // live: its source numbers pictures, with gaps where it dropped some
  bool live = false;       // a camera: old frames are dropped, every failure is unavailable
  bool realtime = false;   // frames come at the pace of their timestamps
  bool sound = false;      // the first stream of sound, as windows of samples
  int channels = 0;        // of sound, mixed to so many; 0: as it has
  int rate = 0;            // of sound, resampled to so many steps a second; 0: as it has
};

// Starts a pipeline behind `head`, which has one source pad, and waits until the first picture is
// there (a camera: until it streams). Errors: as open_video and open_camera, or open_sound_file and
// open_microphone. The windows of sound are as long as it comes, and their numbers count steps.
Result<std::unique_ptr<FrameReader>> open_pipeline(Gst<GstElement> head,
                                                   const PipelineOptions& options);

// The same of a file, which is to be `what`: "video". `options.where` is filled in. Errors: missing
// (no such file), invalid (a folder), then those of open_pipeline.
Result<std::unique_ptr<FrameReader>> open_file_pipeline(const std::filesystem::path& path,
                                                        const char* what, PipelineOptions options);

}  // namespace turnstone
