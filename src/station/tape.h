// The recording of one source: encoded at once, the last seconds kept in memory, clips written
// always or around events.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "capture/clip_writer.h"
#include "station/clip_folder.h"
#include "station/encoding.h"
#include "station/template.h"

namespace turnstone {

struct TapeOptions {
  std::string source;
  Container container = Container::mkv;
  bool always = true;                       // else around events only
  std::chrono::milliseconds most_length{};  // of a clip
  std::chrono::milliseconds before{};       // an event, in its clip
  std::chrono::milliseconds after{};
  EncodingConfig encoding;
};

// Something for whose sake pictures are kept.
struct TapeEvent {
  std::chrono::steady_clock::time_point taken;  // its picture
  TemplateValues values;
};

// A clip that is complete.
struct FinishedClip {
  std::filesystem::path path;
  Json about;
  TemplateValues values;  // for names
};

// One thread at a time.
class Tape {
 public:
  // `done` is called with each clip that is complete.
  Tape(TapeOptions options, const ClipFolder& folder, const Template& name,
       std::function<void(const FinishedClip&)> done)
      : options_(std::move(options)), folder_(folder), name_(name), done_(std::move(done)) {}

  // The next frame of the source. Errors: those of encoder and clip; what was open is given up, and
  // a later frame begins anew.
  Result<> add(const Frame& frame);

  // Keeps what is in memory of the time before the event and what comes after it. Errors: those of
  // a clip.
  Result<> mark(const TapeEvent& event);

  // Completes what is open.
  Result<> finish();

  // The clip that is being written.
  std::optional<std::filesystem::path> open_clip() const;

  // GStreamer's name of the encoder, "" before the first frame.
  std::string encoder() const { return encoder_ ? encoder_->name() : ""; }

 private:
  using Steady = std::chrono::steady_clock;
  struct Clip {
    std::filesystem::path path;
    std::unique_ptr<ClipWriter> writer;
    Json about;
    TemplateValues values;
    Steady::time_point began, ended;
    int64_t frames = 0;
  };

  Result<> prepare(const Frame& frame);
  Result<> keep(const EncodedPicture& picture);
  Result<> write(const EncodedPicture& picture);
  Result<> begin(const EncodedPicture& first, const TapeEvent* event);
  Result<> end();
  void note(Clip& clip, const TapeEvent& event) const;
  void forget_old();
  bool wants_clip(Steady::time_point now) const { return options_.always || now <= until_; }
  std::chrono::system_clock::time_point wall_of(Steady::time_point taken) const;

  TapeOptions options_;
  const ClipFolder& folder_;
  const Template& name_;
  std::function<void(const FinishedClip&)> done_;
  std::unique_ptr<Encoder> encoder_;
  EncoderOptions encoding_;                     // of the encoder
  std::chrono::system_clock::time_point wall_;  // of the last frame
  Steady::time_point taken_;
  std::deque<EncodedPicture> past_;  // begins with a key picture
  std::optional<Clip> clip_;
  Steady::time_point until_ = Steady::time_point::min();  // pictures are kept because of an event
};

}  // namespace turnstone
