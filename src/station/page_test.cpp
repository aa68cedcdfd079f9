#include "station/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/files.h"
#include "media/image.h"
#include "wire/http_client.h"
#include "wire/test_broker.h"
#include "wire/test_certificates.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PageTest : public testing::Test {
 protected:
  void SetUp() override {
    auto page = Page::open({.port = 0}, content());
    ASSERT_TRUE(page) << page.error().text;
    page_ = std::move(*page);
  }

  PageContent content() {
    const auto answer = [] { return Json{{"answer", 42}}; };
    return {.state =
                [this, answer] {
                  ++told_;
                  return answer();
                },
            .history = answer,
            .faults = answer,
            .fault_picture =
                [](int64_t number) {
                  return number == 7 ? std::make_shared<const std::string>("a JPEG") : nullptr;
                },
            .metrics = [] { return std::string("up 1\n"); },
            .views = {{"camera", &view_}}};
  }

  // What comes for `path` until the text `last` has come or the connection is closed.
  std::string get(const std::string& path, const std::string& last = {}) const {
    const auto& url = page_->url();
    const auto port = url.substr(url.rfind(':') + 1, url.size() - url.rfind(':') - 2);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = testing_tools::loopback(std::stoi(port));
    EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", path, port);
    EXPECT_EQ(::send(socket, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    while (last.empty() || answer.find(last) == std::string::npos) {
      const auto got = ::recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      answer.append(buffer, static_cast<size_t>(got));
    }
    ::close(socket);
    return answer;
  }

  std::atomic<int> told_{0};  // states
  View view_{1000, 80, std::chrono::milliseconds(0)};
  std::unique_ptr<Page> page_;
};

TEST_F(PageTest, TellsTheStateAsJson) {
  const auto answer = get("/api/state");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("{\"answer\":42}"));
}

TEST_F(PageTest, TellsTheStateAsEvents) {
  const auto answer = get("/api/events", "data: {\"answer\":42}\n\n");
  EXPECT_THAT(answer, HasSubstr("text/event-stream"));
  EXPECT_THAT(answer, HasSubstr("data: {\"answer\":42}\n\n"));
}

