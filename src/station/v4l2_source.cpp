#include "capture/camera.h"
#include "station/source_reading.h"
#include "station/sources.h"

namespace turnstone {
namespace {

class V4l2Source final : public Source {
 public:
  V4l2Source(std::string name, CameraOptions options)
      : name_(std::move(name)), options_(std::move(options)) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    const auto reader = TRY(open_camera(options_));
    return TRY(read_frames(*reader, {name_, std::chrono::seconds(5)}, next_, stop, deliver, report),
               options_.device);
  }

  bool is_live() const override { return true; }

 private:
  std::string name_;
  CameraOptions options_;
  int64_t next_ = 0;  // number of the next frame
};

}  // namespace

Result<std::unique_ptr<Source>> open_v4l2_source(const V4l2SourceConfig& config) {
  const CameraOptions options{.device = config.device,
                              .width = config.width,
                              .height = config.height,
                              .fps = config.fps,
                              .format = config.format};
  TRY(check_camera(options));
  return std::make_unique<V4l2Source>(config.name, options);
}

}  // namespace turnstone
