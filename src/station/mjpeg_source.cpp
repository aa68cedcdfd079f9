#include "base/files.h"
#include "capture/stream.h"
#include "station/kinds.h"
#include "station/source_reading.h"
#include "station/url.h"

namespace turnstone {
namespace {

// A camera or server that sends motion JPEG over HTTP.
struct MjpegSourceConfig {
  std::string name = {};           // of the source
  std::string url = {};            // http:// or https://
  std::string user = {};           // "": none, or as the URL says
  std::string password_file = {};  // one line, the password of `user`
  std::string ca_file = {};        // PEM, who may have signed the server's certificate
  std::chrono::milliseconds timeout{5000};
};

const Field<MjpegSourceConfig> mjpeg_fields[] = {
    {"url",
     &MjpegSourceConfig::url,
     "",
     "http:// or https://, of multipart/x-mixed-replace",
     {.required = true, .why_not = why_not<check_http_url>}},
    {"user", &MjpegSourceConfig::user, "", "\"\": none"},
    {"password_file", &MjpegSourceConfig::password_file, "path", "file with the user's password"},
    {"ca_file", &MjpegSourceConfig::ca_file, "path",
     "PEM, who may have signed the server's certificate; \"\": the system's authorities"},
    {"timeout_ms",
     &MjpegSourceConfig::timeout,
     "ms",
     "time without a frame before connecting again",
     {.least = 100, .most = 600'000}},
};

Result<std::unique_ptr<Source>> open_mjpeg_source(const MjpegSourceConfig& config) {
  StreamOptions options{
      .url = config.url, .user = config.user, .timeout = config.timeout, .ca_file = config.ca_file};
  if (!config.password_file.empty()) options.password = TRY(read_secret(config.password_file));
  TRY(check_stream(options));
  return make_camera_source(
      {.name = config.name, .where = print_url(config.url), .silence = config.timeout},
      [options] { return open_stream(options); });
}

}  // namespace

const Kind<Source> mjpeg_source =
    kind_of<Source, MjpegSourceConfig, mjpeg_fields, open_mjpeg_source>("mjpeg",
                                                                        "motion JPEG over HTTP");

}  // namespace turnstone
