#include "capture/pipeline.h"

#include <gst/app/gstappsink.h>

#include <cmath>
#include <optional>
#include <utility>

#include "base/log.h"
#include "capture/sample.h"

namespace turnstone {
namespace {

using std::chrono::nanoseconds;

constexpr GstClockTime open_time = 10 * GST_SECOND;  // until a file must have its first picture
constexpr const char* picture_caps = "image/jpeg; video/x-raw";
constexpr const char* raw_sound_caps = "audio/x-raw";
constexpr guint frames_ahead = 4;   // decoded before they are asked for
constexpr guint pieces_ahead = 64;  // the same of sound, which comes in pieces of some milliseconds

class Pipeline final : public FrameReader {
 public:
  explicit Pipeline(PipelineOptions options) : options_(std::move(options)) {}

  Result<> build(Gst<GstElement> head);
  Result<> start();
  Result<Grab> next(std::chrono::milliseconds wait) override;
  std::string decoder() const override;

 private:
  static gboolean goes_on(GstElement* decode, GstPad* pad, GstCaps* caps, gpointer self);
  static GstPadProbeReturn number_picture(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static void link_pad(GstElement* decode, GstPad* pad, gpointer self);
  Result<Gst<GstElement>> add(const char* kind);
  Result<Grab> picture(Gst<GstSample> sample);
  Result<Grab> no_picture();
  void set_times(Frame& frame, GstSample* sample) const;
  int64_t step_of(GstSample* sample, const Frame& window);
  Result<Gst<GstElement>> make_converter();
  Error failure(GstMessage* message);
  std::optional<Error> read_bus();
  std::optional<Error> wait_for_error();

  PipelineOptions options_;
  Gst<GstElement> convert_;
  Gst<GstElement> sink_;
  Gst<GstBus> bus_;
  std::string missing_;           // what no installed plugin does
  std::optional<Error> failure_;  // that ended the stream
  int64_t count_ = 0;             // pictures that came to the sink; its thread's
  int64_t steps_ = 0;             // of sound seen
  GstPipelineOwner pipeline_;     // the last: its threads use the others
};

Result<Gst<GstElement>> Pipeline::add(const char* kind) {
  auto element = TRY(make_element(kind));
  gst_bin_add(GST_BIN(pipeline_.get()), element.get());
  return element;
}

// What is not asked for is not decoded: text, and either pictures or sound.
gboolean Pipeline::goes_on(GstElement*, GstPad*, GstCaps* caps, gpointer data) {
  const auto* self = static_cast<Pipeline*>(data);
  const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  if (name.starts_with("text/")) return FALSE;
  const bool is_picture = name.starts_with("video/") || name.starts_with("image/");
  return self->options_.sound ? !is_picture : !name.starts_with("audio/");
}

// The first stream of pictures goes to the sink, through a converter where it must; of sound always
// through one.
void Pipeline::link_pad(GstElement*, GstPad* pad, gpointer data) {
  auto* self = static_cast<Pipeline*>(data);
  const Gst<GstPad> end(gst_element_get_static_pad(self->sink_.get(), "sink"));
  if (gst_pad_is_linked(end.get())) return;
  const Gst<GstCaps> caps(gst_pad_get_current_caps(pad));
  const bool sound = self->options_.sound;
  const Gst<GstCaps> known(gst_caps_from_string(sound ? raw_sound_caps : picture_caps));
  if (!caps || !gst_caps_is_subset(caps.get(), known.get())) return;
  const bool as_it_is = !sound && is_readable(caps.get());
  const Gst<GstCaps> wanted(gst_caps_from_string(as_it_is ? readable_caps
                                                 : sound  ? sound_caps
                                                          : converted_caps));
  g_object_set(self->sink_.get(), "caps", wanted.get(), nullptr);
  const Gst<GstPad> start(gst_element_get_static_pad(self->convert_.get(), "sink"));
  if (as_it_is)
    gst_pad_link(pad, end.get());
  else if (gst_pad_link(pad, start.get()) == GST_PAD_LINK_OK)
    gst_element_link(self->convert_.get(), self->sink_.get());
}

Result<Gst<GstElement>> Pipeline::make_converter() {
  if (!options_.sound) return make_element("videoconvert");
  std::string text = "audioconvert ! audioresample ! capsfilter caps=audio/x-raw";
  if (options_.channels > 0) text += fmt::format(",channels={}", options_.channels);
  if (options_.rate > 0) text += fmt::format(",rate={}", options_.rate);
  return make_bin(text);
}

Result<> Pipeline::build(Gst<GstElement> head) {
  pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  bus_.reset(gst_element_get_bus(pipeline_.get()));
  const Gst<GstClock> clock(gst_system_clock_obtain());
  gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock.get());
  const auto decode = TRY(add("decodebin"));
  convert_ = TRY(make_converter());
  gst_bin_add(GST_BIN(pipeline_.get()), convert_.get());
  sink_ = TRY(add("appsink"));
  gst_bin_add(GST_BIN(pipeline_.get()), head.get());
  if (!gst_element_link(head.get(), decode.get()))
    return fail(Code::invalid, "{}: has nothing to give that fits its options", options_.where);

