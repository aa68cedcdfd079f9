// Sinks that speak to servers of the web: object stores, webhooks, metrics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/text.h"
#include "base/uuid.h"
#include "dataset/manifest.h"
#include "media/picture.h"
#include "station/testing_kinds.h"
#include "station/testing_outcomes.h"
#include "wire/test_broker.h"
#include "wire/test_http_server.h"
#include "wire/test_s3_server.h"

namespace turnstone {
namespace {

using testing_tools::some_classes;
using testing_tools::some_faces;
using testing_tools::some_verdict;

class WebSinks : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  static std::unique_ptr<Sink> open(const std::string& fields) {
    auto sink = testing_tools::open_sink(fields);
    EXPECT_TRUE(sink) << sink.error().text;
    return sink ? std::move(*sink) : nullptr;
  }

  static Result<size_t> take(Sink& sink, const Outcome& outcome) {
    auto messages = sink.messages_of(outcome);
    for (auto& message : messages) message.id = outcome.id;
    size_t sent = 0;
    TRY(sink.send(messages, sent, {}));
    return sent;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-web-sinks");
};

class S3Sink : public WebSinks {
 protected:
  void SetUp() override {
    if (testing_tools::S3Server::program().empty()) GTEST_SKIP() << "versitygw is not installed";
    server_ = std::make_unique<testing_tools::S3Server>();
    ASSERT_TRUE(write_file(file("credentials"), server_->credentials_text()));
  }

  std::string fields(std::string_view more) const {
    return fmt::format(
        "kind = \"s3\"\nbucket = \"pictures\"\nendpoint = \"{}\"\ncredentials_file = \"{}\"\n{}",
        server_->options().endpoint, file("credentials"), more);
  }

