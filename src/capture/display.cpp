#include "capture/display.h"

#include <gst/app/gstappsrc.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "capture/buffer.h"
#include "capture/gst.h"

namespace turnstone {
namespace {

// What shows pictures where one of the environment's names, or a file, is there.
struct Way {
  const char* sink;
  const char* variable;
  const char* file;
};
constexpr std::array<Way, 3> ways{{
    {"waylandsink", "WAYLAND_DISPLAY", nullptr},
    {"ximagesink", "DISPLAY", nullptr},
    {"kmssink", nullptr, "/dev/dri/card0"},
}};

bool is_there(const Way& way) {
  if (way.variable) {
    const char* value = std::getenv(way.variable);
    return value && *value;
  }
  std::error_code ignored;
  return std::filesystem::exists(way.file, ignored);
}

class GstDisplay final : public Display {
 public:
  Result<> open(PixelFormat format, int width, int height, const std::string& sink);
  Result<> show(const Frame& frame) override;
  std::string name() const override { return name_; }

 private:
  std::string name_;
  int width_ = 0, height_ = 0;
  GstPipelineOwner pipeline_;
  Gst<GstElement> source_;
};

// A name from a configuration never becomes part of a description.
Result<> GstDisplay::open(PixelFormat format, int width, int height, const std::string& sink) {
  name_ = sink;
  width_ = width;
  height_ = height;
  pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  source_ = TRY(make_element("appsrc"));
  end_when_it_fails(pipeline_.get(), source_.get());
  const auto convert = TRY(make_element("videoconvert"));
  const auto screen = TRY(make_element(sink.c_str()));
  const auto caps = caps_of(format, {}, width, height);
  g_object_set(source_.get(), "format", GST_FORMAT_TIME, "is-live", TRUE, "do-timestamp", TRUE,
               "max-buffers", guint64{2}, "block", TRUE, "caps", caps.get(), nullptr);
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(screen.get()), "sync"))
    g_object_set(screen.get(), "sync", FALSE, nullptr);
  gst_bin_add_many(GST_BIN(pipeline_.get()), source_.get(), convert.get(), screen.get(), nullptr);
  if (!gst_element_link_many(source_.get(), convert.get(), screen.get(), nullptr))
    return fail(Code::unsupported, "gstreamer: element {} shows no pictures", printable(sink));
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return {};
  if (auto error = find_failure(pipeline_.get()))
    return fail(Code::unavailable, "no display: {}", error->text);
  return fail(Code::unavailable, "no display: {} does not start", printable(sink));
}

Result<> GstDisplay::show(const Frame& frame) {
  auto buffer = buffer_of(frame, width_, height_);
  const auto flow = gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer.release());
  if (auto error = find_failure(pipeline_.get()))
    return fail(Code::unavailable, "no display: {}", error->text);
  if (flow != GST_FLOW_OK) return fail(Code::unavailable, "{}: does not go on", name_);
  return {};
}

}  // namespace

Result<std::unique_ptr<Display>> open_display(PixelFormat format, int width, int height,
                                              const std::string& sink) {
  TRY(start_gst());
  std::string chosen = sink;
  for (const auto& way : ways)
    if (chosen.empty() && is_there(way)) chosen = way.sink;
  if (chosen.empty())
    return fail(Code::unavailable,
                "no display: neither WAYLAND_DISPLAY nor DISPLAY is set, and there is no {}",
                ways.back().file);
  auto display = std::make_unique<GstDisplay>();
  TRY(display->open(format, width, height, chosen));
  return display;
}

}  // namespace turnstone
