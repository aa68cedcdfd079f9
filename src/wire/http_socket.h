// A client's TCP connection with or without TLS, as one stream for Asio and Beast.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <optional>
#include <utility>

namespace turnstone {

// One thread at a time. Reads, writes and timeouts are those of the Boost types.
class HttpSocket {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  // Without `tls` what is written goes out as it is. `tls` must outlive the socket.
  HttpSocket(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls)
      : tcp_(std::move(socket)) {
    if (tls) tls_.emplace(tcp_, *tls);
  }

  executor_type get_executor() { return tcp_.get_executor(); }
  // The connection below TLS; its timeouts count for both.
  boost::beast::tcp_stream& tcp() { return tcp_; }
  bool has_tls() const { return tls_.has_value(); }

  // Only with TLS.
  template <class Handler>
  void async_handshake(Handler handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::move(handler));
  }
  template <class Handler>
  void async_shutdown(Handler handler) {
    tls_->async_shutdown(std::move(handler));
  }

  // As Asio's AsyncReadStream and AsyncWriteStream want them.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    tls_ ? tls_->async_read_some(buffers, std::forward<Handler>(handler))
         : tcp_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  // The same for writing.
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    tls_ ? tls_->async_write_some(buffers, std::forward<Handler>(handler))
         : tcp_.async_write_some(buffers, std::forward<Handler>(handler));
  }

 private:
  boost::beast::tcp_stream tcp_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace turnstone
