#include "wire/s3.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "wire/test_http_server.h"
#include "wire/test_s3_server.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::eventually;
using testing_tools::S3Server;
using testing_tools::TestHttpServer;

std::unique_ptr<S3Client> make_client(const S3Options& options) {
  auto client = make_s3_client(options);
  CHECK(client.has_value());
  return std::move(*client);
}

class S3 : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!S3Server::program().empty()) server = new S3Server;
  }
  static void TearDownTestSuite() {
    delete server;
    server = nullptr;
  }
  void SetUp() override {
    if (!server) GTEST_SKIP() << "versitygw is not installed: tools/setup test";
  }

  static S3Server* server;
};
S3Server* S3::server = nullptr;

TEST_F(S3, KeepsWhatWasPut) {
  const auto client = make_client(server->options());
  for (const std::string key : {"faces/3_7/9_5/1562803968_0.jpg", "a b", "a+b", "100%", "50%25",
                                "Größe/😀.jpg", "a&b=c?d#e", "semi;colon,'\"<>()[]{}|^`~!*@:$"}) {
    const auto stored = client->put({.key = key, .body = "of " + key}, {});
    ASSERT_TRUE(stored) << key << ": " << stored.error().text;
    EXPECT_FALSE(stored->etag.empty());
    EXPECT_EQ(client->get(key, 1000, {}).value_or(""), "of " + key);
    EXPECT_TRUE(client->remove(key, {}));
    const auto gone = client->get(key, 1000, {});
    ASSERT_FALSE(gone) << key;
    EXPECT_EQ(gone.error().code, Code::missing);
    EXPECT_EQ(client->error_code(), "NoSuchKey");
  }
}

TEST_F(S3, KeepsTypeAndMetadata) {
  const auto client = make_client(server->options());
  const std::map<std::string, std::string> metadata = {
      {"score", "0.93"},  {"score2", "0.07"}, {"score-margin", "0.86"},
      {"label", "Größe"}, {"empty", ""},      {"publish-ts", "2019-07-11 00:12:48.816752"}};
  const auto stored = client->put(
      {.key = "a", .body = "1234", .content_type = "image/jpeg", .metadata = metadata}, {});
  ASSERT_TRUE(stored) << stored.error().text;
  const auto head = client->head("a", {});
  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->size_bytes, 4);
  EXPECT_EQ(head->content_type, "image/jpeg");
  EXPECT_EQ(head->etag, stored->etag);
  for (const auto& [name, value] : metadata) EXPECT_EQ(head->metadata.at(name), value) << name;
}

TEST_F(S3, KeepsAnEmptyObjectAndAFile) {
  const auto client = make_client(server->options());
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(write_file(folder.path() / "picture", "from disk"));
  ASSERT_TRUE(client->put({.key = "empty"}, {}));
  EXPECT_EQ(client->get("empty", 10, {}).value_or("?"), "");
  ASSERT_TRUE(client->put({.key = "file", .file = folder.path() / "picture"}, {}));
  EXPECT_EQ(client->get("file", 10, {}).value_or("?"), "from disk");
}

TEST_F(S3, KeepsALargeFileInParts) {
  const auto client = make_client(server->options());
  const auto folder = *TemporaryFolder::make();
  std::string content(20 << 20, ' ');
  for (size_t i = 0; i < content.size(); i += 100) content[i] = static_cast<char>(i % 251);
  ASSERT_TRUE(write_file(folder.path() / "recording", content));
  const auto stored = client->put({.key = "large file",
                                   .file = folder.path() / "recording",
                                   .content_type = "video/mp4",
                                   .metadata = {{"camera", "line 3"}}},
                                  {});
  ASSERT_TRUE(stored) << stored.error().text;
  EXPECT_THAT(stored->etag, HasSubstr("-3"));
  const auto head = client->head("large file", {});
  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->content_type, "video/mp4");
  EXPECT_EQ(head->metadata.at("camera"), "line 3");
  EXPECT_TRUE(client->get("large file", content.size(), {}).value_or("") == content);
  ASSERT_TRUE(client->put({.key = "large text", .body = content}, {}));
  EXPECT_EQ(client->head("large text", {})->size_bytes, 20 << 20);
}

