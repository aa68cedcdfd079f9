#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "media/image.h"
#include "media/picture.h"
#include "station/testing_kinds.h"
#include "station/testing_source.h"
#include "wire/test_http_server.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::open_source;
using testing_tools::Running;
using testing_tools::TestHttpServer;

std::string jpeg() {
  return std::string(as_text(*encode_jpeg(make_image(PixelFormat::rgb, 32, 16)->frame(), 90)));
}

std::unique_ptr<Source> source_of(const TestHttpServer& server, const std::string& more = "") {
  auto source = open_source(fmt::format("kind = \"snapshot\"\nurl = \"{}\"\ninterval_ms = 1\n{}",
                                        server.url("/snap.jpg"), more));
  EXPECT_TRUE(source) << source.error().text;
  return std::move(*source);
}

TEST(Snapshot, GivesPictureAfterPictureToWhoHasTheLogin) {
  const TemporaryFolder folder = *TemporaryFolder::make();
  const auto password = (folder.path() / "password").string();
  ASSERT_TRUE(write_file(password, "secret\n"));
  TestHttpServer server([](const auto& request) {
    const auto login = request.headers.find("authorization");
    const bool knows = login != request.headers.end() && login->second == "Basic YWRtaW46c2VjcmV0";
    return TestHttpServer::reply(knows ? 200 : 401, knows ? jpeg() : "");
  });
  const auto source =
      source_of(server, fmt::format("user = \"admin\"\npassword_file = \"{}\"\n", password));
  EXPECT_TRUE(source->is_live());
  Running run(*source);
  ASSERT_TRUE(run.frames(3));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
  EXPECT_EQ(run.names()[2], ":2");
  EXPECT_EQ(server.requests()[0].target, "/snap.jpg");
}

TEST(Snapshot, APictureThatIsNoneIsReportedAndTheNextIsAskedFor) {
  std::atomic<int> asked = 0;
  TestHttpServer server([&](const auto&) {
    return TestHttpServer::reply(200, asked++ == 0 ? "<html>busy</html>" : jpeg());
  });
  const auto source = source_of(server);
  Running run(*source);
  ASSERT_TRUE(run.frames(1));
  run.stop();
  EXPECT_EQ(run.end(), SourceEnd::stopped);
  EXPECT_EQ(run.names()[0], ":1");
  ASSERT_FALSE(run.reports().empty());
  EXPECT_THAT(run.reports()[0].text, HasSubstr("picture 0: "));
}

TEST(Snapshot, ARefusalEndsTheRunAndMayBeTriedAgain) {
  TestHttpServer server([](const auto&) { return TestHttpServer::reply(401); });
  const auto source = source_of(server);
  const auto ended = source->run(std::stop_token(), [](Frame) {}, [](const Error&) {});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::unavailable);
  EXPECT_THAT(ended.error().text, HasSubstr("status 401"));
}

TEST(Snapshot, StopsAtOnceThoughTheCameraDoesNotAnswer) {
  std::atomic<bool> asked = false;
  TestHttpServer server([&](const auto&) {
    asked = true;
    return std::optional<std::string>();
  });
  const auto source = source_of(server);
  std::stop_source stop;
  Result<SourceEnd> ended = SourceEnd::ended;
  std::thread thread(
      [&] { ended = source->run(stop.get_token(), [](Frame) {}, [](const Error&) {}); });
  while (!asked) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  stop.request_stop();
  thread.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  EXPECT_EQ(ended, SourceEnd::stopped);
}

TEST(Snapshot, AWrongUrlIsNamedWithoutItsSecrets) {
  const auto source = open_source("kind = \"snapshot\"\nurl = \"ftp://me:secret@camera/a\"\n");
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().text, HasSubstr("legal is http:// or https:// with a host"));
  EXPECT_THAT(source.error().text, testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace turnstone
