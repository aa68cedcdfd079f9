#include "capture/clip_writer.h"

#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "capture/buffer.h"
#include "capture/gst.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;

constexpr GstClockTime end_time = 20 * GST_SECOND;  // until a disk must have taken what is left

const char* muxer_of(Container container) {
  return container == Container::mkv
             ? "matroskamux writing-app=turnstone max-cluster-duration=1000000000"
             : "mp4mux fragment-duration=1000";
}

class GstClip final : public ClipWriter {
 public:
  explicit GstClip(fs::path path) : path_(std::move(path)) {}

  Result<> open(Container container);
  Result<> write(const EncodedPicture& picture) override;
  Result<> finish() override;

 private:
  Result<> check() const;
  Result<> sync() const;

  fs::path path_;
  GstPipelineOwner pipeline_;
  Gst<GstElement> source_;
  bool begun_ = false;
  std::chrono::steady_clock::time_point began_;
  nanoseconds last_{0};  // picture's time in the clip
};

// A path never becomes part of a description.
Result<> GstClip::open(Container container) {
  pipeline_ = TRY(make_pipeline(
      fmt::format("appsrc name=in format=time block=true max-bytes=8000000 ! h264parse ! {} ! "
                  "filesink name=out buffer-mode=unbuffered",
                  muxer_of(container))));
  source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "in"));
  end_when_it_fails(pipeline_.get(), source_.get());
  const Gst<GstElement> out(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
  g_object_set(out.get(), "location", path_.c_str(), "async", FALSE, nullptr);
  const Gst<GstCaps> caps(
      gst_caps_from_string("video/x-h264,stream-format=byte-stream,alignment=au"));
  gst_app_src_set_caps(GST_APP_SRC(source_.get()), caps.get());
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return {};
  TRY(check());
  return fail(Code::unavailable, "{}: cannot be written", path_.string());
}

Result<> GstClip::check() const {
  if (auto error = find_failure(pipeline_.get()))
    return std::unexpected(std::move(*error).in(path_.string()));
  return {};
}

Result<> GstClip::write(const EncodedPicture& picture) {
  if (!std::exchange(begun_, true)) began_ = picture.taken;
  auto* held = new std::shared_ptr<const Bytes>(picture.bytes);
  const auto size = picture.bytes->size();
  Gst<GstBuffer> buffer(gst_buffer_new_wrapped_full(
      GST_MEMORY_FLAG_READONLY, const_cast<std::byte*>(picture.bytes->data()), size, 0, size, held,
      [](gpointer data) { delete static_cast<std::shared_ptr<const Bytes>*>(data); }));
  const auto time = std::max(nanoseconds(picture.taken - began_), nanoseconds(0));
  // About as long as the one before: without it mp4 loses the last one.
  const auto length = std::max<nanoseconds>(time - last_, std::chrono::milliseconds(1));
  last_ = time;
  GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(length.count());
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(time.count());
  GST_BUFFER_DTS(buffer.get()) =
      static_cast<GstClockTime>(std::max(time - picture.decode_lead, nanoseconds(0)).count());
  if (!picture.is_key) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
  const auto flow = gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer.release());
  TRY(check());
  if (flow != GST_FLOW_OK)
    return fail(Code::unavailable, "{}: cannot be written any more", path_.string());
  return {};
}

Result<> GstClip::finish() {
  gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
  const Gst<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  const Gst<GstMessage> message(gst_bus_timed_pop_filtered(
      bus.get(), end_time, static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  if (!message) return fail(Code::unavailable, "{}: cannot be completed", path_.string());
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
    auto error = error_of(message.get()).in(path_.string());
    return std::unexpected(Error{Code::unavailable, std::move(error.text)});
  }
  return sync();
}

Result<> GstClip::sync() const {
  if (const int failed = sync_path(path_))
    return fail(Code::unavailable, "{}: {}", path_.string(), std::strerror(failed));
  return {};
}

}  // namespace

Result<std::unique_ptr<ClipWriter>> open_clip(const fs::path& path, Container container) {
  TRY(start_gst());
  auto clip = std::make_unique<GstClip>(path);
  TRY(clip->open(container));
  return clip;
}

}  // namespace turnstone
