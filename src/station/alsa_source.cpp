#include <cmath>

#include "capture/description.h"
#include "capture/sound.h"
#include "station/kinds.h"
#include "station/source_reading.h"
#include "station/window_fields.h"
#include "station/windowed_reader.h"

namespace turnstone {
namespace {

// A microphone, or a sensor of vibration that the machine takes for one.
struct AlsaSourceConfig : WindowConfig {
  std::string name = {};           // of the source
  std::string device = "default";  // as ALSA names it
  int channels = 1;                // mixed to so many, 0: as it has
  int sample_rate = 16'000;        // steps a second, 0: as it has
  std::chrono::milliseconds timeout{5000};
};

const Field<AlsaSourceConfig> own_fields[] = {
    {"device", &AlsaSourceConfig::device, "",
     "as ALSA names it, such as hw:1,0; or gst: and a description of a live source of sound"},
    {"channels",
     &AlsaSourceConfig::channels,
     "",
     "mixed to so many, 0: as the device has",
     {.least = 0, .most = 64}},
    {"sample_rate_hz",
     &AlsaSourceConfig::sample_rate,
     "Hz",
     "steps a second, 0: as the device has",
     {.least = 0, .most = 1'000'000}},
    {"timeout_ms",
     &AlsaSourceConfig::timeout,
     "ms",
     "silence of the device before it is opened again",
     {.least = 100, .most = 600'000}},
};
const auto alsa_fields = join_fields(own_fields, window_fields<AlsaSourceConfig>());

Result<std::unique_ptr<Source>> open_alsa_source(const AlsaSourceConfig& config) {
  TRY(check_windows(config, 1));
  if (config.device.empty()) return fail(Code::invalid, "device is empty, e.g. default or hw:1,0");
  const auto open = [config]() -> Result<std::unique_ptr<FrameReader>> {
    const SoundOptions options{.channels = config.channels, .rate = config.sample_rate};
    return make_windowed_reader(TRY(open_microphone(config.device, options)), config);
  };
  const double rate = config.sample_rate > 0 ? config.sample_rate : 8000;
  const auto filling = std::chrono::milliseconds(std::lround(1000 * config.window / rate));
  return make_camera_source({.name = config.name,
                             .where = print_device(config.device),
                             .silence = config.timeout + filling},
                            open);
}

}  // namespace

const Kind<Source> alsa_source = kind_of<Source, AlsaSourceConfig, alsa_fields, open_alsa_source>(
    "alsa", "a microphone or another sampled device, in windows of samples");

}  // namespace turnstone
