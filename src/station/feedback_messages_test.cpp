#include "station/feedback_messages.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

const StoredSample sample{.id = "1e0c",
                          .config = "ConfigID2",
                          .bucket = "bucket",
                          .key = "prefix/1e0c.png",
                          .etag = "\"d41d\"",
                          .encryption = "AES256",
                          .prediction = {0.3, 0.7},
                          .metadata = {{"publish-ts", "2019-07-11 00:12:48.816752"}}};

TEST(FeedbackMessages, AreThoseOfTheConnector) {
  EXPECT_EQ(print_feedback_success(sample),
            R"({"response":{"status":"success","s3_response":{"bucket":"bucket",)"
            R"("key":"prefix/1e0c.png","ETag":"\"d41d\"","ServerSideEncryption":"AES256"}},)"
            R"("id":"1e0c"})");
  EXPECT_EQ(print_feedback_drop("1e0c"),
            R"({"response":{"status":"sample_dropped_by_strategy"},"id":"1e0c"})");
  EXPECT_EQ(print_feedback_failure("1e0c", "NoSuchBucket", "there is none"),
            R"({"response":{"status":"fail","error_message":"there is none",)"
            R"("error":"NoSuchBucket"},"id":"1e0c"})");
  EXPECT_EQ(print_feedback_prediction(sample),
            R"({"source-ref":"s3://bucket/prefix/1e0c.png","model-prediction":[0.3,0.7],)"
            R"("config-id":"ConfigID2","metadata":{"publish-ts":"2019-07-11 00:12:48.816752"}})");
  EXPECT_EQ(print_feedback_metric("SampleNotUsed", 1, "Count"),
            R"({"request":{"namespace":"GreengrassFeedbackConnector","metricData":{"value":1.0,)"
            R"("unit":"Count","metricName":"SampleNotUsed"}}})");
}

TEST(FeedbackMessages, HaveTheConnectorsTopicsAndUnits) {
  EXPECT_STREQ(feedback_status_topic, "feedback/message/status");
  EXPECT_STREQ(feedback_prediction_topic, "feedback/message/prediction");
  EXPECT_STREQ(metric_topic, "cloudwatch/metric/put");
  EXPECT_EQ(print_feedback_metric("SampleSize", 1234, "Bytes"),
            R"({"request":{"namespace":"GreengrassFeedbackConnector","metricData":{"value":1234.0,)"
            R"("unit":"Bytes","metricName":"SampleSize"}}})");
}

TEST(FeedbackMessages, WhatAStoreDoesNotTellIsLeftOut) {
  auto plain = sample;
  plain.etag = plain.encryption = "";
  EXPECT_EQ(print_feedback_success(plain),
            R"({"response":{"status":"success","s3_response":{"bucket":"bucket",)"
            R"("key":"prefix/1e0c.png"}},"id":"1e0c"})");
}

TEST(FeedbackMessages, TimesAreThoseOfPython) {
  EXPECT_EQ(print_publish_time(std::chrono::system_clock::time_point(
                std::chrono::microseconds(1'562'803'968'816'752))),
            "2019-07-11 00:12:48.816752");
}

}  // namespace
}  // namespace turnstone
