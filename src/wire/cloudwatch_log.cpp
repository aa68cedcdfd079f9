#include "wire/cloudwatch_log.h"

#include <algorithm>

#include "base/json.h"

namespace turnstone {
namespace {

constexpr size_t most_metrics = 100;
constexpr size_t most_values = 100;
constexpr size_t most_bytes = 256'000;

int64_t milliseconds_of(const CloudWatchMetric& metric) {
  return std::chrono::floor<std::chrono::milliseconds>(metric.time).time_since_epoch().count();
}

// The metrics of one line. All have the dimensions and the time of the first.
class Line {
 public:
  explicit Line(const CloudWatchMetric& first) : first_(&first) {
    for (const auto& [name, value] : first.dimensions)
      bytes_ += bytes_of(name) * 2 + bytes_of(value);
  }

  // False where the metric needs another line.
  bool add(const CloudWatchMetric& metric) {
    if (metric.dimensions != first_->dimensions ||
        milliseconds_of(metric) != milliseconds_of(*first_))
      return false;
    const auto found = std::ranges::find(
        series_, metric.name,
        [](const Series& series) -> const std::string& { return series.metric->name; });
    const bool is_new = found == series_.end();
    const bool is_same = !is_new && found->metric->unit == metric.unit &&
                         found->metric->resolution_s == metric.resolution_s;
    if (is_new ? series_.size() == most_metrics : !is_same || found->values.size() == most_values)
      return false;
    const auto added = is_new ? bytes_of(metric.name) * 2 + 120 : 30;  // upper bounds
    if (!series_.empty() && bytes_ + added > most_bytes) return false;
    if (is_new)
      series_.push_back({&metric, {metric.value}});
    else
      found->values.push_back(metric.value);
    bytes_ += added;
    return true;
  }

  std::string print(std::string_view name_space) const {
    Json names = Json::array();
    for (const auto& [name, value] : first_->dimensions) names.push_back(name);
    Json metrics = Json::array();
    for (const auto& [metric, values] : series_) {
      Json entry = {{"Name", metric->name}, {"Unit", metric->unit}};
      if (metric->resolution_s != 60) entry["StorageResolution"] = metric->resolution_s;
      metrics.push_back(std::move(entry));
    }
    Json directive = {{"Namespace", name_space},
                      {"Dimensions", Json::array({std::move(names)})},
                      {"Metrics", std::move(metrics)}};
    Json line;
    line["_aws"] = {{"Timestamp", milliseconds_of(*first_)},
                    {"CloudWatchMetrics", Json::array({std::move(directive)})}};
    for (const auto& [name, value] : first_->dimensions) line[name] = value;
    for (const auto& [metric, values] : series_)
      line[metric->name] = values.size() == 1 ? Json(values[0]) : Json(values);
    return print_json(line);
  }

 private:
  struct Series {
    const CloudWatchMetric* metric;
    std::vector<double> values;
  };

  // In JSON, at most: every quote and backslash takes two.
  static size_t bytes_of(std::string_view text) { return text.size() * 2 + 4; }

  const CloudWatchMetric* first_;
  std::vector<Series> series_;
  size_t bytes_ = 512;
};

Result<> check_names(const CloudWatchMetric& metric) {
  const auto is_taken = [&](std::string_view name) {
    return name == "_aws" || std::ranges::any_of(metric.dimensions, [&](const auto& dimension) {
             return dimension.first == name;
           });
  };
  if (is_taken(metric.name))
    return fail(Code::invalid, "metric '{}' is called as a dimension or '_aws'", metric.name);
  const auto reserved = std::ranges::find(
      metric.dimensions, "_aws",
      [](const auto& dimension) -> const std::string& { return dimension.first; });
  if (reserved != metric.dimensions.end())
    return fail(Code::invalid, "metric '{}': a dimension is called '_aws'", metric.name);
  return {};
}

}  // namespace

Result<std::vector<std::string>> print_cloudwatch_log(std::string_view name_space,
                                                      std::span<const CloudWatchMetric> metrics,
                                                      std::chrono::system_clock::time_point now) {
  TRY(check_cloudwatch_namespace(name_space));
  for (const auto& metric : metrics) {
    TRY(check_cloudwatch_metric(metric, now));
    TRY(check_names(metric));
  }
  std::vector<Line> lines;
  for (const auto& metric : metrics) {
    if (!lines.empty() && lines.back().add(metric)) continue;
    CHECK(lines.emplace_back(metric).add(metric));
  }
  std::vector<std::string> printed;
  for (const auto& line : lines) printed.push_back(line.print(name_space));
  return printed;
}

}  // namespace turnstone
