// What the ML Feedback connector says of each sample, to the letter.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace turnstone {

// Its topics.
inline constexpr const char* feedback_status_topic = "feedback/message/status";
inline constexpr const char* feedback_prediction_topic = "feedback/message/prediction";
inline constexpr const char* metric_topic = "cloudwatch/metric/put";

// A sample as it was stored.
struct StoredSample {
  std::string id;
  std::string config;
  std::string bucket;
  std::string key;
  std::string etag;        // as the store told, "" where it did not
  std::string encryption;  // the same
  Json prediction;
  Json metadata;
};

// {"response":{"status":"success","s3_response":{...}},"id"}
std::string print_feedback_success(const StoredSample& sample);

// {"response":{"status":"sample_dropped_by_strategy"},"id"}
std::string print_feedback_drop(std::string_view id);

// {"response":{"status":"fail","error_message","error"},"id"}; `error` as S3 spells it, or
// "Queue.Full".
std::string print_feedback_failure(std::string_view id, std::string_view error,
                                   std::string_view message);

// {"source-ref":"s3://...","model-prediction","config-id","metadata"}: a line of an input manifest.
std::string print_feedback_prediction(const StoredSample& sample);

// {"request":{"namespace":"GreengrassFeedbackConnector","metricData":{"value","unit","metricName"}}}
std::string print_feedback_metric(std::string_view name, double value, std::string_view unit);

// "2019-07-11 00:12:48.816752", in UTC.
std::string print_publish_time(std::chrono::system_clock::time_point time);

}  // namespace turnstone
