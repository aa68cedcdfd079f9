// Pictures into H.264, as recordings and streams carry it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// One picture of a stream, encoded.
struct EncodedPicture {
  std::shared_ptr<const Bytes> bytes;  // with start codes; a key picture begins with its parameters
  std::chrono::steady_clock::time_point taken = {};  // of the frame; rises in the order of display
  std::chrono::nanoseconds decode_lead{0};           // so much before `taken` it is to be decoded
  bool is_key = false;                               // can be shown without those before it
};

struct EncoderOptions {
  PixelFormat format = PixelFormat::rgb;  // of the frames
  YuvSpace yuv = {};
  int width = 0;  // pixels; an odd column or row at the end is left out
  int height = 0;
  int bitrate_kbps = 0;                       // 0: as the size asks for
  std::chrono::milliseconds key_every{1000};  // at most this far apart
  std::string encoder = {};                   // GStreamer's name of it, "": the best there is
};

// Whether an encoder of these options can take the frame.
bool fits(const EncoderOptions& options, const Frame& frame);

// One thread at a time, but for force_key.
class Encoder {
 public:
  virtual ~Encoder() = default;

  // Takes one frame of the size and format of the options, later than those before it, and gives
  // what is encoded by now; some encoders are pictures behind. Errors: unavailable (the encoder
  // fails).
  virtual Result<std::vector<EncodedPicture>> encode(const Frame& frame) = 0;

  // What was still to come. Nothing may be encoded any more. Errors: unavailable.
  virtual Result<std::vector<EncodedPicture>> finish() = 0;

  // The next frame becomes a key picture. Any thread.
  virtual void force_key() = 0;

  // GStreamer's name of what encodes.
  virtual std::string name() const = 0;
};

// Opens the encoder that the options name, or the first that this machine can run, hardware before
// programs. Errors: invalid (a size), unsupported (there is none), unavailable (it does not start).
Result<std::unique_ptr<Encoder>> open_encoder(const EncoderOptions& options);

}  // namespace turnstone
