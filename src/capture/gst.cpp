#include "capture/gst.h"

#include <gst/app/gstappsrc.h>
#include <gst/pbutils/pbutils.h>

#include <algorithm>

#include "base/text.h"
#include "capture/stream.h"

namespace turnstone {
namespace {

Code code_of(const GError& error) {
  if (g_error_matches(&error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
      g_error_matches(&error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND))
    return Code::unsupported;
  if (error.domain == GST_STREAM_ERROR) return Code::invalid;
  return Code::unavailable;
}

// With scheme and host alone of each URL.
std::string without_secrets(std::string_view text) {
  constexpr std::string_view schemed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
  std::string out;
  for (;;) {
    const auto mark = text.find("://");
    if (mark == text.npos) return out += text;
    const auto before = text.find_last_not_of(schemed, mark == 0 ? 0 : mark - 1);
    const auto begin = before == text.npos ? 0 : std::min(before + 1, mark);
    const auto end = std::min(text.find_first_of(" \t\n", mark), text.size());
    out += text.substr(0, begin);
    out += print_url(std::string(text.substr(begin, end - begin)));
    text.remove_prefix(end);
  }
}

// What the message came from: of elements that GStreamer has numbered through, such as "rtspsrc0",
// the kind, so that the same trouble of the next one reads the same.
std::string origin_of(GstMessage* message) {
  auto* source = GST_MESSAGE_SRC(message);
  std::string name = GST_OBJECT_NAME(source);
  if (!GST_IS_ELEMENT(source)) return name;
  auto* factory = gst_element_get_factory(GST_ELEMENT(source));
  const std::string kind = factory ? GST_OBJECT_NAME(factory) : name;
  return name.starts_with(kind) ? kind : name;
}

// The last line of what developers of an element said, which often has the reason.
std::string detail_of(const char* debug) {
  const std::string_view text = debug ? debug : "";
  const auto line = text.rfind('\n');
  return line == text.npos ? "" : printable(trim(text.substr(line + 1)));
}

Result<> start_once() {
  GError* why = nullptr;
  if (gst_init_check(nullptr, nullptr, &why)) {
    gst_pb_utils_init();
    return {};
  }
  const Gst<GError> error(why);
  return fail(Code::unavailable, "gstreamer: {}", error ? error->message : "does not start");
}

}  // namespace

Result<> start_gst() {
  static const Result<> started = start_once();
  return started;
}

Result<Gst<GstElement>> make_element(const char* kind) {
  GstElement* element = gst_element_factory_make(kind, nullptr);
  if (!element) return fail(Code::unsupported, "gstreamer: element {} is not installed", kind);
  return Gst<GstElement>(GST_ELEMENT(gst_object_ref_sink(element)));
}

Result<Gst<GstElement>> make_bin(const std::string& text) {
  GError* why = nullptr;
  GstElement* made = gst_parse_bin_from_description_full(text.c_str(), TRUE, nullptr,
                                                         GST_PARSE_FLAG_FATAL_ERRORS, &why);
  const Gst<GError> error(why);
  if (made) return Gst<GstElement>(GST_ELEMENT(gst_object_ref_sink(made)));
  return fail(Code::invalid, "{}",
              error ? without_secrets(printable(error->message)) : "is no source");
}

Result<GstPipelineOwner> make_pipeline(const std::string& text) {
  GError* why = nullptr;
  GstElement* made =
      gst_parse_launch_full(text.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &why);
  const Gst<GError> error(why);
  if (made) return GstPipelineOwner(GST_ELEMENT(gst_object_ref_sink(made)));
  const bool missing =
      error && g_error_matches(error.get(), GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT);
  return fail(missing ? Code::unsupported : Code::invalid, "gstreamer: {}",
              error ? printable(error->message) : "is no pipeline");
}

void end_when_it_fails(GstElement* pipeline, GstElement* source) {
  const Gst<GstBus> bus(gst_element_get_bus(pipeline));
  const auto look = [](GstBus*, GstMessage* message, gpointer held) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
      gst_app_src_end_of_stream(GST_APP_SRC(held));
    return GST_BUS_PASS;
  };
  gst_bus_set_sync_handler(bus.get(), look, gst_object_ref(source), gst_object_unref);
}

std::optional<Error> find_failure(GstElement* pipeline) {
  const Gst<GstBus> bus(gst_element_get_bus(pipeline));
  std::optional<Error> found;
  while (const Gst<GstMessage> message{gst_bus_pop(bus.get())}) {
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ERROR || found) continue;
    found = error_of(message.get());
    if (found->code == Code::invalid) found->code = Code::unavailable;
  }
  return found;
}

Error error_of(GstMessage* message) {
  GError* parsed = nullptr;
  char* said = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    gst_message_parse_error(message, &parsed, &said);
  else
    gst_message_parse_warning(message, &parsed, &said);
  const Gst<GError> error(parsed);
  const Gst<char> debug(said);
  auto text = fmt::format("{}: {}", origin_of(message), printable(trim(error->message)));
  while (text.ends_with('.')) text.pop_back();
  if (const auto detail = detail_of(debug.get()); !detail.empty()) text += " (" + detail + ")";
  return {code_of(*error), without_secrets(text)};
}

std::string missing_plugin(GstMessage* message) {
  if (!gst_is_missing_plugin_message(message)) return "";
  const Gst<char> text(gst_missing_plugin_message_get_description(message));
  return text ? text.get() : "";
}

}  // namespace turnstone
