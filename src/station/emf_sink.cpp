#include "station/kinds.h"
#include "station/line_file.h"
#include "station/outcome_metric.h"
#include "wire/cloudwatch_log.h"

namespace turnstone {
namespace {

// Scores as lines of a log that CloudWatch takes metrics from: the embedded metric format.
struct EmfSinkConfig {
  std::string path = "-";                    // "-" is standard output
  std::string name_space = {};               // of CloudWatch
  std::string metric = "{label}";            // its name, a template
  std::string unit = "None";                 // one of CloudWatch's
  double factor = 1;                         // of the score
  double least_score = 0;                    // of findings that are told, 0..1
  std::vector<std::string> dimensions = {};  // NAME=TEMPLATE
  int resolution = 60;                       // 1 or 60 seconds
};

const Field<EmfSinkConfig> emf_fields[] = {
    {"path", &EmfSinkConfig::path, "path", "file that lines are added to, \"-\": standard output"},
    {"namespace", &EmfSinkConfig::name_space, "", "of the metrics", {.required = true}},
    {"metric", &EmfSinkConfig::metric, "", "name of the metric, with places such as {label}"},
    {"unit", &EmfSinkConfig::unit, "", "as CloudWatch spells it, such as Percent or None"},
    {"factor", &EmfSinkConfig::factor, "", "of the score, such as 100 for Percent"},
    {"least_score",
     &EmfSinkConfig::least_score,
     "",
     "findings with less are not told",
     {.least = 0, .most = 1}},
    {"dimensions", &EmfSinkConfig::dimensions, "",
     "such as \"device=line3\" or \"source={source}\""},
    {"resolution_s",
     &EmfSinkConfig::resolution,
     "s",
     "how finely values are kept, 1 or 60",
     {.least = 1, .most = 60}},
};

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
  const OutcomeMetricOptions metric{.name = config.metric,
                                    .unit = config.unit,
                                    .factor = config.factor,
                                    .least_score = config.least_score,
                                    .dimensions = config.dimensions,
                                    .resolution_s = config.resolution};
  TRY(check_cloudwatch_namespace(config.name_space));
  auto made = TRY(OutcomeMetric::make(metric));
  return std::make_unique<EmfSink>(TRY(LineFile::open(config.path, true)), config.name_space,
                                   std::move(made));
}

}  // namespace

const Kind<Sink> emf_sink = kind_of<Sink, EmfSinkConfig, emf_fields, open_emf_sink>(
    "emf", "log lines in CloudWatch's embedded metric format");

}  // namespace turnstone