TEST_F(S3, LeavesNoPartBehindWhenStopped) {
  S3Server own;
  const auto client = make_client(own.options());
  const auto folder = *TemporaryFolder::make();
  const auto file = folder.path() / "recording";
  ASSERT_TRUE(write_file(file, ""));
  std::filesystem::resize_file(file, uint64_t{400} << 20);
  std::stop_source stop;
  std::thread stopper([&] {
    eventually([&] { return own.files() > 0; });
    stop.request_stop();
  });
  const auto stored = client->put({.key = "large", .file = file}, stop.get_token());
  stopper.join();
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::cancelled);
  EXPECT_EQ(own.files(), 0u);
}

TEST_F(S3, TakesNoMoreThanAsked) {
  const auto client = make_client(server->options());
  ASSERT_TRUE(client->put({.key = "a", .body = std::string(5000, 'x')}, {}));
  EXPECT_EQ(client->get("a", 4999, {}).error().code, Code::invalid);
  ASSERT_TRUE(client->put({.key = "a", .body = "xyz"}, {}));
  EXPECT_EQ(client->get("a", 2, {}).error().text,
            "the object of 3 bytes is too large, legal are 2");
}

TEST_F(S3, IsSpokenToByTheBucketsOwnHost) {
  auto options = server->options();
  options.endpoint = fmt::format("http://localhost:{}", server->port());
  options.has_path_style = false;
  const auto client = make_client(options);
  const auto stored = client->put({.key = "by host", .body = "x"}, {});
  ASSERT_TRUE(stored) << stored.error().text;
  EXPECT_EQ(make_client(server->options())->get("by host", 10, {}).value_or(""), "x");
}

TEST_F(S3, RefusesAWrongSecret) {
  auto options = server->options();
  options.credentials.secret_access_key = "another";
  const auto client = make_client(options);
  const auto stored = client->put({.key = "a", .body = "x"}, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::unavailable);
  EXPECT_EQ(client->error_code(), "SignatureDoesNotMatch");
  EXPECT_THAT(stored.error().text,
              HasSubstr(fmt::format("PUT 127.0.0.1:{}: status 403, SignatureDoesNotMatch: ",
                                    server->port())));
  EXPECT_THAT(stored.error().text, testing::Not(HasSubstr("another")));
}

TEST_F(S3, RefusesAnUnknownBucket) {
  auto options = server->options();
  options.bucket = "elsewhere";
  const auto client = make_client(options);
  const auto stored = client->put({.key = "a", .body = "x"}, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::missing);
  EXPECT_EQ(client->error_code(), "NoSuchBucket");
  const auto large = client->put({.key = "a", .body = std::string(9 << 20, 'x')}, {});
  EXPECT_EQ(large.error().code, Code::missing);
  EXPECT_EQ(client->error_code(), "NoSuchBucket");
  EXPECT_FALSE(client->put({}, {}));
  EXPECT_EQ(client->error_code(), "");
}

TEST_F(S3, SaysThatTheServerIsGoneAndGoesOnWhenItIsBack) {
  S3Server own;
  const auto client = make_client(own.options());
  ASSERT_TRUE(client->put({.key = "a", .body = "x"}, {}));
  own.kill();
  const auto stored = client->put({.key = "b", .body = "x"}, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::unavailable);
  EXPECT_EQ(client->error_code(), "");
  own.start();
  EXPECT_TRUE(client->put({.key = "b", .body = "x"}, {}));
}

TEST_F(S3, IsTrustedByItsAuthority) {
  S3Server own(S3Server::Security::tls);
  auto options = own.options();
  EXPECT_TRUE(make_client(options)->put({.key = "a", .body = "x"}, {}));
  options.tls = {};
  const auto stored = make_client(options)->put({.key = "a", .body = "x"}, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::unavailable);
  EXPECT_THAT(stored.error().text, HasSubstr("certificate"));
}

S3Options options_of(const TestHttpServer& server) {
  return {.endpoint = fmt::format("http://127.0.0.1:{}", server.port()),
          .bucket = "pictures",
          .credentials = {.access_key_id = "A", .secret_access_key = "B", .session_token = "C"}};
}

