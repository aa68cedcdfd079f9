// A client of HTTP/1.1 servers. libcurl ends here. It neither queues nor tries again: whoever has
// something to send keeps it until it is confirmed. A proxy is taken from the environment
// (http_proxy, https_proxy, no_proxy).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/tls_files.h"

namespace turnstone {

struct HttpClientOptions {
  TlsFiles tls = {};
  std::chrono::seconds patience{10};           // to connect, and without a byte either way
  std::chrono::milliseconds longest{600'000};  // for a whole exchange
};

// One line of a request's head.
struct HttpHeader {
  std::string name;
  std::string value;
};

// What is asked of a server.
struct HttpClientRequest {
  std::string method = "GET";  // or HEAD, POST, PUT, PATCH, DELETE
  std::string url = {};        // http:// or https://, without user and password
  std::vector<HttpHeader> headers = {};
  std::string_view body = {};            // must outlive the exchange
  std::filesystem::path body_file = {};  // instead of `body`: sent as it is read from disk
  size_t most_bytes = 1 << 20;           // of the reply's body
  int most_redirects = 0;  // of GET and HEAD, never to another scheme; Authorization stays behind
  std::chrono::milliseconds longest{0};  // for this exchange; 0: the client's
};

// What a server said.
struct HttpReply {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers = {};  // names in lower case
  std::string body = {};
  // Value of the header `name`, in lower case, or "".
  std::string header(std::string_view name) const;
};

// Keeps its connections from one exchange to the next. One thread at a time.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Asks, and returns the reply of whatever status. Errors name method and host, never the path,
  // which may hold a secret: invalid (the request, a reply that is too large), missing (no
  // `body_file`), unavailable (no connection, no answer in time, a certificate that is not to be
  // trusted), cancelled (stop, at once).
  virtual Result<HttpReply> exchange(const HttpClientRequest& request, std::stop_token stop) = 0;
};

// Errors: those of check_tls_files.
Result<std::unique_ptr<HttpClient>> make_http_client(const HttpClientOptions& options);

// Asks for a reply of status 200 to 299. Errors: those of exchange, and of any other status
// `http_code_of` says which.
Result<HttpReply> send_http(HttpClient& client, const HttpClientRequest& request,
                            std::stop_token stop);

// What to do about a status outside 200 to 299: unavailable for 408, 429 and 500 to 599, invalid
// for all others.
Code http_code_of(int status);

// "PUT bucket.example:9000", to name a request in a message.
std::string print_request(const HttpClientRequest& request);

}  // namespace turnstone
