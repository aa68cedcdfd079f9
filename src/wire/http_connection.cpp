#include "wire/http_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "wire/http_rules.h"

namespace turnstone {
namespace http = boost::beast::http;
namespace {

constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

template <class Fields>
void set_safety(Fields& fields) {
  fields.set("Content-Security-Policy", page_policy);
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Referrer-Policy", "no-referrer");
  fields.set("Cross-Origin-Resource-Policy", "same-origin");
  fields.set("Cross-Origin-Opener-Policy", "same-origin");
  fields.set("X-Frame-Options", "DENY");
}

bool is_bad_request(const boost::system::error_code& error) {
  const auto of_http = http::make_error_code(http::error::end_of_stream);
  return error.category() == of_http.category() && error != of_http &&
         error != http::error::partial_message;
}

// The client's IP address, one of IPv4 as such.
std::string peer_of(const boost::asio::ip::tcp::socket& socket) {
  namespace ip = boost::asio::ip;
  boost::system::error_code error;
  auto address = socket.remote_endpoint(error).address();
  if (error) return "";
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address.to_string();
}

// For who asks without TLS where it is spoken.
constexpr std::string_view plain_answer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 45\r\nConnection: close\r\n\r\n"
    "TLS is spoken here: ask with https, not http\n";

}  // namespace

HttpConnection::HttpConnection(boost::asio::ip::tcp::socket socket,
                               std::shared_ptr<HttpShared> shared)
    : shared_(std::move(shared)),
      tls_(shared_->tls),
      stream_(std::move(socket), tls_.get()),
      peer_(peer_of(stream_.tcp().socket())) {
  ++shared_->open;
}

HttpConnection::~HttpConnection() { --shared_->open; }

void HttpConnection::start() { stream_.has_tls() ? shake_hands() : read_request(); }

void HttpConnection::close() {
  waits_since_.reset();
  boost::system::error_code ignored;
  stream_.tcp().socket().shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.tcp().close();
}

void HttpConnection::shake_hands() {
  waits_since_ = std::chrono::steady_clock::now();
  stream_.tcp().expires_after(shared_->limits.idle);
  stream_.async_handshake([self = shared_from_this()](boost::system::error_code error) {
    if (!error) return self->read_request();
    if (!is_plain_http(error)) return self->close();
    boost::asio::async_write(self->stream_.tcp(), boost::asio::buffer(plain_answer),
                             [self](boost::system::error_code, size_t) { self->close_softly(); });
  });
}

void HttpConnection::read_request() {
  parser_.emplace();
  parser_->header_limit(shared_->limits.header_bytes);
  parser_->body_limit(shared_->limits.body_bytes);
  waits_since_ = std::chrono::steady_clock::now();
  stream_.tcp().expires_after(shared_->limits.idle);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](boost::system::error_code error, size_t) {
                     if (!error) return self->answer();
                     if (error == http::error::header_limit)
                       return self->refuse(http::status::request_header_fields_too_large,
                                           "the header is too long");
                     if (error == http::error::body_limit)
                       return self->refuse(http::status::payload_too_large, "the body is too long");
                     if (is_bad_request(error))
                       return self->refuse(http::status::bad_request, "this is not HTTP");
                     self->close();
                   });
}

void HttpConnection::answer() {
  waits_since_.reset();
  const auto& request = parser_->get();
  if (!stream_.has_tls() && !is_loopback_host(std::string_view(request[http::field::host])))
    return refuse(http::status::forbidden, "this host name is not served");
  const bool posted = request.method() == http::verb::post && shared_->limits.body_bytes > 0;
  if (!posted && request.method() != http::verb::get && request.method() != http::verb::head)
    return refuse(http::status::method_not_allowed, "this method is not served");
  auto target = parse_target(std::string_view(request.target()));
  if (!target) return refuse(http::status::bad_request, "this is not a path");
  auto made = shared_->handler({.posted = posted,
                                .path = std::move(target->path),
                                .query = std::move(target->query),
                                .authorization = std::string(request[http::field::authorization]),
                                .cookie = std::string(request[http::field::cookie]),
                                .body = request.body(),
                                .peer = peer_});
  std::visit([this](auto& answer) { send(std::move(answer)); }, made);
}