  std::unique_ptr<testing_tools::S3Server> server_;
};

TEST_F(S3Sink, StoresAPieceForEachFaceUnderTheKeyOfTheCamera) {
  const auto sink =
      open(fields("what = \"crops\"\npadding_px = 5\n"
                  "key = \"faces/{month}_{day}/{hour}_{minute}/{epoch}_{index}.jpg\"\n"));
  EXPECT_EQ(take(*sink, some_faces()), 2u);
  const auto client = *make_s3_client(server_->options());
  const auto head = client->head("faces/3_7/8_5/1772870709_1.jpg", {});
  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->content_type, "image/jpeg");
  EXPECT_EQ(head->metadata.at("label"), "face");
  EXPECT_EQ(head->metadata.at("score"), "0.553");
  const auto bytes = *client->get("faces/3_7/8_5/1772870709_0.jpg", 1 << 20, {});
  const auto crop = decode_picture(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(crop) << crop.error().text;
  EXPECT_EQ(crop->width, 50);   // 0.2 of 200 pixels and the padding
  EXPECT_EQ(crop->height, 50);  // 0.4 of 100 pixels and the padding
}

TEST_F(S3Sink, StoresPicturesOfChosenLabelsAlone) {
  const auto sink = open(fields("labels = [\"Fail\"]\nkey = \"{label}/{picture}\"\n"));
  auto bad = some_verdict();
  bad.frame = some_faces().frame;
  EXPECT_EQ(take(*sink, bad), 1u);
  auto good = bad;
  good.verdict->label = 0;
  EXPECT_EQ(take(*sink, good), 0u);
  EXPECT_TRUE((*make_s3_client(server_->options()))->head("Fail/img00091.jpg", {}));
}

TEST_F(S3Sink, AStoreThatIsAwayIsUnavailable) {
  const auto sink = open(fields("what = \"line\"\nkey = \"{id}.json\"\n"));
  server_->kill();
  const auto sent = take(*sink, some_verdict());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Code::unavailable);
  server_->start();
  EXPECT_EQ(take(*sink, some_verdict()), 1u);
  EXPECT_EQ(*(*make_s3_client(server_->options()))->get("0199.json", 1 << 20, {}),
            print_outcome(some_verdict()) + "\n");
}

TEST_F(WebSinks, MetricsAreLinesOfALog) {
  const auto sink = open(
      fmt::format("kind = \"emf\"\npath = \"{}\"\nnamespace = \"dino-detect\"\nunit = \"Percent\"\n"
                  "factor = 100\ndimensions = [\"device=line3\"]\nleast_score = 0.2\n",
                  file("log")));
  EXPECT_EQ(take(*sink, some_classes({"a", "Triceratops"})), 1u);
  EXPECT_EQ(*read_text(file("log")),
            R"({"_aws":{"Timestamp":1772870709250,"CloudWatchMetrics":[{"Namespace":"dino-detect",)"
            R"("Dimensions":[["device"]],"Metrics":[{"Name":"Triceratops","Unit":"Percent"}]}]},)"
            R"("device":"line3","Triceratops":21.7})"
            "\n");
  auto weak = some_classes({"a", "b"});
  weak.scene.classes[0].score = 0.1F;
  EXPECT_EQ(take(*sink, weak), 0u);
}

using testing_tools::TestHttpServer;

TEST_F(WebSinks, AWebhookGetsThePayloadAndAKeyForRepeats) {
  TestHttpServer server([](const auto&) { return TestHttpServer::reply(204); });
  ASSERT_TRUE(write_file(file("token"), "abc\n"));
  const auto sink = open(fmt::format("kind = \"webhook\"\nurl = \"{}\"\ntoken_file = \"{}\"\n",
                                     server.url("/hook"), file("token")));
  EXPECT_EQ(take(*sink, some_verdict()), 1u);
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /hook");
  EXPECT_EQ(request.body, R"({"image":"img00091.jpg","result":"Fail","confidence":0.987})");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer abc");
  EXPECT_EQ(request.headers.at("idempotency-key"), "0199");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
}

TEST_F(WebSinks, AWebhookIsTriedAgainWhereThatMayHelp) {
  int status = 0;
  TestHttpServer server([&](const auto&) { return TestHttpServer::reply(status); });
  const auto sink = open(fmt::format("kind = \"webhook\"\nurl = \"{}\"\n", server.url()));
  for (const auto& [answer, code] :
       {std::pair(500, Code::unavailable), std::pair(429, Code::unavailable),
        std::pair(401, Code::unavailable), std::pair(404, Code::unavailable),
        std::pair(302, Code::unavailable), std::pair(400, Code::invalid),
        std::pair(422, Code::invalid)}) {
    status = answer;
    const auto sent = take(*sink, some_verdict());
    ASSERT_FALSE(sent) << answer;
    EXPECT_EQ(sent.error().code, code) << answer;
    EXPECT_EQ(sent.error().text,
              fmt::format("POST 127.0.0.1:{}: answered {}", server.port(), answer));
  }
}

TEST_F(WebSinks, MetricsArePutUnderTheClassAsTheGpuBoardDoes) {
  TestHttpServer server([](const auto&) { return TestHttpServer::reply(200); });
  ASSERT_TRUE(write_file(file("credentials"),
                         "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"));
  const auto sink =
      open(fmt::format("kind = \"cloudwatch\"\nendpoint = \"{}\"\ncredentials_file = \"{}\"\n"
                       "namespace = \"dino-detect\"\nunit = \"Percent\"\n",
                       server.url(""), file("credentials")));
  auto outcome = some_classes({"a", "Triceratops"});
  outcome.scene.wall = std::chrono::system_clock::now();
  const auto sent = take(*sink, outcome);
  ASSERT_TRUE(sent) << sent.error().text;
  const auto request = server.requests().at(0);
  for (const auto* part : {"Action=PutMetricData", "Namespace=dino-detect",
                           "MetricData.member.1.MetricName=Triceratops",
                           "MetricData.member.1.Value=0.22", "MetricData.member.1.Unit=Percent"})
    EXPECT_THAT(request.body, testing::HasSubstr(part));
  EXPECT_THAT(request.body, testing::Not(testing::HasSubstr("Dimensions")));
  EXPECT_THAT(request.headers.at("authorization"), testing::HasSubstr("/monitoring/aws4_request"));
}

class Feedback : public WebSinks {
 protected:
  static Outcome sample() {
    auto outcome = some_verdict();
    outcome.frame = some_faces().frame;
    return outcome;
  }
};

TEST_F(Feedback, AFolderGetsPicturesAndLinesOfAManifest) {
  const auto sink = open(fmt::format(
      "kind = \"feedback\"\nfolder = \"{}\"\nstrategy = \"least_confidence\"\nthreshold = 0.99\n",
      file("samples")));
  EXPECT_EQ(take(*sink, sample()), 1u);
  const auto line = *parse_json(*read_text(file("samples/feedback.manifest")));
  const auto name = line["source-ref"].get<std::string>();
  EXPECT_TRUE(read_picture(file("samples/" + name)));
  EXPECT_EQ(line["model-prediction"], Json({0.013, 0.987}));
  EXPECT_EQ(line["config-id"], "station");
  EXPECT_EQ(line["metadata"]["publish-ts"], "2026-03-07 08:05:09.250000");
  auto sure = sample();
  sure.verdict->classes[0].score = 0.995F;
  EXPECT_EQ(take(*sink, sure), 0u);
}

// Ground Truth reads it as an input manifest, and our own reader as pictures without a label.
TEST_F(Feedback, ALineOfTheManifestHasEveryByteInItsPlace) {
  const auto sink = open(
      fmt::format("kind = \"feedback\"\nfolder = \"{}\"\nconfig = \"LC50\"\n", file("samples")));
  EXPECT_EQ(take(*sink, sample()), 1u);
  auto second = sample();
  second.id = "0200";
  EXPECT_EQ(take(*sink, second), 1u);
  const auto text = *read_text(file("samples/feedback.manifest"));
  const auto line_of = [](const std::string& id) {
    return fmt::format(
        R"({{"source-ref":"{}.jpg","model-prediction":[0.013,0.987],"config-id":"LC50",)"
        R"("metadata":{{"publish-ts":"2026-03-07 08:05:09.250000","source":"camera",)"
        R"("model":"inspection"}}}})"
        "\n",
        uuid_of(id + "/LC50"));
  };
  EXPECT_EQ(text, line_of("0199") + line_of("0200"));
  const auto read = read_manifest(file("samples/feedback.manifest"));
  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->samples.size(), 2u);
  EXPECT_EQ(read->samples[0].label, -1);
  EXPECT_TRUE(read_picture(read->samples[0].path));
}

