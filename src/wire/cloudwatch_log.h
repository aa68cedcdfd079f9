// Metrics as lines of a log that CloudWatch takes them from: the embedded metric format.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/cloudwatch_metric.h"

namespace turnstone {

// One JSON document a line, without line ends. Metrics that follow each other with the same
// dimensions and the same millisecond share a line, several values of one metric an array, as far
// as the format allows: 100 metrics, 100 values of each, 256 kB a line. `now` as of
// check_cloudwatch_metric. Errors: invalid (the namespace, a metric, a metric called as a
// dimension).
Result<std::vector<std::string>> print_cloudwatch_log(std::string_view name_space,
                                                      std::span<const CloudWatchMetric> metrics,
                                                      std::chrono::system_clock::time_point now);

}  // namespace turnstone
