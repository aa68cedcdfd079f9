#include "capture/encoder.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <utility>

#include "capture/buffer.h"
#include "capture/gst.h"
#include "media/image.h"

namespace turnstone {
namespace {

using std::chrono::nanoseconds;
using Steady = std::chrono::steady_clock;

// How each encoder is told its rate; which of them a machine has is found out by trying.
struct Known {
  const char* name;
  const char* rate;       // property
  int units_in_kbit;      // of that property
  const char* more = "";  // other properties, as gst-launch-1.0 would take them
};
constexpr std::array<Known, 7> encoders{{
    {"nvh264enc", "bitrate", 1, "zerolatency=true bframes=0"},
    {"vah264enc", "bitrate", 1, "b-frames=0"},
    {"vaapih264enc", "bitrate", 1, "max-bframes=0"},
    {"qsvh264enc", "bitrate", 1, "b-frames=0"},
    {"v4l2h264enc", nullptr, 1},
    {"x264enc", "bitrate", 1, "tune=zerolatency speed-preset=superfast"},
    {"openh264enc", "bitrate", 1000, "complexity=low"},
}};

// Whoever waits for an encoder that is pictures behind waits this long, once for each of them.
constexpr GstClockTime patience = 200 * GST_MSECOND;
constexpr int64_t look_every = 30;  // frames, at how many pictures it is behind
constexpr GstClockTime end_time = 5 * GST_SECOND;

// About what superfast encoders need for moving pictures of 30 a second.
int rate_of(const EncoderOptions& options) {
  if (options.bitrate_kbps > 0) return options.bitrate_kbps;
  return std::max(200, static_cast<int>(int64_t{options.width} * options.height * 2 / 1000));
}

class GstEncoder final : public Encoder {
 public:
  explicit GstEncoder(EncoderOptions options) : options_(std::move(options)) {}

  Result<> open(const Known& known);
  Result<std::vector<EncodedPicture>> encode(const Frame& frame) override;
  Result<std::vector<EncodedPicture>> finish() override;
  void force_key() override { wants_key_ = true; }
  std::string name() const override { return name_; }

 private:
  Result<> collect(GstClockTime wait, std::vector<EncodedPicture>& into);
  void note_behind();
  EncodedPicture picture_of(GstSample* sample) const;
  Error failure() const;

  EncoderOptions options_;
  std::string name_;
  GstPipelineOwner pipeline_;
  Gst<GstElement> source_, encoder_, sink_;
  std::atomic<bool> wants_key_{true};
  Steady::time_point began_;     // the first frame was taken then
  Steady::time_point last_;      // and the last one
  Steady::time_point last_key_;  // a key picture was asked for
  int64_t given_ = 0, taken_ = 0;
  int64_t behind_ = 0;       // pictures that the encoder keeps to itself
  int64_t most_behind_ = 0;  // of the last frames, when the next one came
};

std::string print_description(const EncoderOptions& options, const Known& known) {
  const auto rate =
      known.rate ? fmt::format("{}={}", known.rate, rate_of(options) * known.units_in_kbit) : "";
  return fmt::format(
      "appsrc name=in format=time block=true max-buffers=2 ! videoconvert ! "
      "video/x-raw,format=(string){{I420,NV12}} ! {} name=encoder {} {} ! "
      "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au ! "
      "appsink name=out sync=false max-buffers=64",
      known.name, rate, known.more);
}

Result<> GstEncoder::open(const Known& known) {
  TRY(check_picture_size(options_.width, options_.height));
  pipeline_ = TRY(make_pipeline(print_description(options_, known)));
  source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "in"));
  end_when_it_fails(pipeline_.get(), source_.get());
  encoder_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "encoder"));
  sink_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
  const auto caps =
      caps_of(options_.format, options_.yuv, options_.width & ~1, options_.height & ~1);
  gst_app_src_set_caps(GST_APP_SRC(source_.get()), caps.get());
  name_ = known.name;
  if (gst_element_set_state(encoder_.get(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE)
    return fail(Code::unavailable, "{}: has no hardware that it can use", name_);
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    return std::unexpected(failure());
  return {};
}

Error GstEncoder::failure() const {
  auto error = find_failure(pipeline_.get());
  return error ? std::move(*error).in(name_) : Error{Code::unavailable, name_ + ": does not go on"};
}

// An encoder that was slow once is not taken to be slow for ever.
void GstEncoder::note_behind() {
  most_behind_ = std::max(most_behind_, given_ - taken_);
  if (given_ % look_every == 0) behind_ = std::exchange(most_behind_, 0);
}

// Times must rise, or pictures would change places.
Result<std::vector<EncodedPicture>> GstEncoder::encode(const Frame& frame) {
  std::vector<EncodedPicture> pictures;
  TRY(collect(0, pictures));
  note_behind();
  auto taken = frame.taken;
  if (given_ == 0) began_ = last_ = taken;
  if (given_ > 0) taken = std::max(taken, last_ + std::chrono::microseconds(100));
  last_ = taken;
  if (wants_key_.exchange(false) || taken - last_key_ >= options_.key_every) {
    last_key_ = taken;
    gst_element_send_event(
        encoder_.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
  }
  auto buffer = buffer_of(frame, options_.width & ~1, options_.height & ~1);
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(nanoseconds(taken - began_).count());
  ++given_;
  if (gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer.release()) != GST_FLOW_OK)
    return std::unexpected(failure());
  TRY(collect(patience, pictures));
  return pictures;
}

// An encoder that has given nothing for so long waits for more frames.
Result<> GstEncoder::collect(GstClockTime wait, std::vector<EncodedPicture>& into) {
  for (;;) {
    const bool awaited = given_ - taken_ > behind_;
    const Gst<GstSample> sample(
        gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), awaited ? wait : 0));
    if (!sample) break;
    into.push_back(picture_of(sample.get()));
    ++taken_;
  }
  if (auto error = find_failure(pipeline_.get()))
    return std::unexpected(std::move(*error).in(name_));
  behind_ = std::max(behind_, given_ - taken_);
  return {};
}

