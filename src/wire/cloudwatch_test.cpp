#include "wire/cloudwatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "wire/cloudwatch_log.h"
#include "wire/test_http_server.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::TestHttpServer;

constexpr auto now = std::chrono::sys_days(std::chrono::July / 11 / 2019) + std::chrono::hours(12) +
                     std::chrono::milliseconds(34'567);

CloudWatchMetric latency() {
  return {.name = "latency", .value = 12.5, .unit = "Milliseconds", .time = now};
}

std::string problem(const CloudWatchMetric& metric) {
  const auto checked = check_cloudwatch_metric(metric, now);
  return checked ? "fine" : checked.error().text;
}

TEST(CloudWatchMetrics, AreRefusedWhereTheServiceWould) {
  const auto with = [](auto change) {
    auto metric = latency();
    change(metric);
    return problem(metric);
  };
  using Metric = CloudWatchMetric;
  EXPECT_EQ(problem(latency()), "fine");
  EXPECT_EQ(with([](Metric& m) { m.name = ""; }),
            "metric '' is wrong, legal are 1 to 255 bytes of ASCII");
  EXPECT_EQ(with([](Metric& m) { m.name = "\n"; }),
            "metric '\\x0A' is wrong, legal are 1 to 255 bytes of ASCII");
  EXPECT_EQ(with([](Metric& m) { m.value = NAN; }),
            "metric 'latency': value nan is wrong, legal are -2^360 to 2^360");
  EXPECT_EQ(
      with([](Metric& m) { m.unit = "percent"; }),
      "metric 'latency': unit 'percent' is wrong, legal are None, Percent, Count, Seconds, ...");
  EXPECT_EQ(with([](Metric& m) { m.resolution_s = 5; }),
            "metric 'latency': resolution of 5 s is wrong, legal are 1 and 60");
  EXPECT_EQ(with([](Metric& m) { m.time = now - std::chrono::weeks(2); }), "fine");
  EXPECT_EQ(with([](Metric& m) { m.time = now - std::chrono::weeks(2) - std::chrono::seconds(1); }),
            "metric 'latency': it is older than two weeks");
  EXPECT_EQ(with([](Metric& m) { m.time = now + std::chrono::hours(2); }), "fine");
  EXPECT_EQ(with([](Metric& m) { m.time = now + std::chrono::hours(2) + std::chrono::seconds(1); }),
            "metric 'latency': it is more than two hours ahead");
  EXPECT_EQ(with([](Metric& m) { m.dimensions = {{"line", "3"}, {"line", "4"}}; }),
            "metric 'latency': dimension 'line' is there twice");
  EXPECT_EQ(
      with([](Metric& m) { m.dimensions = {{":line", "3"}}; }),
      "metric 'latency': dimension ':line' is wrong, legal are 1 to 255 bytes of ASCII that do "
      "not begin with ':'");
  EXPECT_EQ(
      with([](Metric& m) { m.dimensions = {{"line", " "}}; }),
      "metric 'latency': value ' ' of dimension 'line' is wrong, legal are 1 to 1024 bytes of "
      "ASCII");
  EXPECT_EQ(with([](Metric& m) {
              for (int i = 0; i < 31; ++i) m.dimensions.emplace_back(fmt::format("d{}", i), "x");
            }),
            "metric 'latency': 31 dimensions are too many, legal are 30");
}

TEST(CloudWatchMetrics, HaveANamespaceOfTheirOwn) {
  EXPECT_TRUE(check_cloudwatch_namespace("Turnstone/line-3"));
  for (const auto* name : {"", "AWS/EC2", ":a", "a b", "ü"})
    EXPECT_FALSE(check_cloudwatch_namespace(name)) << name;
}

TEST(CloudWatchBodies, HoldEveryByteInItsPlace) {
  const CloudWatchMetric metrics[] = {latency(),
                                      {.name = "a b&c=",
                                       .value = 1e100,
                                       .unit = "Bytes/Second",
                                       .dimensions = {{"device", "d1"}, {"line", "3+4"}},
                                       .time = now,
                                       .resolution_s = 1}};
  const auto body = print_cloudwatch_body("Turn/stone", metrics);
  EXPECT_EQ(body.count, 2u);
  EXPECT_EQ(body.text,
            "Action=PutMetricData&Version=2010-08-01&Namespace=Turn%2Fstone"
            "&MetricData.member.1.MetricName=latency&MetricData.member.1.Value=12.5"
            "&MetricData.member.1.Unit=Milliseconds"
            "&MetricData.member.1.Timestamp=2019-07-11T12%3A00%3A34Z"
            "&MetricData.member.2.MetricName=a%20b%26c%3D&MetricData.member.2.Value=1e%2B100"
            "&MetricData.member.2.Unit=Bytes%2FSecond"
            "&MetricData.member.2.Timestamp=2019-07-11T12%3A00%3A34Z"
            "&MetricData.member.2.StorageResolution=1"
            "&MetricData.member.2.Dimensions.member.1.Name=device"
            "&MetricData.member.2.Dimensions.member.1.Value=d1"
            "&MetricData.member.2.Dimensions.member.2.Name=line"
            "&MetricData.member.2.Dimensions.member.2.Value=3%2B4");
}

TEST(CloudWatchBodies, KeepTheServicesLimits) {
  const std::vector<CloudWatchMetric> metrics(1500, latency());
  EXPECT_EQ(print_cloudwatch_body("a", metrics).count, 1000u);
  const auto small = print_cloudwatch_body("a", metrics, 5000);
  EXPECT_LE(small.text.size(), 5000u);
  EXPECT_EQ(small.count, 29u);
}

CloudWatchOptions options_of(const TestHttpServer& server) {
  return {.endpoint = fmt::format("http://127.0.0.1:{}", server.port()),
          .region = "eu-central-1",
          .credentials = {.access_key_id = "A", .secret_access_key = "B"}};
}

std::vector<CloudWatchMetric> metrics_of_now(size_t count) {
  auto metric = latency();
  metric.time = std::chrono::system_clock::now();
  return std::vector<CloudWatchMetric>(count, metric);
}

TEST(CloudWatch, PutsMetricsInAsFewRequestsAsMayBe) {
  TestHttpServer server(
      [](const auto&) { return TestHttpServer::reply(200, "<PutMetricDataResponse/>"); });
  const auto client = make_cloudwatch_client(options_of(server));
  ASSERT_TRUE(client) << client.error().text;
  size_t sent = 0;
  const auto put = (*client)->put("Turnstone", metrics_of_now(1500), sent, {});
  ASSERT_TRUE(put) << put.error().text;
  EXPECT_EQ(sent, 1500u);
  auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].method + " " + requests[0].target, "POST /");
  EXPECT_EQ(requests[0].headers["content-type"],
            "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_THAT(requests[0].headers["authorization"],
              HasSubstr("/eu-central-1/monitoring/aws4_request, "));
  EXPECT_THAT(requests[0].headers["authorization"],
              HasSubstr("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date,"));
  EXPECT_THAT(requests[1].body, HasSubstr("&MetricData.member.500.MetricName=latency&"));
  EXPECT_THAT(requests[1].body, testing::Not(HasSubstr("member.501.")));
  EXPECT_EQ(server.connections(), 1);
}

