// An HTTP/1.1 server for the pages of a program: small answers and endless streams to browsers.
// Without TLS it serves the loopback only; who may see what is up to its handler.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "wire/http_feed.h"

namespace turnstone {

// What a browser asks: GET, HEAD and, where bodies are let in, POST; everything else is refused
// before it comes here.
struct HttpRequest {
  bool posted = false;             // a POST
  std::string path = {};           // percent-decoded, begins with "/"
  std::string query = {};          // after "?", as it came
  std::string authorization = {};  // these headers as they came, "" without
  std::string cookie = {};
  std::string body = {};
  std::string peer = {};  // the client's IP address
};

// A whole answer.
struct HttpResponse {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body;                        // may be nullptr: empty
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
};

// A whole answer of plain text.
inline HttpResponse text_response(int status, std::string text) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(text))};
}

// An answer without end: `opening`, then every piece of `feed` that is the newest when the
// connection has room.
struct HttpStream {
  std::string type;
  std::string opening;
  std::shared_ptr<HttpFeed> feed;
};

// What a handler answers: all at once, or piece by piece as long as the viewer stays.
using HttpAnswer = std::variant<HttpResponse, HttpStream>;

// Called on the server's thread for each request; returns at once.
using HttpHandler = std::function<HttpAnswer(const HttpRequest&)>;

struct HttpLimits {
  // At once. For one more, that which waits longest for its client is closed; where all are busy,
  // the new one.
  int connections = 64;
  uint32_t header_bytes = 8192;    // of a request
  uint32_t body_bytes = 0;         // of a POST, 0: there is none
  std::chrono::seconds idle{15};   // for a request to arrive; for a handshake
  std::chrono::seconds write{10};  // for a client to take one answer or one piece
};

// What a server of TLS 1.2 and 1.3 shows of itself: PEM files, the certificate before those of its
// issuers.
struct HttpIdentity {
  std::string certificate_file;
  std::string key_file;  // without a password
};

// Serves on a thread of its own until destroyed. Thread-safe.
class HttpServer {
 public:
  virtual ~HttpServer() = default;
  // Shows what the files hold now to connections that come from now on; with an error, what it
  // showed before. Only of a server with TLS. Errors: as of open_http_server.
  virtual Result<> renew(const HttpIdentity& identity) = 0;
  // Ends all connections; who was connected may come again.
  virtual void close_all() = 0;
  // "http://127.0.0.1:8080/" or "https://...", with the real port.
  virtual std::string url() const = 0;
  virtual int port() const = 0;
  // Connections closed because there were too many.
  virtual int64_t refused() const = 0;
};

// `address` is an IP address or localhost, `port` 0 picks a free one. Without `identity` only an
// address of the loopback is served, and requests whose Host is not a name of it are refused, which
// keeps other sites' scripts out. Errors: invalid (another address; a certificate or key that is
// none, or of another), missing (no such file), unavailable (the port is taken).
Result<std::unique_ptr<HttpServer>> open_http_server(std::string_view address, int port,
                                                     HttpHandler handler, HttpLimits limits = {},
                                                     std::optional<HttpIdentity> identity = {});

}  // namespace turnstone