void HttpConnection::refuse(http::status status, std::string text) {
  Response response{status, 11};
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  if (status == http::status::method_not_allowed)
    response.set(http::field::allow,
                 shared_->limits.body_bytes > 0 ? "GET, HEAD, POST" : "GET, HEAD");
  response.body() = std::move(text) + "\n";
  response.keep_alive(false);
  write(std::move(response));
}

void HttpConnection::send(const HttpResponse& answer) {
  const auto& request = parser_->get();
  Response response{static_cast<http::status>(answer.status), request.version()};
  response.set(http::field::content_type, answer.type);
  response.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : answer.headers) response.insert(name, value);
  response.keep_alive(request.keep_alive());
  if (answer.body) response.body() = *answer.body;
  write(std::move(response));
}

void HttpConnection::write(Response response) {
  response_ = std::move(response);
  set_safety(response_);
  response_.prepare_payload();
  if (parser_->get().method() == http::verb::head) response_.body().clear();
  stream_.tcp().expires_after(shared_->limits.write);
  http::async_write(stream_, response_,
                    [self = shared_from_this()](boost::system::error_code error, size_t) {
                      if (error) return self->close();
                      if (!self->response_.keep_alive()) return self->finish();
                      self->read_request();
                    });
}

// A connection that is closed while bytes are unread is reset, which takes the answer with it.
void HttpConnection::finish() {
  waits_since_ = std::chrono::steady_clock::now();
  stream_.tcp().expires_after(shared_->limits.idle);
  if (!stream_.has_tls()) return close_softly();
  stream_.async_shutdown(
      [self = shared_from_this()](boost::system::error_code) { self->close_softly(); });
}

void HttpConnection::close_softly() {
  boost::system::error_code ignored;
  stream_.tcp().socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  discard();
}

void HttpConnection::discard() {
  stream_.tcp().async_read_some(
      boost::asio::buffer(ignored_),
      [self = shared_from_this()](boost::system::error_code error, size_t) {
        if (error) return self->close();
        self->discard();
      });
}

void HttpConnection::send(HttpStream answer) {
  http::response<http::empty_body> head{http::status::ok, 11};
  head.set(http::field::content_type, answer.type);
  head.set(http::field::cache_control, "no-store");
  head.set(http::field::connection, "close");
  set_safety(head);
  std::ostringstream text;
  text << head.base();
  writing_ = std::make_shared<const std::string>(text.str() + answer.opening);
  busy_ = true;
  feed_ = std::move(answer.feed);
  const bool head_only = parser_->get().method() == http::verb::head;
  stream_.tcp().expires_after(shared_->limits.write);
  boost::asio::async_write(
      stream_, boost::asio::buffer(*writing_),
      [self = shared_from_this(), head_only](boost::system::error_code error, size_t) {
        if (error || head_only) return self->close();
        self->busy_ = false;
        self->watch_for_end();
        self->feed_->join(self);
        self->pump();
      });
}

// A viewer that left is noticed also while there is nothing to write. It also holds the connection.
void HttpConnection::watch_for_end() {
  stream_.tcp().expires_never();
  stream_.tcp().socket().async_read_some(
      boost::asio::buffer(ignored_),
      [self = shared_from_this()](boost::system::error_code error, size_t) {
        if (error) return self->close();
        self->watch_for_end();
      });
}

void HttpConnection::wake() {
  boost::asio::post(stream_.get_executor(), [self = shared_from_this()] { self->pump(); });
}

void HttpConnection::pump() {
  if (busy_ || !stream_.tcp().socket().is_open()) return;
  auto piece = feed_->newest();
  if (piece.number == written_ || !piece.bytes) return;
  busy_ = true;
  written_ = piece.number;
  writing_ = std::move(piece.bytes);
  stream_.tcp().expires_after(shared_->limits.write);
  boost::asio::async_write(stream_, boost::asio::buffer(*writing_),
                           [self = shared_from_this()](boost::system::error_code error, size_t) {
                             self->busy_ = false;
                             if (error) return self->close();
                             self->stream_.tcp().expires_never();
                             self->pump();
                           });
}

}  // namespace turnstone