  const Gst<GstCaps> wanted(gst_caps_from_string(options_.sound ? raw_sound_caps : picture_caps));
  g_object_set(decode.get(), "caps", wanted.get(), nullptr);
  g_signal_connect(decode.get(), "autoplug-continue", G_CALLBACK(goes_on), this);
  g_signal_connect(decode.get(), "pad-added", G_CALLBACK(link_pad), this);

  g_object_set(sink_.get(), "sync", options_.realtime ? TRUE : FALSE, "drop",
               options_.live ? TRUE : FALSE, "max-buffers",
               options_.sound  ? pieces_ahead
               : options_.live ? 1
                               : frames_ahead,
               nullptr);
  const Gst<GstPad> end(gst_element_get_static_pad(sink_.get(), "sink"));
  gst_pad_add_probe(end.get(), GST_PAD_PROBE_TYPE_BUFFER, number_picture, this, nullptr);
  return {};
}

// A camera gives its first picture only while playing; a file shows errors while it is paused.
Result<> Pipeline::start() {
  if (!options_.live) {
    gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED);
    if (auto error = wait_for_error()) return std::unexpected(std::move(*error));
  }
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return {};
  const Gst<GstMessage> message(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR));
  if (message) return std::unexpected(failure(message.get()));
  return fail(Code::unavailable, "{}: does not start", options_.where);
}

// Waits until the first picture is decoded; returns why it is not.
std::optional<Error> Pipeline::wait_for_error() {
  constexpr auto awaited =
      static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT | GST_MESSAGE_ASYNC_DONE);
  for (;;) {
    const Gst<GstMessage> message(gst_bus_timed_pop_filtered(bus_.get(), open_time, awaited));
    if (!message)
      return Error{Code::unavailable,
                   options_.where + (options_.sound ? ": gives no sound within 10 seconds"
                                                    : ": gives no picture within 10 seconds")};
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ASYNC_DONE) return {};
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) return failure(message.get());
    if (auto what = missing_plugin(message.get()); !what.empty()) missing_ = what;
  }
}

Error Pipeline::failure(GstMessage* message) {
  auto error = error_of(message).in(options_.where);
  if (!missing_.empty()) error = {Code::unsupported, options_.where + ": needs a " + missing_};
  if (options_.live) error.code = Code::unavailable;
  return error;
}

// Takes what elements have said, so that what nobody asked for is not kept, up to the next warning
// of a decoder, which it gives. A failure waits until the pictures before it are taken.
std::optional<Error> Pipeline::read_bus() {
  while (const Gst<GstMessage> message{gst_bus_pop(bus_.get())}) {
    const auto type = GST_MESSAGE_TYPE(message.get());
    if (type == GST_MESSAGE_WARNING) {
      auto warning = error_of(message.get()).in(options_.where);
      if (warning.code == Code::invalid) return warning;
      log_warning("{}", warning.text);
    }
    if (type == GST_MESSAGE_ERROR && !failure_) failure_ = failure(message.get());
    if (auto what = missing_plugin(message.get()); !what.empty()) missing_ = what;
  }
  return {};
}

Result<Grab> Pipeline::next(std::chrono::milliseconds wait) {
  if (auto warning = read_bus()) return Grab{.kind = Grab::broken, .error = std::move(*warning)};
  const auto time = failure_ ? 0 : static_cast<GstClockTime>(nanoseconds(wait).count());
  Gst<GstSample> sample(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), time));
  if (sample) return picture(std::move(sample));
  return no_picture();
}