TEST(CloudWatch, SaysWhichMetricIsWrongAndPutsThoseBefore) {
  TestHttpServer server([](const auto&) { return TestHttpServer::reply(200); });
  const auto client = *make_cloudwatch_client(options_of(server));
  auto metrics = metrics_of_now(5);
  metrics[3].unit = "Furlongs";
  size_t sent = 0;
  const auto put = client->put("Turnstone", metrics, sent, {});
  EXPECT_EQ(sent, 3u);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::invalid);
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_FALSE(client->put("AWS/EC2", metrics, sent, {}));
  EXPECT_EQ(sent, 0u);
}

TEST(CloudWatch, AMetricThatIsRefusedTakesNoOthersWithIt) {
  TestHttpServer server([](const auto& request) {
    if (request.body.find("broken") == std::string::npos) return TestHttpServer::reply(200);
    return TestHttpServer::reply(400,
                                 "<ErrorResponse><Error><Code>InvalidParameterValue</Code>"
                                 "<Message>no</Message></Error></ErrorResponse>");
  });
  const auto client = *make_cloudwatch_client(options_of(server));
  auto metrics = metrics_of_now(5);
  metrics[3].name = "broken";
  size_t sent = 0;
  const auto put = client->put("Turnstone", metrics, sent, {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::invalid);
  EXPECT_EQ(sent, 3u);
}

TEST(CloudWatch, UnderstandsRefusals) {
  TestHttpServer server([](const auto&) {
    return TestHttpServer::reply(
        400,
        "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
        "</ErrorResponse>");
  });
  const auto client = *make_cloudwatch_client(options_of(server));
  size_t sent = 1;
  const auto put = client->put("Turnstone", metrics_of_now(1), sent, {});
  EXPECT_EQ(sent, 0u);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::unavailable);
  EXPECT_EQ(put.error().text,
            fmt::format("POST 127.0.0.1:{}: status 400, Throttling: Rate exceeded", server.port()));
}

