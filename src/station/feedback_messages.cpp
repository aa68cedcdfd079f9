#include "station/feedback_messages.h"

#include <fmt/format.h>

#include <ctime>

namespace turnstone {

std::string print_feedback_success(const StoredSample& sample) {
  Json stored;
  stored["bucket"] = sample.bucket;
  stored["key"] = sample.key;
  if (!sample.etag.empty()) stored["ETag"] = sample.etag;
  if (!sample.encryption.empty()) stored["ServerSideEncryption"] = sample.encryption;
  Json json;
  json["response"]["status"] = "success";
  json["response"]["s3_response"] = std::move(stored);
  json["id"] = sample.id;
  return print_json(json);
}

std::string print_feedback_drop(std::string_view id) {
  Json json;
  json["response"]["status"] = "sample_dropped_by_strategy";
  json["id"] = id;
  return print_json(json);
}

std::string print_feedback_failure(std::string_view id, std::string_view error,
                                   std::string_view message) {
  Json json;
  json["response"]["status"] = "fail";
  json["response"]["error_message"] = message;
  json["response"]["error"] = error;
  json["id"] = id;
  return print_json(json);
}

std::string print_feedback_prediction(const StoredSample& sample) {
  Json json;
  json["source-ref"] = fmt::format("s3://{}/{}", sample.bucket, sample.key);
  json["model-prediction"] = sample.prediction;
  json["config-id"] = sample.config;
  json["metadata"] = sample.metadata;
  return print_json(json);
}

std::string print_feedback_metric(std::string_view name, double value, std::string_view unit) {
  Json data;
  data["value"] = value;
  data["unit"] = unit;
  data["metricName"] = name;
  Json json;
  json["request"]["namespace"] = "GreengrassFeedbackConnector";
  json["request"]["metricData"] = std::move(data);
  return print_json(json);
}

std::string print_publish_time(std::chrono::system_clock::time_point time) {
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(us / 1'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return fmt::format("{}.{:06}", text, us % 1'000'000);
}

}  // namespace turnstone
