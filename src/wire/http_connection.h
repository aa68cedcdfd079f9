// One browser's connection to the HTTP server. Everything runs on the server's one thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "wire/http.h"

namespace turnstone {

// What all connections of a server share.
struct HttpShared {
  HttpHandler handler;
  HttpLimits limits;
  int open = 0;  // connections, on the server's thread only
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

 private:
  using Response = boost::beast::http::response<boost::beast::http::string_body>;
  using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

  void read_request();
  void answer();
  void refuse(boost::beast::http::status status, std::string text);
  void send(const HttpResponse& response);
  void send(HttpStream stream);
  void write(Response response);
  void finish();
  void discard();
  void watch_for_end();
  void pump();

  boost::beast::tcp_stream stream_;
  std::shared_ptr<HttpShared> shared_;
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
