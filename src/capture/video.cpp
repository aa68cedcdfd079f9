#include "capture/video.h"

#include "capture/pipeline.h"

namespace turnstone {

Result<std::unique_ptr<FrameReader>> open_video(const std::filesystem::path& path, Pace pace) {
  return open_file_pipeline(path, "video", {.realtime = pace == Pace::realtime});
}

}  // namespace turnstone
