#include "wire/http.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "wire/http_rules.h"

namespace turnstone {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// A browser made of one socket.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view text) {
    CHECK(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
  }

  // Everything until the server closes, `needle` has come, or ten seconds have passed.
  std::string read_until(std::string_view needle = {}) {
    char piece[65536];
    while (needle.empty() || got_.find(needle) == std::string::npos) {
      pollfd wait{socket_, POLLIN, 0};
      if (::poll(&wait, 1, 10'000) != 1) break;
      const auto count = ::recv(socket_, piece, sizeof piece, 0);
      if (count <= 0) break;
      got_.append(piece, static_cast<size_t>(count));
    }
    return got_;
  }

 private:
  int socket_;
  std::string got_;
};

struct Fixture {
  std::shared_ptr<HttpFeed> feed = std::make_shared<HttpFeed>();
  std::unique_ptr<HttpServer> server;

  explicit Fixture(HttpLimits limits = {}) {
    auto opened = open_http_server(
        "127.0.0.1", 0,
        [this](const HttpRequest& request) -> HttpAnswer {
          if (request.path == "/feed") return HttpStream{"text/event-stream", "hello\n", feed};
          if (request.path == "/")
            return HttpResponse{.body = std::make_shared<const std::string>("home")};
          return HttpResponse{.status = 404,
                              .body = std::make_shared<const std::string>(request.path)};
        },
        limits);
    CHECK(opened.has_value());
    server = std::move(*opened);
  }

  std::string ask(std::string_view text) {
    Client client(server->port());
    client.send(text);
    return client.read_until();
  }
};

TEST(Http, AnswersGet) {
  Fixture fixture;
  const auto answer = fixture.ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nhome"));
}

TEST(Http, AnswersHeadWithoutBody) {
  Fixture fixture;
  const auto answer =
      fixture.ask("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(Http, ServesSeveralRequestsOnOneConnection) {
  Fixture fixture;
  Client client(fixture.server->port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.read_until("home");
  client.send("GET /a%20b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_until(), EndsWith("\r\n\r\n/a b"));
}

TEST(Http, RefusesAForeignHostName) {
  Fixture fixture;
  EXPECT_THAT(fixture.ask("GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n"),
              StartsWith("HTTP/1.1 403 "));
}

TEST(Http, RefusesOtherMethodsAndBodies) {
  Fixture fixture;
  EXPECT_THAT(fixture.ask("DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(fixture.ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST(Http, RefusesWhatIsNotHttp) {
  Fixture fixture;
  EXPECT_THAT(fixture.ask("\x16\x03\x01 nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST(Http, RefusesAHeaderWithoutEnd) {
  Fixture fixture({.header_bytes = 1024});
  EXPECT_THAT(fixture.ask("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')),
              StartsWith("HTTP/1.1 431 "));
}

TEST(Http, ClosesAConnectionThatSaysNothing) {
  Fixture fixture({.idle = std::chrono::seconds(1)});
  Client client(fixture.server->port());
  EXPECT_EQ(client.read_until(), "");
}

TEST(Http, ClosesConnectionsBeyondTheLimit) {
  Fixture fixture({.connections = 1});
  Client first(fixture.server->port());
  first.send("GET /feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
  first.read_until("hello\n");
  Client second(fixture.server->port());
  EXPECT_EQ(second.read_until(), "");
  EXPECT_EQ(fixture.server->refused(), 1);
  fixture.feed->publish(std::make_shared<const std::string>("one;"));
  EXPECT_THAT(first.read_until("one;"), EndsWith("one;"));
}

TEST(Http, GivesUpTheClientThatSaysNothingForOneThatDoes) {
  Fixture fixture({.connections = 2});
  Client silent(fixture.server->port());
  Client slow(fixture.server->port());
  slow.send("GET / HTTP/1.1\r\n");
  EXPECT_THAT(fixture.ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
              EndsWith("home"));
  EXPECT_EQ(silent.read_until(), "");
  EXPECT_EQ(fixture.server->refused(), 1);
}

TEST(Http, StreamsPieces) {
  Fixture fixture;
  Client client(fixture.server->port());
  client.send("GET /feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.read_until("hello\n");
  fixture.feed->publish(std::make_shared<const std::string>("one;"));
  client.read_until("one;");
  fixture.feed->publish(std::make_shared<const std::string>("two;"));
  EXPECT_THAT(client.read_until("two;"), EndsWith("hello\none;two;"));
}

TEST(Http, GivesASlowViewerOnlyTheNewestPiece) {
  Fixture fixture;
  Client client(fixture.server->port());
  client.send("GET /feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.read_until("hello\n");
  constexpr int pieces = 64;
  constexpr size_t piece_bytes = 4 << 20;
  for (int i = 1; i <= pieces; ++i) {
    auto text = std::string(piece_bytes, '.');
    text += fmt::format("end{};", i);
    fixture.feed->publish(std::make_shared<const std::string>(std::move(text)));
  }
  const auto got = client.read_until(fmt::format("end{};", pieces));
  EXPECT_THAT(got, EndsWith(fmt::format("end{};", pieces)));
  EXPECT_LT(got.size(), pieces * piece_bytes / 2);
}

TEST(Http, ForgetsAViewerThatLeft) {
  Fixture fixture;
  {
    Client client(fixture.server->port());
    client.send("GET /feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.read_until("hello\n");
    fixture.feed->publish(std::make_shared<const std::string>("one;"));
    client.read_until("one;");
    EXPECT_EQ(fixture.feed->viewers(), 1);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (fixture.feed->viewers() > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(fixture.feed->viewers(), 0);
}

// Counts what it has given and not got back.
template <class T>
struct CountingAllocator {
  using value_type = T;
  std::shared_ptr<int> held;
  explicit CountingAllocator(std::shared_ptr<int> count) : held(std::move(count)) {}
  template <class U>
  explicit CountingAllocator(const CountingAllocator<U>& other) : held(other.held) {}
  T* allocate(size_t n) {
    ++*held;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* memory, size_t n) {
    --*held;
    std::allocator<T>().deallocate(memory, n);
  }
  bool operator==(const CountingAllocator&) const = default;
};

TEST(HttpFeed, KeepsNoMemoryOfViewersThatLeftBeforeAPieceCame) {
  struct Asleep final : HttpFeed::Viewer {
    void wake() override {}
  };
  const auto held = std::make_shared<int>(0);
  HttpFeed feed;
  for (int i = 0; i < 100; ++i)
    feed.join(std::allocate_shared<Asleep>(CountingAllocator<Asleep>(held)));
  EXPECT_EQ(*held, 1);
}

TEST(Http, ServesLoopbackOnlyWithoutTls) {
  const auto server = open_http_server("0.0.0.0", 0, {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().text,
            "address '0.0.0.0' is wrong, legal without TLS are those of the loopback such as "
            "127.0.0.1");
}

TEST(Http, SaysThatAPortIsTaken) {
  Fixture fixture;
  const auto second = open_http_server("127.0.0.1", fixture.server->port(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::unavailable);
}

TEST(HttpRules, KnowsLoopbackNames) {
  for (const auto* host :
       {"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:80"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (const auto* host : {"", "example.org", "localhost.example.org", "127.0.0.1.example.org",
                           "[::1].example.org", "128.0.0.1", "localhost:80:80", "localhost:x"})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

TEST(HttpRules, KnowsAddresses) {
  for (const auto* address : {"localhost", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(is_address(address)) << address;
    EXPECT_TRUE(is_loopback_address(address)) << address;
  }
  for (const auto* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    EXPECT_TRUE(is_address(address)) << address;
    EXPECT_FALSE(is_loopback_address(address)) << address;
  }
  for (const auto* address : {"", "example.org", "127.0.0.1:80", "[::1]"})
    EXPECT_FALSE(is_address(address)) << address;
}

TEST(HttpRules, FindsWhatAClientBrings) {
  EXPECT_EQ(bearer_of("Bearer  abc "), "abc");
  EXPECT_EQ(bearer_of("bearer abc"), "abc");
  EXPECT_EQ(bearer_of("Basic abc"), "");
  EXPECT_EQ(bearer_of("Bearer"), "");
  EXPECT_EQ(cookie_of("a=1; b=2=3;c=", "b"), "2=3");
  EXPECT_EQ(cookie_of("a=1; b=2", "c"), "");
  EXPECT_EQ(cookie_of(";;=;", "a"), "");
  EXPECT_EQ(find_form_value("x=1&token=a%2Bb+c", "token"), "a+b c");
  EXPECT_EQ(find_form_value("x=1", "token"), std::nullopt);
  EXPECT_EQ(find_form_value("token=%2", "token"), std::nullopt);
}

TEST(HttpRules, RefusesPathsThatClimb) {
  EXPECT_FALSE(parse_target("/../etc"));
  EXPECT_FALSE(parse_target("/a/%2e%2e/b"));
  EXPECT_FALSE(parse_target("/%zz"));
  EXPECT_FALSE(parse_target("/a%00"));
  EXPECT_FALSE(parse_target("http://x/"));
  EXPECT_EQ(parse_target("/a..b?c=..")->path, "/a..b");
}

}  // namespace
}  // namespace turnstone
