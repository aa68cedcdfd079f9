#include "station/kinds.h"
#include "station/outcome_metric.h"
#include "wire/cloudwatch.h"

namespace turnstone {
namespace {

// Scores as metrics of AWS CloudWatch, by its PutMetricData.
struct CloudWatchSinkConfig {
  std::string name_space = {};               // of CloudWatch
  std::string metric = "{label}";            // its name, a template
  std::string unit = "None";                 // one of CloudWatch's
  double factor = 1;                         // of the score
  double least_score = 0;                    // of findings that are told, 0..1
  std::vector<std::string> dimensions = {};  // NAME=TEMPLATE
  int resolution = 60;                       // 1 or 60 seconds
  std::string region = "us-east-1";
  std::string endpoint = {};          // "": AWS's of the region
  std::string credentials_file = {};  // "": from the environment, or ~/.aws/credentials
  std::string profile = "default";    // of the file
  std::string ca_file = {};
};

const Field<CloudWatchSinkConfig> cloudwatch_fields[] = {
    {"namespace", &CloudWatchSinkConfig::name_space, "", "of the metrics", {.required = true}},
    {"metric", &CloudWatchSinkConfig::metric, "",
     "name of the metric, with places such as {label}"},
    {"unit", &CloudWatchSinkConfig::unit, "", "as CloudWatch spells it, such as Percent or None"},
    {"factor", &CloudWatchSinkConfig::factor, "", "of the score, such as 100 for Percent"},
    {"least_score",
     &CloudWatchSinkConfig::least_score,
     "",
     "findings with less are not told",
     {.least = 0, .most = 1}},
    {"dimensions", &CloudWatchSinkConfig::dimensions, "",
     "such as \"device=line3\" or \"source={source}\""},
    {"resolution_s",
     &CloudWatchSinkConfig::resolution,
     "s",
     "how finely values are kept, 1 or 60",
     {.least = 1, .most = 60}},
    {"region", &CloudWatchSinkConfig::region, "", "of the service"},
    {"endpoint", &CloudWatchSinkConfig::endpoint, "", "http://HOST:PORT, \"\": AWS"},
    {"credentials_file", &CloudWatchSinkConfig::credentials_file, "path",
     "as of the AWS tools; \"\": the environment, or ~/.aws/credentials"},
    {"profile", &CloudWatchSinkConfig::profile, "", "of the credentials file"},
    {"ca_file", &CloudWatchSinkConfig::ca_file, "path",
     "PEM, who may have signed the server's certificate; \"\": the system's authorities"},
};

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
  const OutcomeMetricOptions metric{.name = config.metric,
                                    .unit = config.unit,
                                    .factor = config.factor,
                                    .least_score = config.least_score,
                                    .dimensions = config.dimensions,
                                    .resolution_s = config.resolution};
  TRY(check_cloudwatch_namespace(config.name_space));
  auto made = TRY(OutcomeMetric::make(metric));
  CloudWatchOptions options{
      .endpoint = config.endpoint, .region = config.region, .tls = {.ca_file = config.ca_file}};
  options.credentials = config.credentials_file.empty()
                            ? TRY(find_aws_credentials())
                            : TRY(read_aws_credentials(config.credentials_file, config.profile));
  return std::make_unique<CloudWatchSink>(TRY(make_cloudwatch_client(options)), config.name_space,
                                          std::move(made));
}

}  // namespace

const Kind<Sink> cloudwatch_sink =
    kind_of<Sink, CloudWatchSinkConfig, cloudwatch_fields, open_cloudwatch_sink>(
        "cloudwatch", "metrics of AWS CloudWatch");

}  // namespace turnstone
