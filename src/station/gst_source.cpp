#include "capture/description.h"
#include "station/kinds.h"
#include "station/source_reading.h"

namespace turnstone {
namespace {

// Whatever GStreamer can describe.
struct GstSourceConfig {
  std::string name = {};         // of the source
  std::string description = {};  // in the language of gst-launch-1.0, ends in pictures
  bool live = true;              // frames come whether they are taken or not
  bool loop = false;             // not live: start over at the end
  bool realtime = false;         // not live: at the pace of the timestamps
};

const Field<GstSourceConfig> gst_fields[] = {
    {"description",
     &GstSourceConfig::description,
     "",
     "elements as for gst-launch-1.0, the last of which gives pictures",
     {.required = true}},
    {"live", &GstSourceConfig::live, "", "frames come whether they are taken or not"},
    {"loop", &GstSourceConfig::loop, "", "not live: start over at the end"},
    {"realtime", &GstSourceConfig::realtime, "",
     "not live: at the pace of the timestamps, else as fast as frames are taken"},
};

Result<std::unique_ptr<Source>> open_gst_source(const GstSourceConfig& config) {
  const DescriptionOptions options{
      .text = config.description, .live = config.live, .realtime = config.realtime};
  if (config.live && (config.loop || config.realtime))
    return fail(Code::invalid, "loop and realtime are for what is not live");
  const auto open = [options] { return open_description(options); };
  if (config.live) return make_camera_source({.name = config.name, .where = "gst"}, open);
  return make_recording_source({config.name, "gst", config.loop}, open);
}

}  // namespace

const Kind<Source> gst_source = kind_of<Source, GstSourceConfig, gst_fields, open_gst_source>(
    "gst", "whatever a GStreamer description gives");

}  // namespace turnstone
