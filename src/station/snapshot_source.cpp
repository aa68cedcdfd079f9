#include <chrono>

#include "base/base64.h"
#include "base/files.h"
#include "media/picture.h"
#include "station/kinds.h"
#include "station/url.h"
#include "station/wait.h"
#include "wire/http_client.h"

namespace turnstone {
namespace {

constexpr size_t most_bytes = size_t{64} << 20;  // of one picture

// A camera that gives one picture each time it is asked over HTTP.
struct SnapshotSourceConfig {
  std::string name = {};           // of the source
  std::string url = {};            // http:// or https://, of a JPEG or PNG
  std::string user = {};           // "": none
  std::string password_file = {};  // one line, the password of `user`
  std::string ca_file = {};        // PEM, who may have signed the server's certificate
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{5000};
};

const Field<SnapshotSourceConfig> snapshot_fields[] = {
    {"url",
     &SnapshotSourceConfig::url,
     "",
     "http:// or https://, of one JPEG or PNG picture",
     {.required = true, .why_not = why_not<check_http_url>}},
    {"user", &SnapshotSourceConfig::user, "", "\"\": none"},
    {"password_file", &SnapshotSourceConfig::password_file, "path",
     "file with the user's password"},
    {"ca_file", &SnapshotSourceConfig::ca_file, "path",
     "PEM, who may have signed the server's certificate; \"\": the system's authorities"},
    {"interval_ms",
     &SnapshotSourceConfig::interval,
     "ms",
     "from one picture to the next",
     {.least = 0, .most = 86'400'000}},
    {"timeout_ms",
     &SnapshotSourceConfig::timeout,
     "ms",
     "that a picture may take",
     {.least = 100, .most = 600'000}},
};

class SnapshotSource final : public Source {
 public:
  SnapshotSource(SnapshotSourceConfig config, HttpClientRequest request,
                 std::unique_ptr<HttpClient> client)
      : config_(std::move(config)), request_(std::move(request)), client_(std::move(client)) {}

  Result<SourceEnd> run(std::stop_token stop, const FrameSink& deliver,
                        const ErrorSink& report) override {
    while (!stop.stop_requested()) {
      const auto asked = std::chrono::steady_clock::now();
      auto frame = TRY(take(stop));
      if (frame)
        deliver(std::move(*frame));
      else if (!stop.stop_requested())
        report(frame.error());
      wait_until(asked + config_.interval, stop);
    }
    return SourceEnd::stopped;
  }

  bool is_live() const override { return true; }

 private:
  // The outer error ends the run, the inner one is of this picture alone.
  Result<Result<Frame>> take(const std::stop_token& stop) {
    auto reply = send_http(*client_, request_, stop);
    const auto taken = std::chrono::steady_clock::now();
    if (!reply && stop.stop_requested()) return Result<Frame>(std::unexpected(reply.error()));
    if (!reply) {
      // A camera that says no today may be set up tomorrow.
      reply.error().code = Code::unavailable;
      return std::unexpected(reply.error());
    }
    auto frame = decode_picture(std::as_bytes(std::span(reply->body)));
    const auto number = next_++;
    if (!frame)
      return Result<Frame>(
          std::unexpected(std::move(frame).error().in(fmt::format("picture {}", number))));
    frame->taken = taken;
    frame->wall = std::chrono::system_clock::now();
    frame->source = config_.name;
    frame->sequence = number;
    return frame;
  }

  SnapshotSourceConfig config_;
  HttpClientRequest request_;
  std::unique_ptr<HttpClient> client_;
  int64_t next_ = 0;  // number of the next picture
};

Result<std::unique_ptr<Source>> open_snapshot_source(const SnapshotSourceConfig& config) {
  HttpClientRequest request{
      .url = config.url, .most_bytes = most_bytes, .most_redirects = 3, .longest = config.timeout};
  if (!config.user.empty()) {
    std::string login = config.user + ":";
    if (!config.password_file.empty()) login += TRY(read_secret(config.password_file));
    request.headers.push_back(
        {"Authorization", "Basic " + print_base64(std::as_bytes(std::span(login)))});
  }
  HttpClientOptions options;
  options.tls.ca_file = config.ca_file;
  auto client = TRY(make_http_client(options));
  return std::make_unique<SnapshotSource>(config, std::move(request), std::move(client));
}

}  // namespace

const Kind<Source> snapshot_source =
    kind_of<Source, SnapshotSourceConfig, snapshot_fields, open_snapshot_source>(
        "snapshot", "a camera that gives one picture each time it is asked over HTTP");

}  // namespace turnstone