TEST(CloudWatch, ChecksItsOptions) {
  const auto problem_of = [](const CloudWatchOptions& options) {
    return make_cloudwatch_client(options).error().text;
  };
  EXPECT_EQ(problem_of({}), "aws_access_key_id is missing");
  EXPECT_EQ(problem_of({.region = "../"}),
            "region '../' is wrong, legal are letters, digits, '-' and '_'");
}

std::string lines_of(std::span<const CloudWatchMetric> metrics) {
  const auto lines = print_cloudwatch_log("Turnstone", metrics, now);
  if (!lines) return lines.error().text;
  std::string text;
  for (const auto& line : *lines) text += line + "\n";
  return text;
}

TEST(CloudWatchLog, HoldsEveryByteInItsPlace) {
  auto first = latency();
  first.dimensions = {{"device", "d1"}};
  auto again = first;
  again.value = 13;
  auto other = first;
  other.name = "score";
  other.unit = "None";
  other.resolution_s = 1;
  auto later = other;
  later.time += std::chrono::milliseconds(1);
  const CloudWatchMetric metrics[] = {first, again, other, later, latency()};
  EXPECT_EQ(lines_of(metrics),
            R"({"_aws":{"Timestamp":1562846434567,"CloudWatchMetrics":[{"Namespace":"Turnstone",)"
            R"("Dimensions":[["device"]],"Metrics":[{"Name":"latency","Unit":"Milliseconds"},)"
            R"({"Name":"score","Unit":"None","StorageResolution":1}]}]},)"
            R"("device":"d1","latency":[12.5,13.0],"score":12.5})"
            "\n"
            R"({"_aws":{"Timestamp":1562846434568,"CloudWatchMetrics":[{"Namespace":"Turnstone",)"
            R"("Dimensions":[["device"]],"Metrics":[{"Name":"score","Unit":"None",)"
            R"("StorageResolution":1}]}]},"device":"d1","score":12.5})"
            "\n"
            R"({"_aws":{"Timestamp":1562846434567,"CloudWatchMetrics":[{"Namespace":"Turnstone",)"
            R"("Dimensions":[[]],"Metrics":[{"Name":"latency","Unit":"Milliseconds"}]}]},)"
            R"("latency":12.5})"
            "\n");
}

TEST(CloudWatchLog, KeepsTheFormatsLimits) {
  std::vector<CloudWatchMetric> names, values, large;
  for (int i = 0; i < 250; ++i) {
    auto metric = latency();
    values.push_back(metric);
    metric.name = fmt::format("m{}", i);
    names.push_back(metric);
  }
  for (int i = 0; i < 100; ++i) {
    auto metric = latency();
    metric.name = fmt::format("{:\"<250}", i);
    metric.value = -1.2345678901234567e-300;
    metric.dimensions = {{std::string(255, '"'), std::string(1024, '\\')}};
    large.insert(large.end(), 100, metric);
  }
  const auto count = [](std::span<const CloudWatchMetric> metrics) {
    const auto lines = print_cloudwatch_log("Turnstone", metrics, now);
    EXPECT_TRUE(lines) << lines.error().text;
    for (const auto& line : *lines) EXPECT_LE(line.size(), 256'000u);
    return lines->size();
  };
  EXPECT_EQ(count(names), 3u);
  EXPECT_EQ(count(values), 3u);
  EXPECT_EQ(count(large), 2u);
  EXPECT_EQ(count({}), 0u);
}

TEST(CloudWatchLog, RefusesNamesThatStandForTwoThings) {
  auto metric = latency();
  metric.dimensions = {{"latency", "x"}};
  EXPECT_EQ(lines_of({&metric, 1}), "metric 'latency' is called as a dimension or '_aws'");
  metric.dimensions = {{"_aws", "x"}};
  EXPECT_EQ(lines_of({&metric, 1}), "metric 'latency': a dimension is called '_aws'");
  metric = latency();
  metric.name = "_aws";
  EXPECT_EQ(lines_of({&metric, 1}), "metric '_aws' is called as a dimension or '_aws'");
}

}  // namespace
}  // namespace turnstone
