#include <filesystem>

#include "capture/video.h"
#include "station/kinds.h"
#include "station/source_reading.h"

namespace turnstone {
namespace {

// A video file of any container and codec that GStreamer's installed plugins read.
struct VideoSourceConfig {
  std::string name = {};  // of the source
  std::string path = {};  // of the file
  bool loop = false;      // start over at the end
  bool realtime = false;  // at the pace of the recording, else as fast as frames are taken
};

const Field<VideoSourceConfig> video_fields[] = {
    {"path", &VideoSourceConfig::path, "path", "video file", {.required = true}},
    {"loop", &VideoSourceConfig::loop, "", "start over at the end"},
    {"realtime", &VideoSourceConfig::realtime, "",
     "at the pace of the recording, else as fast as frames are taken"},
};

Result<std::unique_ptr<Source>> open_video_source(const VideoSourceConfig& config) {
  std::error_code ignored;
  if (!std::filesystem::exists(config.path, ignored))
    return fail(Code::missing, "{}: no such file", config.path);
  const auto pace = config.realtime ? Pace::realtime : Pace::fast;
  return make_recording_source({config.name, config.path, config.loop},
                               [path = config.path, pace] { return open_video(path, pace); });
}

}  // namespace

const Kind<Source> video_source =
    kind_of<Source, VideoSourceConfig, video_fields, open_video_source>("video", "a video file");

}  // namespace turnstone