TEST_F(Feedback, PicturesAreOfTheKindThatTheMapWants) {
  for (const auto& [type, extension, ending] :
       {std::tuple("image/png", "", "png"), std::tuple("image/png", "jpg,png", "png"),
        std::tuple("image/jpeg,image/png", "png,jpg", "jpg"),
        std::tuple("image/jpeg", "jpeg", "jpeg")}) {
    const auto folder = fmt::format("samples-{}-{}", ending, std::string_view(extension).size());
    ASSERT_TRUE(write_file(
        file("map.json"),
        fmt::format(
            R"({{"All":{{"s3-bucket-name":"pictures","content-type":"{}","file-ext":"{}"}}}})",
            type, extension)));
    const auto sink = open(fmt::format("kind = \"feedback\"\nfolder = \"{}\"\nmap = \"{}\"\n",
                                       file(folder), file("map.json")));
    EXPECT_EQ(take(*sink, sample()), 1u);
    const std::filesystem::path samples = file(folder);
    const auto line = *parse_json(*read_text((samples / "feedback.manifest").string()));
    const auto name = line["source-ref"].get<std::string>();
    EXPECT_TRUE(name.ends_with("." + std::string(ending))) << name;
    const auto bytes = *read_text((samples / name).string());
    EXPECT_EQ(bytes.starts_with("\x89PNG"), ending == std::string_view("png")) << name;
    EXPECT_TRUE(read_picture((samples / name).string()));
  }
}

