#include <filesystem>

#include "capture/sound.h"
#include "station/kinds.h"
#include "station/source_reading.h"
#include "station/window_fields.h"
#include "station/windowed_reader.h"

namespace turnstone {
namespace {

// A file of sound, or of anything else that was sampled evenly.
struct WavSourceConfig : WindowConfig {
  std::string name = {};  // of the source
  std::string path = {};  // of the file
  int channels = 0;       // mixed to so many, 0: as it has
  int sample_rate = 0;    // steps a second, 0: as it has
  bool loop = false;      // start over at the end
  bool realtime = false;  // at the pace of the recording, else as fast as windows are taken
};

const Field<WavSourceConfig> own_fields[] = {
    {"path",
     &WavSourceConfig::path,
     "path",
     "WAV file, or another one that GStreamer plays",
     {.required = true}},
    {"channels",
     &WavSourceConfig::channels,
     "",
     "mixed to so many, 0: as the file has",
     {.least = 0, .most = 64}},
    {"sample_rate_hz",
     &WavSourceConfig::sample_rate,
     "Hz",
     "resampled to so many steps a second, 0: as the file has",
     {.least = 0, .most = 1'000'000}},
    {"loop", &WavSourceConfig::loop, "", "start over at the end"},
    {"realtime", &WavSourceConfig::realtime, "",
     "at the pace of the recording, else as fast as windows are taken"},
};
const auto wav_fields = join_fields(own_fields, window_fields<WavSourceConfig>());

Result<std::unique_ptr<Source>> open_wav_source(const WavSourceConfig& config) {
  TRY(check_windows(config, 1));
  std::error_code ignored;
  if (!std::filesystem::exists(config.path, ignored))
    return fail(Code::missing, "{}: no such file", config.path);
  const auto open = [config]() -> Result<std::unique_ptr<FrameReader>> {
    const SoundOptions options{.channels = config.channels, .rate = config.sample_rate};
    const auto pace = config.realtime ? Pace::realtime : Pace::fast;
    return make_windowed_reader(TRY(open_sound_file(config.path, options, pace)), config);
  };
  return make_recording_source({config.name, config.path, config.loop}, open);
}

}  // namespace

const Kind<Source> wav_source = kind_of<Source, WavSourceConfig, wav_fields, open_wav_source>(
    "wav", "a file of sound or vibration, in windows of samples");

}  // namespace turnstone
