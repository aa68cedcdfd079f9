#include "capture/sound.h"

#include "capture/description.h"
#include "capture/pipeline.h"

namespace turnstone {
namespace {

PipelineOptions pipeline_of(const std::string& where, const SoundOptions& options) {
  return {.where = where, .sound = true, .channels = options.channels, .rate = options.rate};
}

Result<Gst<GstElement>> make_head(const std::string& device) {
  if (device.starts_with("gst:")) return TRY(make_bin(device.substr(4)), device);
  auto head = TRY(make_element("alsasrc"));
  g_object_set(head.get(), "device", device.c_str(), nullptr);
  return head;
}

}  // namespace

Result<std::unique_ptr<FrameReader>> open_sound_file(const std::filesystem::path& path,
                                                     const SoundOptions& options, Pace pace) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status))
    return fail(Code::missing, "{}: no such file", path.string());
  if (std::filesystem::is_directory(status))
    return fail(Code::invalid, "{}: is a folder, not a sound", path.string());
  TRY(start_gst());
  auto file = TRY(make_element("filesrc"));
  g_object_set(file.get(), "location", path.c_str(), nullptr);
  auto pipeline = pipeline_of(path.string(), options);
  pipeline.realtime = pace == Pace::realtime;
  return open_pipeline(std::move(file), pipeline);
}

Result<std::unique_ptr<FrameReader>> open_microphone(const std::string& device,
                                                     const SoundOptions& options) {
  TRY(start_gst());
  auto pipeline = pipeline_of(device, options);
  pipeline.live = true;
  return open_pipeline(TRY(make_head(device)), pipeline);
}

}  // namespace turnstone