TEST_F(Feedback, TheRequestLimitOfTheConnectorsParametersCounts) {
  Json parameters;
  parameters["FeedbackConfigurationMap"] =
      R"({"All":{"s3-bucket-name":"pictures","content-type":"image/jpeg"}})";
  parameters["RequestLimit"] = "7";
  ASSERT_TRUE(write_file(file("map.json"), print_json(parameters)));
  const auto sink = open(fmt::format("kind = \"feedback\"\nfolder = \"{}\"\nmap = \"{}\"\n",
                                     file("samples"), file("map.json")));
  EXPECT_EQ(sink->most_waiting(), 7);
}

TEST_F(Feedback, MoreThanTheRequestLimitIsThrottled) {
  const auto sink =
      open(fmt::format("kind = \"feedback\"\nfolder = \"{}\"\nrequest_limit = 10\n"
                       "mqtt_url = \"tcp://127.0.0.1:1883\"\ntell_drops = true\n",
                       file("samples")));
  EXPECT_EQ(sink->most_waiting(), 10);
  const auto messages = sink->passed_over(sample());
  ASSERT_EQ(messages.size(), 1u);
  const auto address = *parse_json(messages[0].address);
  EXPECT_EQ(address["topics"][0][0], "feedback/message/status");
  EXPECT_EQ(address["topics"][0][1],
            fmt::format(R"({{"response":{{"status":"fail","error_message":)"
                        R"("too many samples are under way","error":"Queue.Full"}},"id":"{}"}})",
                        uuid_of("0199/station")));
  EXPECT_EQ(address["topics"][1][0], "cloudwatch/metric/put");
  EXPECT_EQ(address["topics"][1][1],
            R"({"request":{"namespace":"GreengrassFeedbackConnector","metricData":{"value":1.0,)"
            R"("unit":"Count","metricName":"ErrorRequestThrottled"}}})");
}

TEST_F(Feedback, AStoreThatRefusesIsToldWithItsWord) {
  if (testing_tools::S3Server::program().empty()) GTEST_SKIP() << "versitygw is not installed";
  if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
    GTEST_SKIP() << missing;
  const testing_tools::S3Server server;
  testing_tools::Broker broker;
  broker.subscribe("#");
  ASSERT_TRUE(write_file(file("credentials"), server.credentials_text()));
  const auto sink = open(fmt::format(
      "kind = \"feedback\"\nbucket = \"nowhere\"\nendpoint = \"{}\"\ncredentials_file = \"{}\"\n"
      "mqtt_url = \"{}\"\n",
      server.options().endpoint, file("credentials"), broker.url()));
  EXPECT_FALSE(take(*sink, sample()));
  EXPECT_FALSE(take(*sink, sample()));
  ASSERT_TRUE(testing_tools::eventually([&] { return broker.received().size() >= 2; }));
  const auto told = *parse_json(broker.received()[0]);
  EXPECT_EQ(told["response"]["status"], "fail");
  EXPECT_EQ(told["response"]["error"], "NoSuchBucket");
  EXPECT_EQ(broker.received()[1],
            R"({"request":{"namespace":"GreengrassFeedbackConnector","metricData":{"value":1.0,)"
            R"("unit":"Count","metricName":"SampleUploadFailure"}}})");
  EXPECT_EQ(broker.received().size(), 2u) << "told once";
}

TEST_F(Feedback, PicturesThatLookAlikeAndMoreThanTheQuotaStay) {
  const auto sink =
      open(fmt::format("kind = \"feedback\"\nfolder = \"{}\"\nalike_bits = 2\n", file("samples")));
  EXPECT_EQ(take(*sink, sample()), 1u);
  EXPECT_EQ(take(*sink, sample()), 0u);
  const auto few =
      open(fmt::format("kind = \"feedback\"\nfolder = \"{}\"\na_minute = 2\n", file("samples")));
  for (const size_t kept : {1u, 1u, 0u}) EXPECT_EQ(take(*few, sample()), kept);
}

