#include "station/outcome_metric.h"

#include <cmath>

#include "base/text.h"
#include "station/finding.h"
#include "station/pair.h"

namespace turnstone {
namespace {

constexpr int64_t latest_ms = int64_t{1} << 43;  // in the year 2248
constexpr int64_t most_resolution_s = 3600;

// CloudWatch takes printable ASCII alone, and no empty text.
std::string ascii(std::string text) {
  if (text.empty()) return "_";
  for (char& letter : text)
    if (letter < ' ' || letter > '~') letter = '_';
  return text;
}

}  // namespace

Result<std::pair<std::string, Template>> parse_dimension(const std::string& text) {
  auto [name, value] = TRY(parse_pair(text, "NAME=VALUE"));
  return std::pair(std::move(name), TRY(Template::parse(value)));
}

Result<OutcomeMetric> OutcomeMetric::make(const OutcomeMetricOptions& options) {
  TRY(check_cloudwatch_namespace(options.name_space));
  OutcomeMetric made;
  made.options_ = options;
  made.name_ = TRY(Template::parse(options.metric), "metric");
  for (const auto& text : options.dimensions)
    made.dimensions_.push_back(TRY(parse_dimension(text), "dimensions"));
  CloudWatchMetric sample{.name = "label", .value = 0, .unit = options.unit};
  for (const auto& [name, value] : made.dimensions_) sample.dimensions.emplace_back(name, "value");
  sample.time = std::chrono::system_clock::now();
  sample.resolution_s = options.resolution_s;
  TRY(check_cloudwatch_metric(sample, sample.time));
  return made;
}

std::string OutcomeMetric::print(const Outcome& outcome) const {
  const auto findings = findings_of(outcome);
  if (findings.empty() || findings.front().score < options_.least_score) return "";
  const auto values = values_of(outcome);
  Json json;
  json["name"] = ascii(name_.print(values));
  json["value"] = std::round(double{findings.front().score} * options_.factor * 100) / 100;
  json["unit"] = options_.unit;
  json["time_ms"] = std::get<int64_t>(values.at("epoch_ms"));
  json["resolution_s"] = options_.resolution_s;
  auto& dimensions = json["dimensions"] = Json::array();
  for (const auto& [name, value] : dimensions_)
    dimensions.push_back(Json::array({name, ascii(value.print(values))}));
  return print_json(json);
}

Result<CloudWatchMetric> parse_outcome_metric(std::string_view text) {
  const auto json = TRY(parse_json(text));
  try {
    CloudWatchMetric metric{.name = json.at("name").get<std::string>(),
                            .value = json.at("value").get<double>(),
                            .unit = json.at("unit").get<std::string>()};
    for (const auto& pair : json.at("dimensions"))
      metric.dimensions.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
    const auto time_ms = TRY(json_get<int64_t>(json, "time_ms"), "metric");
    const auto resolution_s = TRY(json_get<int64_t>(json, "resolution_s"), "metric");
    if (time_ms < 0 || time_ms > latest_ms || resolution_s < 0 || resolution_s > most_resolution_s)
      return fail(Code::invalid, "metric: time_ms {} or resolution_s {} is wrong", time_ms,
                  resolution_s);
    metric.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(time_ms));
    metric.resolution_s = static_cast<int>(resolution_s);
    return metric;
  } catch (const Json::exception& error) {
    return fail(Code::invalid, "metric: {}", error.what());
  }
}

}  // namespace turnstone
