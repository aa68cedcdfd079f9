#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "base/log.h"
#include "base/text.h"
#include "wire/http.h"
#include "wire/http_connection.h"

namespace turnstone {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class Server final : public HttpServer {
 public:
  Server(HttpHandler handler, HttpLimits limits, std::unique_ptr<asio::ssl::context> tls)
      : shared_(std::make_shared<HttpShared>(
            HttpShared{.handler = std::move(handler), .limits = limits, .tls = std::move(tls)})) {}

  ~Server() override {
    asio::post(io_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      end_connections();
      ending_ = true;
    });
    if (thread_.joinable()) thread_.join();
  }

  Result<> listen(const asio::ip::address& address, uint16_t port) {
    boost::system::error_code error;
    const tcp::endpoint wanted(address, port);
    acceptor_.open(wanted.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(wanted, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    tcp::endpoint bound;
    if (!error) bound = acceptor_.local_endpoint(error);
    if (error)
      return fail(Code::unavailable, "cannot listen on {} port {}: {}", address.to_string(), port,
                  error.message());
    port_ = bound.port();
    const auto host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    url_ = fmt::format("http{}://{}:{}/", shared_->tls ? "s" : "", host, port_);
    accept();
    thread_ = std::thread([this] { serve(); });
    return {};
  }

  Result<> renew(const HttpIdentity& identity) override {
    CHECK(url_.starts_with("https"));
    std::shared_ptr<asio::ssl::context> tls = TRY(open_tls(identity));
    asio::post(io_, [this, tls = std::move(tls)] { shared_->tls = tls; });
    return {};
  }

  void close_all() override {
    asio::post(io_, [this] { end_connections(); });
  }

  std::string url() const override { return url_; }
  int port() const override { return port_; }
  int64_t refused() const override { return refused_; }

 private:
  void serve() {
    // Memory may run out in a handler; the connection it served is lost, the server is not.
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        log_error("http: {}", error.what());
      }
    }
  }

  void end_connections() {
    for (const auto& connection : connections_)
      if (auto held = connection.lock()) held->close();
  }

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (ending_ || error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      accept();  // first: taking a connection may fail for lack of memory
      take(std::move(socket));
    });
  }

  // Out of descriptors, say: trying again at once would only burn the CPU.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(200));
    pause_.async_wait([this](boost::system::error_code error) {
      if (!error && !ending_) accept();
    });
  }

  void take(tcp::socket socket) {
    std::erase_if(connections_, [](const auto& connection) { return connection.expired(); });
    if (shared_->open >= shared_->limits.connections) {
      ++refused_;
      const auto waiting = longest_waiting();
      if (!waiting) return;
      waiting->close();
    }
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto connection = std::make_shared<HttpConnection>(std::move(socket), shared_);
    connections_.push_back(connection);
    connection->start();
  }

  // The connection whose client has been waited for longest: it may be gone, or hostile.
  std::shared_ptr<HttpConnection> longest_waiting() const {
    std::shared_ptr<HttpConnection> longest;
    for (const auto& weak : connections_) {
      auto connection = weak.lock();
      if (!connection || !connection->waits_since()) continue;
      if (!longest || *connection->waits_since() < *longest->waits_since())
        longest = std::move(connection);
    }
    return longest;
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  std::shared_ptr<HttpShared> shared_;
  std::vector<std::weak_ptr<HttpConnection>> connections_;
  std::string url_;
  int port_ = 0;
  bool ending_ = false;
  std::atomic<int64_t> refused_{0};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> open_http_server(std::string_view address, int port,
                                                     HttpHandler handler, HttpLimits limits,
                                                     std::optional<HttpIdentity> identity) {
  boost::system::error_code error;
  const auto parsed = asio::ip::make_address(
      address == "localhost" ? std::string("127.0.0.1") : std::string(address), error);
  if (error) return fail(Code::invalid, "'{}' is no IP address", printable(address));
  if (!identity && !parsed.is_loopback())
    return fail(Code::invalid,
                "address '{}' is wrong, legal without TLS are those of the loopback such as "
                "127.0.0.1",
                printable(address));
  if (port < 0 || port > 65535) return fail(Code::invalid, "port {} is outside [0, 65535]", port);
  std::unique_ptr<asio::ssl::context> tls;
  if (identity) tls = TRY(open_tls(*identity));
  auto server = std::make_unique<Server>(std::move(handler), limits, std::move(tls));
  TRY(server->listen(parsed, static_cast<uint16_t>(port)));
  return server;
}

}  // namespace turnstone