TEST_F(Feedback, OnlyWhatIsDisputed) {
  const auto sink =
      open(fmt::format("kind = \"feedback\"\nfolder = \"{}\"\ndisputed = true\n", file("samples")));
  auto outcome = sample();
  EXPECT_EQ(take(*sink, outcome), 0u);
  outcome.scene.disputed = true;
  EXPECT_EQ(take(*sink, outcome), 1u);
}

TEST_F(Feedback, AStoreAndABrokerGetWhatTheConnectorSends) {
  if (testing_tools::S3Server::program().empty()) GTEST_SKIP() << "versitygw is not installed";
  if (const auto missing = testing_tools::Broker::missing(); !missing.empty())
    GTEST_SKIP() << missing;
  const testing_tools::S3Server server;
  testing_tools::Broker broker;
  broker.subscribe("#");
  ASSERT_TRUE(write_file(file("credentials"), server.credentials_text()));
  ASSERT_TRUE(write_file(
      file("map.json"),
      R"({"LC50":{"s3-bucket-name":"pictures","s3-prefix":"mlfeedback","content-type":"image/jpeg",)"
      R"("file-ext":"jpg","sampling-strategy":{"strategy-name":"LEAST_CONFIDENCE","threshold":0.99}}})"));
  const auto sink = open(fmt::format(
      "kind = \"feedback\"\nmap = \"{}\"\nendpoint = \"{}\"\ncredentials_file = \"{}\"\n"
      "mqtt_url = \"{}\"\ntell_drops = true\n",
      file("map.json"), server.options().endpoint, file("credentials"), broker.url()));
  EXPECT_EQ(take(*sink, sample()), 1u);
  auto sure = sample();
  sure.verdict->classes[0].score = 0.995F;
  EXPECT_EQ(take(*sink, sure), 1u);
  ASSERT_TRUE(testing_tools::eventually([&] { return broker.received().size() >= 7; }));
  const auto received = broker.received();
  const auto id = (*parse_json(received[0]))["id"].get<std::string>();
  const auto key = "mlfeedback/" + id + ".jpg";
  EXPECT_THAT(received[0],
              testing::StartsWith(R"({"response":{"status":"success","s3_response":{"bucket":)"
                                  R"("pictures","key":")" +
                                  key));
  EXPECT_EQ(
      received[1],
      fmt::format(R"({{"source-ref":"s3://pictures/{}","model-prediction":[0.013,0.987],)"
                  R"("config-id":"LC50","metadata":{{"publish-ts":)"
                  R"("2026-03-07 08:05:09.250000","source":"camera","model":"inspection"}}}})",
                  key));
  EXPECT_THAT(received[2], testing::MatchesRegex(
                               R"re(\{"request":\{"namespace":"GreengrassFeedbackConnector",)re"
                               R"re("metricData":\{"value":[0-9.]+,"unit":"Bytes",)re"
                               R"re("metricName":"SampleSize"\}\}\})re"));
  EXPECT_THAT(received[3], testing::HasSubstr(
                               R"("value":1.0,"unit":"Count","metricName":"SampleUploadSuccess")"));
  EXPECT_THAT(received[4], testing::HasSubstr("SampleAndPredictionPublished"));
  EXPECT_EQ(
      received[5],
      fmt::format(R"({{"response":{{"status":"sample_dropped_by_strategy"}},"id":"{}"}})", id));
  EXPECT_THAT(received[6], testing::HasSubstr("SampleNotUsed"));
  const auto head = (*make_s3_client(server.options()))->head(key, {});
  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->metadata.at("publish-ts"), "2026-03-07 08:05:09.250000");
}

}  // namespace
}  // namespace turnstone
