#include "base/files.h"
#include "capture/stream.h"
#include "station/kinds.h"
#include "station/source_reading.h"
#include "station/url.h"

namespace turnstone {
namespace {

// A camera or server of the network that speaks RTSP.
struct RtspSourceConfig {
  std::string name = {};           // of the source
  std::string url = {};            // rtsp:// or rtsps://
  std::string transport = "auto";  // "auto", "tcp" or "udp"
  std::string user = {};           // "": none, or as the URL says
  std::string password_file = {};  // one line, the password of `user`
  std::string ca_file = {};        // PEM, who may have signed the server's certificate
  std::chrono::milliseconds latency{0};
  std::chrono::milliseconds timeout{5000};
};

const Field<RtspSourceConfig> rtsp_fields[] = {
    {"url",
     &RtspSourceConfig::url,
     "",
     "rtsp://HOST:PORT/PATH, or rtsps:// for TLS",
     {.required = true, .why_not = why_not<check_rtsp_url>}},
    {"transport",
     &RtspSourceConfig::transport,
     "",
     "of the pictures; auto: UDP, then TCP",
     {.choices = {"auto", "tcp", "udp"}}},
    {"user", &RtspSourceConfig::user, "", "\"\": none"},
    {"password_file", &RtspSourceConfig::password_file, "path", "file with the user's password"},
    {"ca_file", &RtspSourceConfig::ca_file, "path",
     "PEM, who may have signed the server's certificate; \"\": the system's authorities"},
    {"latency_ms",
     &RtspSourceConfig::latency,
     "ms",
     "that packets which come out of order are waited for",
     {.least = 0, .most = 60'000}},
    {"timeout_ms",
     &RtspSourceConfig::timeout,
     "ms",
     "time without a frame before connecting again",
     {.least = 100, .most = 600'000}},
};

Result<std::unique_ptr<Source>> open_rtsp_source(const RtspSourceConfig& config) {
  StreamOptions options{.url = config.url,
                        .user = config.user,
                        .transport = config.transport,
                        .latency = config.latency,
                        .timeout = config.timeout,
                        .ca_file = config.ca_file};
  if (!config.password_file.empty()) options.password = TRY(read_secret(config.password_file));
  TRY(check_stream(options));
  return make_camera_source(
      {.name = config.name, .where = print_url(config.url), .silence = config.timeout},
      [options] { return open_stream(options); });
}

}  // namespace

const Kind<Source> rtsp_source = kind_of<Source, RtspSourceConfig, rtsp_fields, open_rtsp_source>(
    "rtsp", "a camera or a server of the network");

}  // namespace turnstone
