// One browser's connection to the HTTP server. Everything runs on the server's one thread.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "wire/http.h"
#include "wire/http_socket.h"
#include "wire/http_tls.h"

namespace turnstone {

// What all connections of a server share.
struct HttpShared {
  HttpHandler handler;
  HttpLimits limits;
  std::shared_ptr<boost::asio::ssl::context> tls;  // nullptr: none; on the server's thread only
  int open = 0;                                    // connections, the same
};

// One client. Used on the server's thread alone, but for wake.
class HttpConnection final : public HttpFeed::Viewer,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpShared> shared);
  ~HttpConnection() override;
  // Begins to read requests; ends the connection, now.
  void start();
  void close();
  void wake() override;  // any thread

  // Since when it waits for what its client sends; nothing while the client is answered.
  const std::optional<std::chrono::steady_clock::time_point>& waits_since() const {
    return waits_since_;
  }

 private:
  using Response = boost::beast::http::response<boost::beast::http::string_body>;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void shake_hands();
  void read_request();
  void answer();
  void refuse(boost::beast::http::status status, std::string text);
  void send(const HttpResponse& response);
  void send(HttpStream stream);
  void write(Response response);
  void finish();
  void close_softly();
  void discard();
  void watch_for_end();
  void pump();

  std::shared_ptr<HttpShared> shared_;
  std::shared_ptr<boost::asio::ssl::context> tls_;  // as it was when the client came
  HttpSocket stream_;                               // after `tls_`, which it needs to the end
  std::string peer_;
  std::optional<std::chrono::steady_clock::time_point> waits_since_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Response response_;
  std::shared_ptr<HttpFeed> feed_;
  std::shared_ptr<const std::string> writing_;
  int64_t written_ = 0;  // number of the last piece
  bool busy_ = false;    // a piece is being written
  char ignored_[64] = {};
};

}  // namespace turnstone
