#include "wire/cloudwatch.h"

#include <fmt/chrono.h>

#include "wire/aws_endpoint.h"
#include "wire/aws_refusal.h"
#include "wire/aws_signature.h"
#include "wire/percent.h"

namespace turnstone {
namespace {

constexpr size_t most_metrics = 1000;

// The parameters of one metric, which is number `number` of its request, from 1.
std::string print_metric(const CloudWatchMetric& metric, size_t number) {
  const auto prefix = fmt::format("&MetricData.member.{}.", number);
  const auto time = std::chrono::floor<std::chrono::seconds>(metric.time);
  auto text = fmt::format("{0}MetricName={1}{0}Value={2}{0}Unit={3}{0}Timestamp={4}", prefix,
                          percent_encode(metric.name), percent_encode(fmt::to_string(metric.value)),
                          percent_encode(metric.unit),
                          percent_encode(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time)));
  if (metric.resolution_s == 1) text += prefix + "StorageResolution=1";
  for (size_t i = 0; i < metric.dimensions.size(); ++i)
    text += fmt::format("{0}Dimensions.member.{1}.Name={2}{0}Dimensions.member.{1}.Value={3}",
                        prefix, i + 1, percent_encode(metric.dimensions[i].first),
                        percent_encode(metric.dimensions[i].second));
  return text;
}

class Client final : public CloudWatchClient {
 public:
  Client(const CloudWatchOptions& options, std::unique_ptr<HttpClient> client)
      : options_(options), client_(std::move(client)) {}

  Result<> put(std::string_view name_space, std::span<const CloudWatchMetric> metrics, size_t& sent,
               std::stop_token stop) override {
    sent = 0;
    TRY(check_cloudwatch_namespace(name_space));
    const auto now = std::chrono::system_clock::now();
    size_t right = 0;
    Result<> checked;
    while (right < metrics.size() && (checked = check_cloudwatch_metric(metrics[right], now)))
      ++right;
    size_t most = right;  // in one request
    while (sent < right) {
      const auto body =
          print_cloudwatch_body(name_space, metrics.subspan(sent, std::min(most, right - sent)));
      const auto done = send(body.text, stop);
      if (!done && done.error().code == Code::invalid && body.count > 1) {
        most = 1;  // which of them is refused is not told
        continue;
      }
      TRY(done);
      sent += body.count;
    }
    return checked;
  }

 private:
  Result<> send(std::string_view body, const std::stop_token& stop) {
    HttpClientRequest request{
        .method = "POST",
        .url = aws_endpoint_of(options_.endpoint, options_.region, "monitoring") + "/",
        .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
        .body = body};
    sign_aws_request(request, {options_.region, "monitoring"}, options_.credentials,
                     std::chrono::system_clock::now());
    const auto reply = TRY(client_->exchange(request, stop));
    if (reply.status >= 200 && reply.status <= 299) return {};
    return std::unexpected(aws_error_of(request, reply.status, parse_aws_refusal(reply.body)));
  }

  CloudWatchOptions options_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace

CloudWatchBody print_cloudwatch_body(std::string_view name_space,
                                     std::span<const CloudWatchMetric> metrics, size_t most_bytes) {
  CloudWatchBody body;
  body.text = "Action=PutMetricData&Version=2010-08-01&Namespace=" + percent_encode(name_space);
  for (const auto& metric : metrics.first(std::min(metrics.size(), most_metrics))) {
    const auto text = print_metric(metric, body.count + 1);
    if (body.count > 0 && body.text.size() + text.size() > most_bytes) break;
    body.text += text;
    ++body.count;
  }
  return body;
}

Result<std::unique_ptr<CloudWatchClient>> make_cloudwatch_client(const CloudWatchOptions& options) {
  TRY(check_aws_endpoint(options.endpoint, options.region));
  TRY(check_aws_credentials(options.credentials));
  auto client = TRY(make_http_client({.tls = options.tls, .patience = options.patience}));
  return std::make_unique<Client>(options, std::move(client));
}

}  // namespace turnstone
