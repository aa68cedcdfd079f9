// Outcomes as values of metrics, for the sinks that feed AWS CloudWatch.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "station/outcome.h"
#include "station/template.h"
#include "wire/cloudwatch_metric.h"

namespace turnstone {

// What a user may choose of the metric.
struct OutcomeMetricOptions {
  std::string name = "{label}";              // a template
  std::string unit = "None";                 // one of CloudWatch's
  double factor = 1;                         // of the score
  double least_score = 0;                    // of findings that are told, 0..1
  std::vector<std::string> dimensions = {};  // NAME=TEMPLATE
  int resolution_s = 60;                     // 1 or 60
};

// Makes values of outcomes. Any thread.
class OutcomeMetric {
 public:
  // Errors: invalid.
  static Result<OutcomeMetric> make(const OutcomeMetricOptions& options);

  // The value of the outcome's first finding, rounded to two decimals, as one line of JSON for the
  // spool; "" where there is none to tell.
  std::string print(const Outcome& outcome) const;

 private:
  OutcomeMetricOptions options_;
  Template name_;
  std::vector<std::pair<std::string, Template>> dimensions_;
};

// What OutcomeMetric::print wrote. Errors: invalid.
Result<CloudWatchMetric> parse_outcome_metric(std::string_view text);

}  // namespace turnstone