EncodedPicture GstEncoder::picture_of(GstSample* sample) const {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  Bytes bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  // Encoders shift times to have room for pictures that are decoded first; running time does not.
  const auto* segment = gst_sample_get_segment(sample);
  const auto shown = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  EncodedPicture picture{.bytes = std::make_shared<const Bytes>(std::move(bytes)),
                         .taken = began_ + nanoseconds(shown)};
  if (GST_BUFFER_DTS_IS_VALID(buffer) && GST_BUFFER_PTS(buffer) > GST_BUFFER_DTS(buffer))
    picture.decode_lead = nanoseconds(GST_BUFFER_PTS(buffer) - GST_BUFFER_DTS(buffer));
  picture.is_key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return picture;
}

Result<std::vector<EncodedPicture>> GstEncoder::finish() {
  std::vector<EncodedPicture> pictures;
  if (given_ == 0) return pictures;
  gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
  while (const Gst<GstSample> sample{
      gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), end_time)})
    pictures.push_back(picture_of(sample.get()));
  if (auto error = find_failure(pipeline_.get()))
    return std::unexpected(std::move(*error).in(name_));
  if (!gst_app_sink_is_eos(GST_APP_SINK(sink_.get())))
    return fail(Code::unavailable, "{}: does not come to an end", name_);
  return pictures;
}

}  // namespace

bool fits(const EncoderOptions& options, const Frame& frame) {
  return options.format == frame.format && options.yuv == frame.yuv &&
         options.width == frame.width && options.height == frame.height;
}

Result<std::unique_ptr<Encoder>> open_encoder(const EncoderOptions& options) {
  if (options.format == PixelFormat::f32)
    return fail(Code::unsupported, "there is no picture to encode, but a window of samples");
  TRY(start_gst());
  Error why{
      Code::unsupported,
      options.encoder.empty()
          ? "gstreamer: no H.264 encoder is installed, such as x264enc of plugins-ugly"
          : fmt::format("gstreamer: encoder '{}' is not one that is known here", options.encoder)};
  for (const auto& known : encoders) {
    if (!options.encoder.empty() && options.encoder != known.name) continue;
    const Gst<GstElementFactory> factory(gst_element_factory_find(known.name));
    if (!factory) {
      if (!options.encoder.empty())
        why.text = fmt::format("gstreamer: encoder {} is not installed", options.encoder);
      continue;
    }
    auto encoder = std::make_unique<GstEncoder>(options);
    const auto opened = encoder->open(known);
    if (opened) return encoder;
    why = opened.error();
  }
  return std::unexpected(std::move(why));
}

}  // namespace turnstone
