#include "station/source_reading.h"

#include <mutex>

#include "base/log.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What decodes a source's frames: told once for each that is chosen.
class DecoderName {
 public:
  std::string get() const {
    const std::lock_guard lock(mutex_);
    return name_;
  }
  void set(const std::string& source, const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (name == name_ || name.empty()) return;
    name_ = name;
    log_info("source {}: decoded by {}", source, name);
  }

 private:
  mutable std::mutex mutex_;
  std::string name_;
};

// Delivers the frames of `reader` until it ends, fails or a stop is requested. Numbers go on from
// `next`, which it keeps.
Result<SourceEnd> read_frames(FrameReader& reader, const Camera& camera, int64_t& next,
                              DecoderName& decoder, std::stop_token stop, const FrameSink& deliver,
                              const ErrorSink& report) {
  const int64_t base = next;
  auto heard = Steady::now();
  while (!stop.stop_requested()) {
    auto grab = TRY(reader.next(milliseconds(100)));
    switch (grab.kind) {
      case Grab::frame:
        if (next == base) decoder.set(camera.name, reader.decoder());
        grab.picture.sequence += base;
        grab.picture.source = camera.name;
        next = grab.picture.sequence + 1;
        deliver(std::move(grab.picture));
        heard = Steady::now();
        break;
      case Grab::broken:
        report(grab.error);
        [[fallthrough]];
      case Grab::nothing:
        if (Steady::now() - heard >= camera.silence)
          return fail(Code::unavailable, "{}: no frame for {} ms", camera.where,
                      camera.silence.count());
        break;
      case Grab::end:
        return SourceEnd::ended;
    }
  }
  return SourceEnd::stopped;
}

class RecordingSource final : public Source {
 public:
  RecordingSource(Recording recording, ReaderOpener open)
      : recording_(std::move(recording)), open_(std::move(open)) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    do {
      if (TRY(pass(stop, deliver, report)) == SourceEnd::stopped) return SourceEnd::stopped;
      if (next_ == first_) return fail(Code::invalid, "{}: has no pictures", recording_.where);
      first_ = next_;
    } while (recording_.loop);
    return SourceEnd::ended;
  }

  bool is_endless() const override { return recording_.loop; }
  std::string decoder() const override { return decoder_.get(); }

 private:
  // From the first frame to the last. What a pass that failed has delivered already is read, but
  // not delivered and not reported, again.
  Result<SourceEnd> pass(const std::stop_token& stop, const FrameSink& deliver,
                         const ErrorSink& report) {
    int64_t at = first_;
    const FrameSink deliver_new = [&](Frame frame) {
      if (frame.sequence < next_) return;
      next_ = frame.sequence + 1;
      deliver(std::move(frame));
    };
    const ErrorSink report_new = [&](const Error& error) {
      if (at >= next_) report(error);
    };
    const auto reader = TRY(open_());
    const Camera camera{recording_.name, recording_.where, std::chrono::seconds(30)};
    return read_frames(*reader, camera, at, decoder_, stop, deliver_new, report_new);
  }

  Recording recording_;
  ReaderOpener open_;
  DecoderName decoder_;
  int64_t first_ = 0;  // number of the first frame of this pass
  int64_t next_ = 0;   // number of the next frame
};

class CameraSource final : public Source {
 public:
  CameraSource(Camera camera, ReaderOpener open)
      : camera_(std::move(camera)), open_(std::move(open)) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    const auto reader = TRY(open_());
    return read_frames(*reader, camera_, next_, decoder_, stop, deliver, report);
  }

  bool is_live() const override { return true; }
  std::string decoder() const override { return decoder_.get(); }

 private:
  Camera camera_;
  ReaderOpener open_;
  DecoderName decoder_;
  int64_t next_ = 0;  // number of the next frame
};

}  // namespace

std::unique_ptr<Source> make_recording_source(Recording recording, ReaderOpener open) {
  return std::make_unique<RecordingSource>(std::move(recording), std::move(open));
}

std::unique_ptr<Source> make_camera_source(Camera camera, ReaderOpener open) {
  return std::make_unique<CameraSource>(std::move(camera), std::move(open));
}

}  // namespace turnstone
