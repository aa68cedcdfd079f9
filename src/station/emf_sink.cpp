#include "station/kinds.h"
#include "station/line_file.h"
#include "station/outcome_metric.h"
#include "wire/cloudwatch_log.h"

namespace turnstone {
namespace {

// Scores as lines of a log that CloudWatch takes metrics from: the embedded metric format.
struct EmfSinkConfig : OutcomeMetricOptions {
  std::string path = "-";  // "-" is standard output
};

const Field<EmfSinkConfig> own_fields[] = {
    {"path", &EmfSinkConfig::path, "path", "file that lines are added to, \"-\": standard output"},
};
const auto emf_fields = join_fields(own_fields, outcome_metric_fields<EmfSinkConfig>());

class EmfSink final : public Sink {
 public:
  EmfSink(LineFile file, std::string name_space, OutcomeMetric metric)
      : file_(std::move(file)), name_space_(std::move(name_space)), metric_(std::move(metric)) {}

  std::vector<Message> messages_of(const Outcome& outcome) const override {
    const auto text = metric_.print(outcome);
    if (text.empty()) return {};
    return {{.body = text}};
  }

  Result<> send(std::span<const Message> messages, size_t& sent, std::stop_token stop) override {
    std::vector<Message> lines;
    Result<> legal;
    for (const auto& message : messages) {
      auto line = line_of(message.body);
      if (!line) {
        legal = std::unexpected(line.error());
        break;
      }
      lines.push_back({.body = std::move(*line)});
    }
    TRY(file_.write(lines, sent, stop));
    return legal;
  }

 private:
  Result<std::string> line_of(const std::string& text) const {
    const auto metric = TRY(parse_outcome_metric(text));
    const auto lines = TRY(print_cloudwatch_log(name_space_, {&metric, 1}, metric.time));
    return lines.front() + "\n";
  }

  LineFile file_;
  std::string name_space_;
  OutcomeMetric metric_;
};

// Errors: invalid (a field), unavailable (the file cannot be opened).
Result<std::unique_ptr<Sink>> open_emf_sink(const EmfSinkConfig& config) {
  auto metric = TRY(OutcomeMetric::make(config));
  return std::make_unique<EmfSink>(TRY(LineFile::open(config.path, true)), config.name_space,
                                   std::move(metric));
}

}  // namespace

const Kind<Sink> emf_sink = kind_of<Sink, EmfSinkConfig, emf_fields, open_emf_sink>(
    "emf", "log lines in CloudWatch's embedded metric format");

}  // namespace turnstone
