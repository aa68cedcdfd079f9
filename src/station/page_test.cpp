#include "station/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/image.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PageTest : public testing::Test {
 protected:
  void SetUp() override {
    auto page = Page::open({.port = 0}, [] { return Json{{"answer", 42}}; }, {{"camera", &view_}});
    ASSERT_TRUE(page) << page.error().text;
    page_ = std::move(*page);
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

}  // namespace
}  // namespace turnstone
