#include "capture/stream.h"

#include <gio/gio.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "capture/pipeline.h"

namespace turnstone {
namespace {

bool has_scheme(const StreamOptions& options, std::initializer_list<std::string_view> schemes) {
  return std::ranges::any_of(
      schemes, [&](auto scheme) { return lower(options.url.substr(0, scheme.size())) == scheme; });
}

bool is_rtsp(const StreamOptions& options) { return has_scheme(options, {"rtsp://", "rtsps://"}); }

// Encrypted connections trust the system's authorities, or those of one file.
Result<> set_authorities(GstElement* element, const std::string& ca_file) {
  if (ca_file.empty()) return {};
  GError* why = nullptr;
  GTlsDatabase* authorities = g_tls_file_database_new(ca_file.c_str(), &why);
  const Gst<GError> error(why);
  if (!authorities)
    return fail(Code::invalid, "{}: {}", ca_file, error ? printable(error->message) : "unreadable");
  g_object_set(element, "tls-database", authorities, nullptr);
  g_object_unref(authorities);
  return {};
}

void set_credentials(GstElement* element, const StreamOptions& options) {
  if (options.user.empty()) return;
  g_object_set(element, "user-id", options.user.c_str(), "user-pw", options.password.c_str(),
               nullptr);
}

// Of the streams of a session only those with pictures are asked for.
gboolean select_stream(GstElement*, guint, GstCaps* caps, gpointer) {
  const auto* media = gst_structure_get_string(gst_caps_get_structure(caps, 0), "media");
  return media && std::string_view(media) == "video";
}

// The first of them leaves the bin.
void expose_pad(GstElement*, GstPad* pad, gpointer exit) {
  if (const Gst<GstPad> taken{gst_ghost_pad_get_target(GST_GHOST_PAD(exit))}; !taken)
    gst_ghost_pad_set_target(GST_GHOST_PAD(exit), pad);
}

// A bin whose only pad gives what comes first out of `element`, which is within.
void add_exit(GstElement* bin, GstElement* element) {
  GstPad* exit = gst_ghost_pad_new_no_target("src", GST_PAD_SRC);
  gst_element_add_pad(bin, exit);
  g_signal_connect(element, "pad-added", G_CALLBACK(expose_pad), exit);
}

Result<Gst<GstElement>> make_rtsp(const StreamOptions& options) {
  auto source = TRY(make_element("rtspsrc"));
  Gst<GstElement> head(GST_ELEMENT(gst_object_ref_sink(gst_bin_new(nullptr))));
  gst_bin_add(GST_BIN(head.get()), source.get());
  add_exit(head.get(), source.get());
  g_signal_connect(source.get(), "select-stream", G_CALLBACK(select_stream), nullptr);
  g_object_set(source.get(), "location", options.url.c_str(), "latency",
               static_cast<guint>(options.latency.count()), "tcp-timeout",
               static_cast<guint64>(options.timeout.count() * 1000), "drop-on-latency", TRUE,
               nullptr);
  // So long it waits for packets by UDP, then for those by TCP, before others find it silent.
  if (!has_scheme(options, {"rtsps://"}) && options.transport != "tcp")
    g_object_set(
        source.get(), "timeout",
        static_cast<guint64>(options.timeout.count() * (options.transport == "auto" ? 400 : 1000)),
        nullptr);
  if (options.transport != "auto")
    gst_util_set_object_arg(G_OBJECT(source.get()), "protocols",
                            has_scheme(options, {"rtsps://"}) ? "tls"
                            : options.transport == "tcp"      ? "tcp"
                                                              : "udp");
  set_credentials(source.get(), options);
  TRY(set_authorities(source.get(), options.ca_file));
  return head;
}

Result<Gst<GstElement>> make_http(const StreamOptions& options) {
  auto source = TRY(make_element("souphttpsrc"));
  auto parts = TRY(make_element("multipartdemux"));
  Gst<GstElement> head(GST_ELEMENT(gst_object_ref_sink(gst_bin_new(nullptr))));
  gst_bin_add_many(GST_BIN(head.get()), source.get(), parts.get(), nullptr);
  gst_element_link(source.get(), parts.get());
  add_exit(head.get(), parts.get());
  g_object_set(parts.get(), "single-stream", TRUE, nullptr);
  g_object_set(source.get(), "location", options.url.c_str(), "is-live", TRUE, "do-timestamp", TRUE,
               "timeout", static_cast<guint>((options.timeout.count() + 999) / 1000),
               "automatic-redirect", FALSE, "user-agent", "turnstone", nullptr);
  set_credentials(source.get(), options);
  TRY(set_authorities(source.get(), options.ca_file));
  return head;
}

}  // namespace

std::string print_url(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == url.npos) return "?";
  const auto begin = scheme + 3;
  const auto at = url.rfind('@');  // a password may hold anything, slashes too
  const auto host = at == url.npos || at < begin ? begin : at + 1;
  const auto end = std::min(url.find_first_of("/?#;", host), url.size());
  return printable(url.substr(0, begin) + url.substr(host, end - host));
}

Result<> check_stream(const StreamOptions& options) {
  if (!has_scheme(options, {"rtsp://", "rtsps://", "http://", "https://"}))
    return fail(Code::invalid,
                "url '{}' is wrong, legal are rtsp://, rtsps://, http:// and https:// with a host",
                print_url(options.url));
  static constexpr std::array<std::string_view, 3> transports = {"auto", "tcp", "udp"};
  if (std::ranges::count(transports, options.transport) == 0)
    return fail(Code::invalid, "transport '{}' is not one of auto, tcp, udp", options.transport);
  return {};
}

Result<std::unique_ptr<FrameReader>> open_stream(const StreamOptions& options) {
  TRY(check_stream(options));
  TRY(start_gst());
  const auto where = print_url(options.url);
  auto head = TRY(is_rtsp(options) ? make_rtsp(options) : make_http(options), where);
  return open_pipeline(std::move(head), {.where = where, .live = true});
}

}  // namespace turnstone