// A store that begins uploads in parts, and answers all else with `answer`.
TestHttpServer::Answer begins_parts(TestHttpServer::Answer answer) {
  return [answer = std::move(answer)](const TestHttpServer::Request& request) {
    if (!request.target.ends_with("?uploads=")) return answer(request);
    return std::optional(
        TestHttpServer::reply(200,
                              "<InitiateMultipartUploadResult><UploadId>a&amp;b</UploadId>"
                              "</InitiateMultipartUploadResult>"));
  };
}

TEST(S3Requests, HoldTokenAndAcl) {
  TestHttpServer server([](const auto&) { return TestHttpServer::reply(200); });
  const auto client = make_client(options_of(server));
  ASSERT_TRUE(client->put({.key = "a", .body = "x"}, {}));
  ASSERT_TRUE(client->put({.key = "a", .body = "x", .acl = "public-read"}, {}));
  auto requests = server.requests();
  EXPECT_EQ(requests[0].headers["x-amz-security-token"], "C");
  EXPECT_FALSE(requests[0].headers.contains("x-amz-acl"));
  EXPECT_EQ(requests[1].headers["x-amz-acl"], "public-read");
  EXPECT_EQ(server.connections(), 1);
}

TEST(S3Requests, GiveUpPartsWhenOneFails) {
  TestHttpServer server(begins_parts([](const auto& request) {
    if (request.method == "DELETE") return TestHttpServer::reply(204);
    if (request.target.find("partNumber=2") != std::string::npos)
      return TestHttpServer::reply(403, "<Error><Code>AccessDenied</Code></Error>");
    return TestHttpServer::reply(200);
  }));
  const auto client = make_client(options_of(server));
  const auto stored = client->put({.key = "a", .body = std::string(20 << 20, 'x')}, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(client->error_code(), "AccessDenied");
  std::vector<std::string> asked;
  for (const auto& request : server.requests())
    asked.push_back(request.method + " " + request.target);
  EXPECT_THAT(asked, testing::ElementsAre(
                         "POST /pictures/a?uploads=", "PUT /pictures/a?partNumber=1&uploadId=a%26b",
                         "PUT /pictures/a?partNumber=2&uploadId=a%26b",
                         "DELETE /pictures/a?uploadId=a%26b"));
}

TEST(S3Requests, GiveUpPartsLaterWhereTheyCouldNotBefore) {
  std::atomic<bool> is_down = true;
  TestHttpServer server(begins_parts(
      [&](const auto&) { return is_down ? std::string() : TestHttpServer::reply(200); }));
  const auto client = make_client(options_of(server));
  EXPECT_FALSE(client->put({.key = "a", .body = std::string(9 << 20, 'x')}, {}));
  is_down = false;
  EXPECT_TRUE(client->put({.key = "b", .body = "x"}, {}));
  const auto requests = server.requests();
  EXPECT_EQ(requests[requests.size() - 2].method, "DELETE");
  EXPECT_EQ(requests[requests.size() - 2].target, "/pictures/a?uploadId=a%26b");
}

TEST(S3Requests, UnderstandAFailureToJoinParts) {
  TestHttpServer server(begins_parts([](const auto& request) {
    return TestHttpServer::reply(
        200, request.method == "POST" ? "<Error><Code>InternalError</Code></Error>" : "");
  }));
  const auto client = make_client(options_of(server));
  const auto stored = client->put({.key = "a", .body = std::string(9 << 20, 'x')}, {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Code::unavailable);
  EXPECT_EQ(client->error_code(), "InternalError");
}

TEST(S3Requests, SurviveHostileAnswers) {
  for (const auto* body :
       {"", "<", "<Error><Code>", "<Error><Code>\x01\xff\n</Code><Message>a\nb</Message></Error>",
        "<Error><Code>&#0;</Code></Error>", "{\"Error\": 1}"}) {
    TestHttpServer server([&](const auto&) { return TestHttpServer::reply(500, body); });
    const auto client = make_client(options_of(server));
    const auto stored = client->put({.key = "a", .body = "x"}, {});
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, Code::unavailable);
    EXPECT_EQ(stored.error().text.find_first_of("\n\x01"), std::string::npos);
  }
}

}  // namespace
}  // namespace turnstone
