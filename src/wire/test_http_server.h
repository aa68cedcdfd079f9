// For tests: an HTTP server that keeps what it was asked and answers what the test says, bytes and
// all, so that it can also misbehave.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/test_process.h"
#include "base/text.h"

namespace turnstone::testing_tools {

class TestHttpServer {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
  };
  // The bytes of a reply; "" closes the connection, nothing never answers. On the server's threads.
  using Answer = std::function<std::optional<std::string>(const Request&)>;

  explicit TestHttpServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    CHECK(::listen(listener_, 16) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~TestHttpServer() {
    ends_ = true;
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
  }
  TestHttpServer(const TestHttpServer&) = delete;
  TestHttpServer& operator=(const TestHttpServer&) = delete;

  std::string url(const std::string& target = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, target);
  }
  int port() const { return port_; }
  int connections() const { return connections_; }
  std::vector<Request> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

  // A reply of that status with its length.
  static std::string reply(int status, const std::string& body = {},
                           const std::string& headers = {}) {
    return fmt::format("HTTP/1.1 {} Words\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                       headers, body);
  }

 private:
  bool wait_for(int socket) const {
    pollfd wait{socket, POLLIN, 0};
    while (!ends_)
      if (::poll(&wait, 1, 5) == 1) return true;
    return false;
  }

  void accept() {
    while (wait_for(listener_)) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      ++connections_;
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    std::string got;
    while (auto request = read_request(socket, got)) {
      {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(*request);
      }
      const auto reply = answer_(*request);
      if (!reply) {
        while (read_more(socket, got)) continue;
        break;
      }
      if (reply->empty()) break;
      if (::send(socket, reply->data(), reply->size(), MSG_NOSIGNAL) < 0) break;
    }
    ::close(socket);
  }

  bool read_more(int socket, std::string& got) const {
    char piece[65536];
    if (!wait_for(socket)) return false;
    const auto count = ::recv(socket, piece, sizeof piece, 0);
    if (count <= 0) return false;
    got.append(piece, static_cast<size_t>(count));
    return true;
  }

  std::optional<Request> read_request(int socket, std::string& got) const {
    while (got.find("\r\n\r\n") == std::string::npos)
      if (!read_more(socket, got)) return {};
    const auto end = got.find("\r\n\r\n");
    Request request;
    for (const auto& line : split(got.substr(0, end), '\n')) {
      const auto text = std::string(trim(line));
      if (request.method.empty()) {
        const auto words = split(text, ' ');
        request.method = words.at(0);
        request.target = words.at(1);
      } else {
        const auto colon = text.find(':');
        request.headers[lower(text.substr(0, colon))] = trim(text.substr(colon + 1));
      }
    }
    got.erase(0, end + 4);
    if (request.headers.contains("expect")) {
      const std::string more = "HTTP/1.1 100 Continue\r\n\r\n";
      if (::send(socket, more.data(), more.size(), MSG_NOSIGNAL) < 0) return {};
    }
    const auto length = request.headers.find("content-length");
    const size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (got.size() < size)
      if (!read_more(socket, got)) return {};
    request.body = got.substr(0, size);
    got.erase(0, size);
    return request;
  }

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ends_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace turnstone::testing_tools
