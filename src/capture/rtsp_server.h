// An RTSP server of H.264 streams that are encoded elsewhere.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "capture/encoder.h"

namespace turnstone {

struct RtspServerOptions {
  std::string address = "127.0.0.1";  // an IP address of this machine, "0.0.0.0": all
  int port = 8554;                    // 0: any free one
  std::string user = {};              // "": whoever comes may look, of the loopback alone
  std::string password = {};
  std::string certificate_file = {};  // PEM, ours; "": without TLS
  std::string key_file = {};          // PEM, of the certificate
};

// Thread-safe.
class RtspServer {
 public:
  virtual ~RtspServer() = default;

  // Makes rtsp://ADDRESS:PORT/NAME; it is there for good.
  virtual void add(const std::string& name) = 0;

  // Whether a client looks at it, or waits for its first picture.
  virtual bool is_watched(const std::string& name) const = 0;

  // How often clients came to it when there were none; a new one needs a key picture.
  virtual int64_t beginnings(const std::string& name) const = 0;

  // Sends the next picture to all that look. Returns at once; whoever is slow misses some.
  virtual void send(const std::string& name, const EncodedPicture& picture) = 0;

  // "rtsp://127.0.0.1:8554/" or "rtsps://...", with the real port.
  virtual std::string url() const = 0;
};

// Serves on a thread of its own until destroyed. Errors: invalid (an address of the network without
// a login, a user without a password, TLS files), unavailable (the port is taken), missing (a
// file).
Result<std::unique_ptr<RtspServer>> open_rtsp_server(const RtspServerOptions& options);

}  // namespace turnstone
