#include <map>
#include <mutex>

#include "base/files.h"
#include "base/log.h"
#include "capture/rtsp_server.h"
#include "station/encoding.h"
#include "station/kinds.h"

namespace turnstone {
namespace {

// A stream for each source, encoded only while somebody looks.
struct RtspConfig : EncodingConfig {
  std::string name = {};
  std::string address = "127.0.0.1";
  int port = 8554;
  std::string user = {};
  std::string password_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  bool draw = true;
};

const Field<RtspConfig> own_fields[] = {
    {"address", &RtspConfig::address, "",
     "of this machine, 0.0.0.0: all; other than of the loopback a login is needed"},
    {"port",
     &RtspConfig::port,
     "",
     "0: any free one, which the log tells",
     {.least = 0, .most = 65535}},
    {"user", &RtspConfig::user, "", "who may look, \"\": whoever comes"},
    {"password_file", &RtspConfig::password_file, "path", "file with the user's password"},
    {"certificate_file", &RtspConfig::certificate_file, "path",
     "PEM, ours; then the streams are rtsps:// and encrypted"},
    {"key_file", &RtspConfig::key_file, "path", "PEM, key of the certificate"},
    {"draw", &RtspConfig::draw, "", "scenes are drawn on the pictures"},
};
const auto rtsp_fields = join_fields(own_fields, encoding_fields<RtspConfig>());

class Streams final : public Viewer {
 public:
  Streams(RtspConfig config, std::unique_ptr<RtspServer> server)
      : config_(std::move(config)), server_(std::move(server)) {}

  bool is_looking(const std::string& source) const override {
    server_->add(source);
    return server_->is_watched(source);
  }
  bool wants_scenes() const override { return config_.draw; }
  std::string means() const override {
    const std::lock_guard lock(mutex_);
    return means_;
  }

  Result<> show(const Shown& shown, std::stop_token) override {
    const auto frame = TRY(frame_of(shown, config_.draw));
    const auto& source = shown.frame.source;
    auto& stream = streams_[source];
    TRY(prepare(stream, frame));
    const auto beginnings = server_->beginnings(source);
    if (std::exchange(stream.beginnings, beginnings) != beginnings) stream.encoder->force_key();
    const auto pictures = stream.encoder->encode(frame);
    if (!pictures) {
      stream.encoder.reset();
      return std::unexpected(pictures.error());
    }
    for (const auto& picture : *pictures) server_->send(source, picture);
    return {};
  }

 private:
  struct Stream {
    std::unique_ptr<Encoder> encoder;
    EncoderOptions options;
    int64_t beginnings = 0;
  };

  Result<> prepare(Stream& stream, const Frame& frame) {
    if (stream.encoder && fits(stream.options, frame)) return {};
    stream.options = encoder_options_of(config_, frame);
    stream.encoder = TRY(open_encoder(stream.options));
    const std::lock_guard lock(mutex_);
    means_ = stream.encoder->name();
    return {};
  }

  RtspConfig config_;
  std::unique_ptr<RtspServer> server_;
  std::map<std::string, Stream> streams_;  // by source
  mutable std::mutex mutex_;
  std::string means_;
};

// Errors: those of open_rtsp_server; missing (a file).
Result<std::unique_ptr<Viewer>> open_rtsp(const RtspConfig& config) {
  RtspServerOptions options{.address = config.address,
                            .port = config.port,
                            .user = config.user,
                            .certificate_file = config.certificate_file,
                            .key_file = config.key_file};
  if (!config.password_file.empty()) options.password = TRY(read_secret(config.password_file));
  auto server = TRY(open_rtsp_server(options));
  log_info("sink {}: {}SOURCE", config.name, server->url());
  return std::make_unique<Streams>(config, std::move(server));
}

}  // namespace

const Kind<Viewer> rtsp_viewer =
    kind_of<Viewer, RtspConfig, rtsp_fields, open_rtsp>("rtsp", "an RTSP server");

}  // namespace turnstone
