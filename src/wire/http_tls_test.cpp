// The HTTP server over TLS, asked by libcurl and by openssl.
#include "wire/http_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/http_client.h"
#include "wire/test_certificates.h"
#include "wire/test_http_server.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::Certificates;

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

HttpIdentity identity() {
  return {certificates().file("server.pem"), certificates().file("server.key")};
}

// Tells what it was asked.
HttpAnswer echo(const HttpRequest& request) {
  auto text = fmt::format("{} {} {} {}", request.posted ? "POST" : "GET", request.path,
                          request.body, request.peer);
  return HttpResponse{.body = std::make_shared<const std::string>(std::move(text)),
                      .headers = {{"X-Own", "yes"}}};
}

std::unique_ptr<HttpServer> open(HttpLimits limits = {.body_bytes = 100}) {
  auto server = open_http_server("127.0.0.1", 0, echo, limits, identity());
  CHECK(server.has_value());
  return std::move(*server);
}

Result<HttpReply> ask(const HttpServer& server, HttpClientRequest request = {}) {
  const auto client = *make_http_client({.tls = {.ca_file = certificates().ca_file()}});
  request.url = server.url() + request.url;
  return client->exchange(request, {});
}

int connect_to(const HttpServer& server) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = testing_tools::loopback(server.port());
  CHECK(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

std::string problem_of(const HttpIdentity& identity) {
  const auto context = open_tls(identity);
  return context ? "fine" : context.error().text;
}

TEST(HttpTls, AnswersAClientThatTrustsItsAuthority) {
  const auto server = open();
  EXPECT_THAT(server->url(), testing::StartsWith("https://127.0.0.1:"));
  const auto reply = ask(*server, {.url = "a"});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->body, "GET /a  127.0.0.1");
  EXPECT_EQ(reply->header("x-own"), "yes");
}

TEST(HttpTls, IsNotTrustedByAStranger) {
  const auto server = open();
  const auto client = *make_http_client({});
  EXPECT_FALSE(client->exchange({.url = server->url()}, {}));
}

TEST(HttpTls, TakesSmallBodiesOnly) {
  const auto server = open();
  const auto reply = ask(*server, {.method = "POST", .url = "b", .body = "hello"});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->body, "POST /b hello 127.0.0.1");
  const std::string long_body(101, 'x');
  EXPECT_EQ(ask(*server, {.method = "POST", .body = long_body})->status, 413);
  EXPECT_EQ(ask(*server, {.method = "PUT", .body = "x"})->status, 405);
}

TEST(HttpTls, TellsWhoSpeaksPlainHttp) {
  const auto server = open();
  const auto client = *make_http_client({});
  const auto reply =
      client->exchange({.url = fmt::format("http://127.0.0.1:{}/", server->port())}, {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 400);
  EXPECT_EQ(reply->body, "TLS is spoken here: ask with https, not http\n");
}

TEST(HttpTls, SpeaksNoOldVersion) {
  const auto server = open();
  const auto try_version = [&](const std::string& version) {
    return testing_tools::run_program(
        {"sh", "-c",
         fmt::format("openssl s_client -connect 127.0.0.1:{} {} -cipher ALL:@SECLEVEL=0 </dev/null",
                     server->port(), version)});
  };
  EXPECT_NE(try_version("-tls1_1"), 0);
  EXPECT_EQ(try_version("-tls1_2"), 0);
  EXPECT_EQ(try_version("-tls1_3"), 0);
}

TEST(HttpTls, IsNotHeldUpByHandshakesThatNeverEnd) {
  const auto server = open({.connections = 8});
  std::vector<int> sockets;
  for (int i = 0; i < 20; ++i) {
    const int socket = connect_to(*server);
    // The beginning of a handshake, or none.
    if (i % 2 == 0) ::send(socket, "\x16\x03\x01\x02", 4, MSG_NOSIGNAL);
    sockets.push_back(socket);
  }
  const auto reply = ask(*server);
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 200);
  for (const int socket : sockets) ::close(socket);
}

TEST(HttpTls, ClosesAHandshakeThatTakesTooLong) {
  const auto server = open({.idle = std::chrono::seconds(1)});
  const int socket = connect_to(*server);
  char byte = 0;
  EXPECT_EQ(::recv(socket, &byte, 1, 0), 0);
  ::close(socket);
}

TEST(HttpTls, SaysWhatIsWrongWithItsFiles) {
  const auto& made = certificates();
  EXPECT_EQ(problem_of(identity()), "fine");
  EXPECT_THAT(problem_of({"none.pem", made.file("server.key")}), HasSubstr("no such file"));
  EXPECT_THAT(problem_of({made.file("server.key"), made.file("server.key")}),
              HasSubstr("holds no certificate"));
  EXPECT_THAT(problem_of({made.file("server.pem"), made.file("server.pem")}),
              HasSubstr("holds no key without a password"));
  EXPECT_THAT(problem_of({made.file("server.pem"), made.file("client.key")}),
              testing::AnyOf(HasSubstr("is not the key of"), HasSubstr("holds no key")));
}

}  // namespace
}  // namespace turnstone
