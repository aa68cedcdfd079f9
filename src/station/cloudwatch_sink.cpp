#include "station/aws_connection.h"
#include "station/kinds.h"
#include "station/outcome_metric.h"
#include "wire/cloudwatch.h"

namespace turnstone {
namespace {

// Scores as metrics of AWS CloudWatch, by its PutMetricData.
struct CloudWatchSinkConfig : OutcomeMetricOptions, AwsConnection {};

const auto cloudwatch_fields = join_fields(outcome_metric_fields<CloudWatchSinkConfig>(),
                                           aws_connection_fields<CloudWatchSinkConfig>());

class CloudWatchSink final : public Sink {
 public:
  CloudWatchSink(std::unique_ptr<CloudWatchClient> client, std::string name_space,
                 OutcomeMetric metric)
      : client_(std::move(client)),
        name_space_(std::move(name_space)),
        metric_(std::move(metric)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    auto body = metric_.print(outcome);
    if (body.empty()) return {};
    return {{.body = std::move(body)}};
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    sent = 0;
    std::vector<CloudWatchMetric> metrics;
    Result<> legal;
    for (const auto& message : messages) {
      auto metric = parse_outcome_metric(message.body);
      if (!metric) {
        legal = std::unexpected(metric.error());
        break;
      }
      metrics.push_back(std::move(*metric));
    }
    TRY(client_->put(name_space_, metrics, sent, stop));
    return legal;
  }

 private:
  std::unique_ptr<CloudWatchClient> client_;
  std::string name_space_;
  OutcomeMetric metric_;
};

// Errors: invalid (a field), missing (credentials, a file).
Result<std::unique_ptr<Sink>> open_cloudwatch_sink(const CloudWatchSinkConfig& config) {
  auto metric = TRY(OutcomeMetric::make(config));
  auto credentials = TRY(aws_credentials_of(config));
  const CloudWatchOptions options{.endpoint = config.endpoint,
                                  .region = config.region,
                                  .credentials = std::move(credentials),
                                  .tls = {.ca_file = config.ca_file}};
  return std::make_unique<CloudWatchSink>(TRY(make_cloudwatch_client(options)), config.name_space,
                                          std::move(metric));
}

}  // namespace

const Kind<Sink> cloudwatch_sink =
    kind_of<Sink, CloudWatchSinkConfig, cloudwatch_fields, open_cloudwatch_sink>(
        "cloudwatch", "metrics of AWS CloudWatch");

}  // namespace turnstone
