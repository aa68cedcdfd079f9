#include "capture/video.h"
#include "station/source_reading.h"
#include "station/sources.h"

namespace turnstone {
namespace {

class VideoSource final : public Source {
 public:
  VideoSource(const VideoSourceConfig& config, ReaderOpener open)
      : config_(config), open_(std::move(open)) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    do {
      if (TRY(pass(stop, deliver, report)) == SourceEnd::stopped) return SourceEnd::stopped;
      if (next_ == first_) return fail(Code::invalid, "{}: has no pictures", config_.path);
      first_ = next_;
    } while (config_.loop);
    return SourceEnd::ended;
  }

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
    const Reading reading{config_.name, std::chrono::seconds(30)};
    return read_frames(*reader, reading, at, stop, deliver_new, report_new);
  }

  VideoSourceConfig config_;
  ReaderOpener open_;
  int64_t first_ = 0;  // number of the first frame of this pass
  int64_t next_ = 0;   // number of the next frame
};

}  // namespace

std::unique_ptr<Source> make_video_source(const VideoSourceConfig& config, ReaderOpener open) {
  return std::make_unique<VideoSource>(config, std::move(open));
}

Result<std::unique_ptr<Source>> open_video_source(const VideoSourceConfig& config) {
  if (config.path.empty()) return fail(Code::invalid, "path is empty, it names a video file");
  std::error_code ignored;
  if (!std::filesystem::exists(config.path, ignored))
    return fail(Code::missing, "{}: no such file", config.path);
  const auto pace = config.realtime ? Pace::realtime : Pace::fast;
  return make_video_source(config, [path = config.path, pace] { return open_video(path, pace); });
}

}  // namespace turnstone
