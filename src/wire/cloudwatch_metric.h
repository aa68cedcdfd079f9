// One value of a metric of AWS CloudWatch, and what the service takes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace turnstone {

// Texts are printable ASCII.
struct CloudWatchMetric {
  std::string name = {};      // 1 to 255 bytes
  double value = 0;           // finite
  std::string unit = "None";  // one of the service's: "Percent", "Count", "Bytes/Second"
  std::vector<std::pair<std::string, std::string>> dimensions = {};  // at most 30 names and values
  std::chrono::system_clock::time_point time = {};
  int resolution_s = 60;  // 1 or 60: how finely the service keeps it
};

// Errors: invalid.
Result<> check_cloudwatch_namespace(std::string_view name);

// `now` decides which times the service takes: those of the last two weeks and the next two hours.
// Errors: invalid.
Result<> check_cloudwatch_metric(const CloudWatchMetric& metric,
                                 std::chrono::system_clock::time_point now);

}  // namespace turnstone
