// How a viewer encodes pictures: the settings of every section that does.
#pragma once

#include <array>
#include <string>

#include "capture/encoder.h"
#include "station/field.h"

namespace turnstone {

// To be derived from by the settings of a section, whose table of fields is then made with
// join_fields and encoding_fields.
struct EncodingConfig {
  std::string encoder = {};
  int bitrate_kbps = 0;
  double key_seconds = 1;
};

// The fields of an EncodingConfig in the table of a `Section` that derives from it.
template <class Section>
std::array<Field<Section>, 3> encoding_fields() {
  return {{{"encoder", &Section::encoder, "",
            "GStreamer's name of it, \"\": the first that works, hardware before programs"},
           {"bitrate_kbps",
            &Section::bitrate_kbps,
            "kbit/s",
            "0: as the size asks for",
            {.least = 0, .most = 1'000'000}},
           {"key_s",
            &Section::key_seconds,
            "s",
            "from one picture that stands alone to the next, at most",
            {.least = 0.1, .most = 60}}}};
}

// What encodes frames such as this one.
inline EncoderOptions encoder_options_of(const EncodingConfig& config, const Frame& frame) {
  return {.format = frame.format,
          .yuv = frame.yuv,
          .width = frame.width,
          .height = frame.height,
          .bitrate_kbps = config.bitrate_kbps,
          .key_every = std::chrono::milliseconds(static_cast<int64_t>(config.key_seconds * 1000)),
          .encoder = config.encoder};
}

}  // namespace turnstone
