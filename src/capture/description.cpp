#include "capture/description.h"

#include "capture/gst.h"
#include "capture/pipeline.h"

namespace turnstone {

bool is_description(const std::string& device) { return device.starts_with("gst:"); }

std::string print_device(const std::string& device) {
  return is_description(device) ? "gst" : device;
}

Result<std::unique_ptr<FrameReader>> open_description(const DescriptionOptions& options) {
  TRY(start_gst());
  const std::string where = "gst";  // the description may hold a password
  return open_pipeline(TRY(make_bin(options.text), where),
                       {.where = where, .live = options.live, .realtime = options.realtime});
}

}  // namespace turnstone
