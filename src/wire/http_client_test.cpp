#include "wire/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "wire/test_certificates.h"
#include "wire/test_http_server.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using testing_tools::Certificates;
using testing_tools::eventually;
using testing_tools::TestHttpServer;

std::unique_ptr<HttpClient> make_client(const HttpClientOptions& options = {}) {
  auto client = make_http_client(options);
  CHECK(client.has_value());
  return std::move(*client);
}

// Answers every request with `reply`.
TestHttpServer::Answer always(std::string reply) {
  return [reply = std::move(reply)](const TestHttpServer::Request&) { return reply; };
}

std::string problem(const Result<HttpReply>& reply) { return reply ? "fine" : reply.error().text; }

TEST(HttpClient, SendsMethodHeadersAndBody) {
  TestHttpServer server(always(TestHttpServer::reply(201, "made", "X-Id:  7 \r\n")));
  const auto reply = make_client()->exchange({.method = "POST",
                                              .url = server.url("/a/../b%20c?x=1"),
                                              .headers = {{"X-Key", "a: b"}, {"X-None", ""}},
                                              .body = "hello"},
                                             {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->body, "made");
  EXPECT_EQ(reply->header("x-id"), "7");
  EXPECT_EQ(reply->header("x-other"), "");
  auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a/../b%20c?x=1");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.headers["content-length"], "5");
  EXPECT_EQ(request.headers["x-key"], "a: b");
  EXPECT_TRUE(request.headers.contains("x-none"));
  EXPECT_FALSE(request.headers.contains("content-type"));
}

TEST(HttpClient, SpeaksEveryMethodWithAndWithoutBody) {
  TestHttpServer server([](const auto& request) {
    return TestHttpServer::reply(200, request.method == "HEAD" ? "" : "x");
  });
  const auto client = make_client();
  for (const auto* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    const auto reply = client->exchange({.method = method, .url = server.url()}, {});
    ASSERT_TRUE(reply) << reply.error().text;
    auto request = server.requests().back();
    EXPECT_EQ(request.method, method);
    const bool has_length = request.headers.contains("content-length");
    EXPECT_EQ(has_length, method[0] == 'P') << method;
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, StreamsAFileFromDisk) {
  TestHttpServer server(always(TestHttpServer::reply(200)));
  const auto folder = *TemporaryFolder::make();
  std::string content(3'000'001, 'x');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 % 251);
  ASSERT_TRUE(write_file(folder.path() / "picture", content));
  const auto reply = make_client()->exchange(
      {.method = "PUT", .url = server.url(), .body_file = folder.path() / "picture"}, {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_TRUE(server.requests().at(0).body == content);
}

TEST(HttpClient, SaysThatTheFileIsNotThere) {
  const auto reply = make_client()->exchange(
      {.method = "PUT", .url = "http://127.0.0.1/", .body_file = "/nowhere/picture"}, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::missing);
  EXPECT_EQ(reply.error().text, "/nowhere/picture: no such file");
}

TEST(HttpClient, AsksAgainWhereTheServerHadClosedAKeptConnection) {
  std::atomic<int> asked = 0;
  TestHttpServer server(
      [&](const auto&) { return ++asked == 2 ? std::string() : TestHttpServer::reply(200, "ok"); });
  const auto client = make_client();
  const HttpClientRequest request{.method = "PUT", .url = server.url(), .body = "picture"};
  ASSERT_TRUE(client->exchange(request, {}));
  const auto again = client->exchange(request, {});
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(server.requests().back().body, "picture");
}

TEST(HttpClient, StatusSaysWhatTheCallerMayDo) {
  const auto code_of = [](int status) {
    TestHttpServer server(always(TestHttpServer::reply(status)));
    const auto reply = send_http(*make_client(), {.url = server.url("/secret")}, {});
    EXPECT_FALSE(reply);
    EXPECT_EQ(problem(reply), fmt::format("GET 127.0.0.1:{}: status {}", server.port(), status));
    return reply.error().code;
  };
  EXPECT_EQ(code_of(301), Code::invalid);
  EXPECT_EQ(code_of(404), Code::invalid);
  EXPECT_EQ(code_of(408), Code::unavailable);
  EXPECT_EQ(code_of(429), Code::unavailable);
  EXPECT_EQ(code_of(503), Code::unavailable);
}

TEST(HttpClient, TakesNoMoreThanAsked) {
  TestHttpServer server(always(TestHttpServer::reply(200, std::string(5000, 'x'))));
  const auto client = make_client();
  EXPECT_TRUE(client->exchange({.url = server.url(), .most_bytes = 5000}, {}));
  const auto reply = client->exchange({.url = server.url(), .most_bytes = 4999}, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::invalid);
  EXPECT_EQ(reply.error().text,
            fmt::format("GET 127.0.0.1:{}: the reply is too large", server.port()));
}

TEST(HttpClient, RefusesEndlessHeaders) {
  std::string headers;
  for (int i = 0; i < 3000; ++i) headers += fmt::format("X-{}: {}\r\n", i, std::string(40, 'x'));
  TestHttpServer server(always(TestHttpServer::reply(200, "", headers)));
  EXPECT_THAT(problem(make_client()->exchange({.url = server.url()}, {})),
              HasSubstr("the reply's headers are too large"));
}

TEST(HttpClient, FollowsARedirectOnlyWhenAsked) {
  TestHttpServer server([](const auto& request) {
    return request.target == "/old" ? TestHttpServer::reply(302, "moved", "Location: /new\r\n")
                                    : TestHttpServer::reply(200, "here");
  });
  const auto client = make_client();
  EXPECT_EQ(client->exchange({.url = server.url("/old")}, {})->status, 302);
  const auto followed = client->exchange({.url = server.url("/old"), .most_redirects = 1}, {});
  ASSERT_TRUE(followed) << followed.error().text;
  EXPECT_EQ(followed->body, "here");
}

TEST(HttpClient, FollowsNoRedirectToAnotherScheme) {
  for (const auto* target : {"https://127.0.0.1/", "file:///etc/passwd", "ftp://127.0.0.1/"}) {
    TestHttpServer server(
        always(TestHttpServer::reply(302, "", fmt::format("Location: {}\r\n", target))));
    const auto reply = make_client()->exchange({.url = server.url(), .most_redirects = 3}, {});
    ASSERT_FALSE(reply) << target;
    EXPECT_EQ(reply.error().code, Code::invalid) << reply.error().text;
  }
}

TEST(HttpClient, TakesNoSecretToAnotherServer) {
  TestHttpServer other(always(TestHttpServer::reply(200)));
  TestHttpServer server(
      always(TestHttpServer::reply(302, "", fmt::format("Location: {}\r\n", other.url()))));
  const auto reply = make_client()->exchange(
      {.url = server.url(), .headers = {{"Authorization", "Bearer secret"}}, .most_redirects = 1},
      {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Bearer secret");
  EXPECT_FALSE(other.requests().at(0).headers.contains("authorization"));
}

TEST(HttpClient, EndsARedirectLoop) {
  TestHttpServer server(always(TestHttpServer::reply(302, "", "Location: /\r\n")));
  EXPECT_FALSE(make_client()->exchange({.url = server.url(), .most_redirects = 3}, {}));
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST(HttpClient, SaysThatNobodyListens) {
  const int port = testing_tools::free_port();
  const auto reply =
      make_client()->exchange({.url = fmt::format("http://127.0.0.1:{}/secret", port)}, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::unavailable);
  EXPECT_THAT(reply.error().text, StartsWith(fmt::format("GET 127.0.0.1:{}: ", port)));
  EXPECT_THAT(reply.error().text, testing::Not(HasSubstr("secret")));
}

TEST(HttpClient, SaysThatTheServerHungUp) {
  TestHttpServer server(always(""));
  const auto reply = make_client()->exchange({.url = server.url()}, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::unavailable);
}

TEST(HttpClient, LosesPatienceWithASilentServer) {
  TestHttpServer server([](const auto&) { return std::nullopt; });
  const auto client = make_client({.longest = std::chrono::milliseconds(200)});
  const auto reply = client->exchange({.url = server.url()}, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::unavailable);
  EXPECT_THAT(reply.error().text, HasSubstr("timed out"));
}

// Time from the stop of a waiting exchange to its end.
std::chrono::steady_clock::duration stop_an_exchange() {
  TestHttpServer server([](const auto&) { return std::nullopt; });
  std::stop_source stop;
  std::chrono::steady_clock::time_point stopped;
  std::thread stopper([&] {
    eventually([&] { return !server.requests().empty(); });
    stopped = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const auto reply = make_client()->exchange({.url = server.url()}, stop.get_token());
  const auto ended = std::chrono::steady_clock::now();
  stopper.join();
  EXPECT_EQ(problem(reply), fmt::format("GET 127.0.0.1:{}: stopped", server.port()));
  EXPECT_TRUE(!reply && reply.error().code == Code::cancelled);
  return ended - stopped;
}

TEST(HttpClient, IsStoppedAtOnce) {
  auto least = stop_an_exchange();
  for (int i = 0; i < 2; ++i) least = std::min(least, stop_an_exchange());
  EXPECT_LT(least, std::chrono::milliseconds(100));  // libcurl looks by itself after 200
}

TEST(HttpClient, RefusesWrongRequests) {
  const auto client = make_client();
  const auto problem_of = [&](const HttpClientRequest& request) {
    const auto reply = client->exchange(request, {});
    EXPECT_TRUE(!reply && reply.error().code == Code::invalid);
    return problem(reply);
  };
  const std::string url = "url is wrong, legal are http://HOST and https://HOST without user";
  EXPECT_EQ(problem_of({.url = "ftp://host/"}), url);
  EXPECT_EQ(problem_of({.url = "file:///etc/passwd"}), url);
  EXPECT_EQ(problem_of({.url = "http://user:secret@host/"}), url);
  EXPECT_EQ(problem_of({.url = "http://host/a b\r\n"}), url);
  EXPECT_EQ(problem_of({.url = ""}), url);
  EXPECT_EQ(problem_of({.method = "BREW", .url = "http://host/"}),
            "method 'BREW' is wrong, legal are GET, HEAD, POST, PUT, PATCH and DELETE");
  EXPECT_EQ(problem_of({.url = "http://host/", .headers = {{"X", "a\r\nY: b"}}}),
            "header 'X' is wrong, legal are a name and a value of one line");
  EXPECT_EQ(problem_of({.url = "http://host/", .headers = {{"X:", "a"}}}),
            "header 'X:' is wrong, legal are a name and a value of one line");
}

TEST(HttpClient, ChecksItsFiles) {
  const auto made = make_http_client({.tls = {.ca_file = "/nowhere/ca.pem"}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "ca_file /nowhere/ca.pem: no such file");
}

// A server of TLS that wants a client's certificate and answers HTTP.
class TlsServer {
 public:
  TlsServer() {
    for (int attempt = 0; attempt < 5 && !(server_ && server_->running()); ++attempt) {
      port_ = testing_tools::free_port();
      server_ = std::make_unique<testing_tools::Process>(
          std::vector<std::string>{
              "openssl", "s_server", "-accept", fmt::format("127.0.0.1:{}", port_), "-cert",
              certificates.file("server.pem"), "-key", certificates.file("server.key"), "-CAfile",
              certificates.ca_file(), "-Verify", "1", "-verify_return_error", "-www"},
          "/dev/null", "/dev/null");
      eventually([&] { return testing_tools::accepts_connections(port_) || !server_->running(); });
    }
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return fmt::format("https://{}:{}/", host, port_);
  }

  Certificates certificates;

 private:
  int port_ = 0;
  std::unique_ptr<testing_tools::Process> server_;
};

TEST(HttpClientTls, ShowsItsCertificate) {
  const TlsServer server;
  const auto with = make_client({.tls = server.certificates.client_files()});
  const auto reply = with->exchange({.url = server.url()}, {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->status, 200);
  const auto without = make_client({.tls = {.ca_file = server.certificates.ca_file()}});
  const auto refused = without->exchange({.url = server.url()}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
}

TEST(HttpClientTls, TrustsItsAuthorityAndTheRightNameOnly) {
  const TlsServer server;
  const Certificates other;
  auto files = server.certificates.client_files();
  const auto wrong_name =
      make_client({.tls = files})->exchange({.url = server.url("localhost")}, {});
  ASSERT_FALSE(wrong_name);
  EXPECT_EQ(wrong_name.error().code, Code::unavailable);
  EXPECT_THAT(wrong_name.error().text,
              HasSubstr("no alternative certificate subject name matches"));
  files.ca_file = other.ca_file();
  const auto stranger = make_client({.tls = files})->exchange({.url = server.url()}, {});
  ASSERT_FALSE(stranger);
  EXPECT_THAT(stranger.error().text, HasSubstr("certificate"));
}

}  // namespace
}  // namespace turnstone
