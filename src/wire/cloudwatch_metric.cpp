#include "wire/cloudwatch_metric.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "base/text.h"

namespace turnstone {
namespace {

constexpr size_t most_name_bytes = 255;
constexpr size_t most_value_bytes = 1024;
constexpr size_t most_dimensions = 30;

constexpr std::string_view units[] = {"None",
                                      "Percent",
                                      "Count",
                                      "Seconds",
                                      "Milliseconds",
                                      "Microseconds",
                                      "Bytes",
                                      "Kilobytes",
                                      "Megabytes",
                                      "Gigabytes",
                                      "Terabytes",
                                      "Bits",
                                      "Kilobits",
                                      "Megabits",
                                      "Gigabits",
                                      "Terabits",
                                      "Count/Second",
                                      "Bytes/Second",
                                      "Kilobytes/Second",
                                      "Megabytes/Second",
                                      "Gigabytes/Second",
                                      "Terabytes/Second",
                                      "Bits/Second",
                                      "Kilobits/Second",
                                      "Megabits/Second",
                                      "Gigabits/Second",
                                      "Terabits/Second"};

bool is_text(std::string_view text, size_t most) {
  return !trim(text).empty() && text.size() <= most &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

Result<> check_dimensions(const CloudWatchMetric& metric) {
  const auto& dimensions = metric.dimensions;
  if (dimensions.size() > most_dimensions)
    return fail(Code::invalid, "{} dimensions are too many, legal are {}", dimensions.size(),
                most_dimensions);
  std::set<std::string_view> names;
  for (const auto& [name, value] : dimensions) {
    if (!is_text(name, most_name_bytes) || name.starts_with(':'))
      return fail(Code::invalid,
                  "dimension '{}' is wrong, legal are 1 to {} bytes of ASCII that do not begin "
                  "with ':'",
                  printable(name), most_name_bytes);
    if (!is_text(value, most_value_bytes))
      return fail(Code::invalid,
                  "value '{}' of dimension '{}' is wrong, legal are 1 to {} bytes of ASCII",
                  printable(value), name, most_value_bytes);
    if (!names.insert(name).second)
      return fail(Code::invalid, "dimension '{}' is there twice", name);
  }
  return {};
}

Result<> check(const CloudWatchMetric& metric, std::chrono::system_clock::time_point now) {
  if (!std::isfinite(metric.value) || std::abs(metric.value) > std::ldexp(1, 360))
    return fail(Code::invalid, "value {} is wrong, legal are -2^360 to 2^360", metric.value);
  if (std::ranges::find(units, metric.unit) == std::end(units))
    return fail(Code::invalid, "unit '{}' is wrong, legal are None, Percent, Count, Seconds, ...",
                printable(metric.unit));
  if (metric.resolution_s != 1 && metric.resolution_s != 60)
    return fail(Code::invalid, "resolution of {} s is wrong, legal are 1 and 60",
                metric.resolution_s);
  if (metric.time < now - std::chrono::weeks(2))
    return fail(Code::invalid, "it is older than two weeks");
  if (metric.time > now + std::chrono::hours(2))
    return fail(Code::invalid, "it is more than two hours ahead");
  return check_dimensions(metric);
}

}  // namespace

Result<> check_cloudwatch_namespace(std::string_view name) {
  const bool is_right = !name.empty() && name.size() <= most_name_bytes && name[0] != ':' &&
                        !name.starts_with("AWS/") && std::ranges::all_of(name, [](char c) {
                          return std::isalnum(static_cast<unsigned char>(c)) ||
                                 std::string_view(".-_/#:").find(c) != std::string_view::npos;
                        });
  if (!is_right)
    return fail(Code::invalid,
                "namespace '{}' is wrong, legal are 1 to {} letters, digits and .-_/#: that begin "
                "with neither ':' nor 'AWS/'",
                printable(name), most_name_bytes);
  return {};
}

Result<> check_cloudwatch_metric(const CloudWatchMetric& metric,
                                 std::chrono::system_clock::time_point now) {
  if (!is_text(metric.name, most_name_bytes))
    return fail(Code::invalid, "metric '{}' is wrong, legal are 1 to {} bytes of ASCII",
                printable(metric.name), most_name_bytes);
  TRY(check(metric, now), fmt::format("metric '{}'", metric.name));
  return {};
}

}  // namespace turnstone