Result<Grab> Pipeline::picture(Gst<GstSample> sample) {
  Frame times;
  set_times(times, sample.get());
  const Gst<GstSample> kept(gst_sample_ref(sample.get()));
  const auto number = static_cast<int64_t>(GST_BUFFER_OFFSET(gst_sample_get_buffer(sample.get())));
  auto frame = options_.sound ? samples_of(std::move(sample)) : frame_of(std::move(sample));
  if (!frame)
    return Grab{
        .kind = Grab::broken,
        .error = std::move(frame).error().in(fmt::format("{}: frame {}", options_.where, number))};
  frame->taken = times.taken;
  frame->wall = times.wall;
  frame->sequence = options_.sound ? step_of(kept.get(), *frame) : number;
  return Grab{.kind = Grab::frame, .picture = std::move(*frame)};
}

// Before the sink, so that pictures that it drops leave a gap, as do those that a camera which
// numbers its own has dropped.
GstPadProbeReturn Pipeline::number_picture(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<Pipeline*>(data);
  auto* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  if (self->options_.numbered && GST_BUFFER_OFFSET_IS_VALID(buffer))
    self->count_ = std::max(self->count_, static_cast<int64_t>(GST_BUFFER_OFFSET(buffer)));
  GST_BUFFER_OFFSET(buffer) = static_cast<guint64>(self->count_++);
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  return GST_PAD_PROBE_OK;
}

// The number of the first step of a piece of sound, by its time, so that those that were dropped
// leave a gap.
int64_t Pipeline::step_of(GstSample* sample, const Frame& window) {
  const GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (options_.live && GST_BUFFER_PTS_IS_VALID(buffer)) {
    const auto seconds = static_cast<double>(GST_BUFFER_PTS(buffer)) / GST_SECOND;
    steps_ = std::llround(seconds * window.rate);
  }
  return std::exchange(steps_, steps_ + window.width);
}

// The pipeline's clock is the steady one, so a camera's timestamp becomes a point of it.
void Pipeline::set_times(Frame& frame, GstSample* sample) const {
  const auto now = std::chrono::steady_clock::now();
  frame.taken = now;
  const GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (options_.live && buffer && GST_BUFFER_PTS_IS_VALID(buffer)) {
    const auto running = gst_segment_to_running_time(gst_sample_get_segment(sample),
                                                     GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    const auto base = gst_element_get_base_time(pipeline_.get());
    const std::chrono::steady_clock::time_point taken(nanoseconds(base + running));
    if (GST_CLOCK_TIME_IS_VALID(running) && taken < now) frame.taken = taken;
  }
  frame.wall = std::chrono::system_clock::now() -
               std::chrono::duration_cast<std::chrono::system_clock::duration>(now - frame.taken);
}

// Motion JPEG has none: it is decoded here.
std::string Pipeline::decoder() const {
  std::string found;
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline_.get()));
  GValue item = G_VALUE_INIT;
  while (found.empty() && gst_iterator_next(elements, &item) == GST_ITERATOR_OK) {
    auto* element = GST_ELEMENT(g_value_get_object(&item));
    auto* factory = gst_element_get_factory(element);
    if (factory &&
        gst_element_factory_list_is_type(
            factory, GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO))
      found = GST_OBJECT_NAME(factory);
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(elements);
  return found;
}

Result<Grab> Pipeline::no_picture() {
  if (auto warning = read_bus()) return Grab{.kind = Grab::broken, .error = std::move(*warning)};
  if (failure_) return std::unexpected(*failure_);
  if (!gst_app_sink_is_eos(GST_APP_SINK(sink_.get()))) return Grab{};
  if (options_.live)
    return fail(Code::unavailable, "{}: stopped giving {}", options_.where,
                options_.sound ? "sound" : "pictures");
  return Grab{.kind = Grab::end};
}

}  // namespace

Result<std::unique_ptr<FrameReader>> open_pipeline(Gst<GstElement> head,
                                                   const PipelineOptions& options) {
  auto pipeline = std::make_unique<Pipeline>(options);
  TRY(pipeline->build(std::move(head)));
  TRY(pipeline->start());
  return pipeline;
}

Result<std::unique_ptr<FrameReader>> open_file_pipeline(const std::filesystem::path& path,
                                                        const char* what, PipelineOptions options) {
  options.where = path.string();
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status))
    return fail(Code::missing, "{}: no such file", options.where);
  if (std::filesystem::is_directory(status))
    return fail(Code::invalid, "{}: is a folder, not a {}", options.where, what);
  TRY(start_gst());
  auto file = TRY(make_element("filesrc"));
  g_object_set(file.get(), "location", path.c_str(), nullptr);
  return open_pipeline(std::move(file), options);
}

}  // namespace turnstone
