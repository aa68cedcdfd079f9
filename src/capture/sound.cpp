#include "capture/sound.h"

#include "capture/description.h"
#include "capture/pipeline.h"

namespace turnstone {
namespace {

PipelineOptions pipeline_of(const SoundOptions& options) {
  return {.sound = true, .channels = options.channels, .rate = options.rate};
}

Result<Gst<GstElement>> make_head(const std::string& device) {
  if (is_description(device)) return TRY(make_bin(device.substr(4)), print_device(device));
  auto head = TRY(make_element("alsasrc"));
  g_object_set(head.get(), "device", device.c_str(), nullptr);
  return head;
}

}  // namespace

Result<std::unique_ptr<FrameReader>> open_sound_file(const std::filesystem::path& path,
                                                     const SoundOptions& options, Pace pace) {
  auto pipeline = pipeline_of(options);
  pipeline.realtime = pace == Pace::realtime;
  return open_file_pipeline(path, "sound", std::move(pipeline));
}

Result<std::unique_ptr<FrameReader>> open_microphone(const std::string& device,
                                                     const SoundOptions& options) {
  TRY(start_gst());
  auto pipeline = pipeline_of(options);
  pipeline.where = print_device(device);
  pipeline.live = true;
  return open_pipeline(TRY(make_head(device)), pipeline);
}

}  // namespace turnstone