TEST_F(PageTest, StreamsThePicturesOfASource) {
  view_.show(make_image(PixelFormat::rgb, 64, 64)->frame());
  const auto answer = get("/stream/camera.mjpeg", "Content-Type: image/jpeg");
  EXPECT_THAT(answer, HasSubstr("multipart/x-mixed-replace"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: image/jpeg"));
}

TEST_F(PageTest, HasTheApplicationAndNothingElse) {
  EXPECT_THAT(get("/"), HasSubstr("<!doctype html>"));
  EXPECT_THAT(get("/nothing"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get("/stream/other.mjpeg"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get("/stream/.mjpeg"), StartsWith("HTTP/1.1 404"));
}

TEST_F(PageTest, TellsFaultsHistoryAndMetrics) {
  EXPECT_THAT(get("/api/faults"), HasSubstr("{\"answer\":42}"));
  EXPECT_THAT(get("/api/history"), HasSubstr("{\"answer\":42}"));
  EXPECT_THAT(get("/metrics"), HasSubstr("\r\n\r\nup 1\n"));
  EXPECT_THAT(get("/fault/7.jpg"), HasSubstr("\r\n\r\na JPEG"));
  for (const auto* path : {"/fault/8.jpg", "/fault/x.jpg", "/fault/.jpg"})
    EXPECT_THAT(get(path), StartsWith("HTTP/1.1 404")) << path;
}

// A page for other machines, asked by libcurl.
class OpenPage : public PageTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file(token_file(), token_ + "\n"));
    auto page = Page::open(config(), content());
    ASSERT_TRUE(page) << page.error().text;
    page_ = std::move(*page);
  }

  std::string token_file() const { return (folder_.path() / "token").string(); }
  PageConfig config() const {
    return {.address = "0.0.0.0",
            .port = 0,
            .token_file = token_file(),
            .certificate_file = certificates_.file("server.pem"),
            .key_file = certificates_.file("server.key")};
  }

  std::string url_of(const std::string& path) const {
    const auto& url = page_->url();
    return "https://127.0.0.1" + url.substr(url.rfind(':')) + path.substr(1);
  }

  HttpReply ask(const std::string& path, std::vector<HttpHeader> headers = {},
                const std::string& posted = {}) const {
    const auto client = *make_http_client({.tls = {.ca_file = certificates_.ca_file()}});
    const auto reply = client->exchange({.method = posted.empty() ? "GET" : "POST",
                                         .url = url_of(path),
                                         .headers = std::move(headers),
                                         .body = posted},
                                        {});
    EXPECT_TRUE(reply) << reply.error().text;
    return reply.value_or(HttpReply{});
  }

  const std::string token_ = "0123456789abcdef0123456789abcdef";
  testing_tools::Certificates certificates_;
  TemporaryFolder folder_ = *TemporaryFolder::make();
};

TEST_F(OpenPage, RefusesWhoHasNoToken) {
  for (const auto* path : {"/api/state", "/api/events", "/stream/camera.mjpeg", "/metrics"})
    EXPECT_EQ(ask(path).status, 401) << path;
  EXPECT_EQ(ask("/api/state", {{"Authorization", "Bearer wrong"}}).status, 401);
  EXPECT_THAT(ask("/").body, HasSubstr("type=\"password\""));
}

TEST_F(OpenPage, LetsAScraperInByItsToken) {
  const auto reply = ask("/metrics", {{"Authorization", "Bearer " + token_}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "up 1\n");
}

TEST_F(OpenPage, LetsABrowserInByItsCookie) {
  const auto login = ask("/login", {}, "token=" + token_);
  ASSERT_EQ(login.status, 303);
  const auto cookie = login.header("set-cookie");
  const HttpHeader sent{"Cookie", cookie.substr(0, cookie.find(';'))};
  EXPECT_EQ(ask("/api/state", {sent}).body, "{\"answer\":42}\n");
  EXPECT_THAT(ask("/", {sent}).body, HasSubstr("/page.js"));
}

TEST_F(OpenPage, AReloadShowsANewCertificateAndTakesANewTokenAlone) {
  const HttpHeader old_token{"Authorization", "Bearer " + token_};
  EXPECT_EQ(ask("/metrics", {old_token}).status, 200);
  const testing_tools::Certificates renewed;
  namespace fs = std::filesystem;
  for (const auto* name : {"server.pem", "server.key", "ca.pem"})
    fs::copy_file(renewed.file(name), certificates_.file(name),
                  fs::copy_options::overwrite_existing);
  const std::string token = "fedcba9876543210fedcba9876543210";
  ASSERT_TRUE(write_file(token_file(), token + "\n"));
  const auto reloaded = page_->reload();
  ASSERT_TRUE(reloaded) << reloaded.error().text;
  // Whoever trusts the new authority alone finds nothing of the old certificate.
  EXPECT_EQ(ask("/metrics", {{"Authorization", "Bearer " + token}}).status, 200);
  EXPECT_EQ(ask("/metrics", {old_token}).status, 401);
}

TEST_F(OpenPage, ANewTokenEndsTheStreamsOfTheOneBefore) {
  auto stream = std::async(std::launch::async, [&] {
    const auto client = *make_http_client({.tls = {.ca_file = certificates_.ca_file()}});
    std::ignore = client->exchange(
        {.url = url_of("/api/events"), .headers = {{"Authorization", "Bearer " + token_}}}, {});
  });
  ASSERT_TRUE(testing_tools::eventually([&] { return told_ > 0; }));
  ASSERT_TRUE(page_->reload());
  EXPECT_EQ(stream.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout)
      << "the same token";
  ASSERT_TRUE(write_file(token_file(), "fedcba9876543210fedcba9876543210\n"));
  ASSERT_TRUE(page_->reload());
  EXPECT_EQ(stream.wait_for(std::chrono::seconds(8)), std::future_status::ready);
}

TEST_F(OpenPage, AReloadOfFilesThatAreWrongChangesNothing) {
  ASSERT_TRUE(write_file(token_file(), "fedcba9876543210fedcba9876543210\n"));
  ASSERT_TRUE(write_file(certificates_.file("server.key"), "no key"));
  EXPECT_THAT(page_->reload().error().text, HasSubstr("server.key: holds no key"));
  EXPECT_EQ(ask("/metrics", {{"Authorization", "Bearer " + token_}}).status, 200);
}

TEST_F(OpenPage, TellsAllThatIsWrongWithItsFiles) {
  auto wrong = config();
  wrong.token_file = "none";
  wrong.certificate_file = "none.pem";
  const auto page = Page::open(wrong, content());
  ASSERT_FALSE(page);
  EXPECT_THAT(page.error().text, StartsWith("token_file: "));
  EXPECT_THAT(page.error().text, HasSubstr("\ncertificate_file none.pem: no such file"));
}

}  // namespace
}  // namespace turnstone
