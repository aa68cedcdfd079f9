// Outcomes as values of metrics, for the sinks that feed AWS CloudWatch.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "station/field.h"
#include "station/outcome.h"
#include "station/template.h"
#include "wire/cloudwatch_metric.h"

namespace turnstone {

// What a user may choose of the metric: to be derived from by the settings of a section, whose
// table of fields is then made with join_fields and outcome_metric_fields.
struct OutcomeMetricOptions {
  std::string name_space;               // of CloudWatch
  std::string metric = "{label}";       // its name, a template
  std::string unit = "None";            // one of CloudWatch's
  double factor = 1;                    // of the score
  double least_score = 0;               // of findings that are told, 0..1
  std::vector<std::string> dimensions;  // NAME=TEMPLATE
  int resolution_s = 60;                // 1 or 60
};

// A name and its value of "NAME=TEMPLATE". Errors: invalid.
Result<std::pair<std::string, Template>> parse_dimension(const std::string& text);

// The fields of a metric in the table of a `Section` that derives from OutcomeMetricOptions.
template <class Section>
std::array<Field<Section>, 7> outcome_metric_fields() {
  return {{{"namespace",
            &Section::name_space,
            "",
            "of the metrics",
            {.required = true, .why_not = why_not<check_cloudwatch_namespace>}},
           {"metric",
            &Section::metric,
            "",
            "name of the metric, with places such as {label}",
            {.why_not = why_not<Template::parse>}},
           {"unit", &Section::unit, "", "as CloudWatch spells it, such as Percent or None"},
           {"factor", &Section::factor, "", "of the score, such as 100 for Percent"},
           {"least_score",
            &Section::least_score,
            "",
            "findings with less are not told",
            {.least = 0, .most = 1}},
           {"dimensions",
            &Section::dimensions,
            "",
            "such as \"device=line3\" or \"source={source}\"",
            {.why_not = why_not<parse_dimension>}},
           {"resolution_s",
            &Section::resolution_s,
            "s",
            "how finely values are kept, 1 or 60",
            {.least = 1, .most = 60}}}};
}

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
