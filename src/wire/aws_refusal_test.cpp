#include "wire/aws_refusal.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

TEST(AwsRefusal, IsThatOfS3AndOfOtherServices) {
  const auto store = parse_aws_refusal(
      "<Error><Code>NoSuchBucket</Code><Message>No such bucket</Message></Error>");
  EXPECT_EQ(store.code, "NoSuchBucket");
  EXPECT_EQ(store.message, "No such bucket");
  const auto other = parse_aws_refusal(
      "<ErrorResponse xmlns='x'><Error><Type>Sender</Type><Code>Throttling</Code>"
      "<Message>Rate exceeded</Message></Error></ErrorResponse>");
  EXPECT_EQ(other.code, "Throttling");
  EXPECT_EQ(other.message, "Rate exceeded");
}

TEST(AwsRefusal, SaysWhatToDo) {
  EXPECT_EQ(aws_code_of(400, "InvalidArgument"), Code::invalid);
  EXPECT_EQ(aws_code_of(400, "ExpiredToken"), Code::unavailable);
  EXPECT_EQ(aws_code_of(400, "Throttling"), Code::unavailable);
  EXPECT_EQ(aws_code_of(301, "PermanentRedirect"), Code::unavailable);
  EXPECT_EQ(aws_code_of(403, "AccessDenied"), Code::unavailable);
  EXPECT_EQ(aws_code_of(404, "NoSuchBucket"), Code::missing);
  EXPECT_EQ(aws_code_of(413, "EntityTooLarge"), Code::invalid);
  EXPECT_EQ(aws_code_of(503, "SlowDown"), Code::unavailable);
}

TEST(AwsRefusal, IsPrintableAndShort) {
  const auto refusal = parse_aws_refusal("<Error><Code>A\n</Code><Message>" +
                                         std::string(5000, 'x') + "</Message></Error>");
  EXPECT_EQ(refusal.code, "A\\x0A");
  EXPECT_LT(refusal.message.size(), 300u);
}

TEST(AwsRefusal, IsToldInOneLine) {
  const HttpClientRequest request{.method = "PUT", .url = "http://store:9000/secret"};
  EXPECT_EQ(aws_error_of(request, 404, {"NoSuchBucket", "no bucket"}).text,
            "PUT store:9000: status 404, NoSuchBucket: no bucket");
  EXPECT_EQ(aws_error_of(request, 500, {}).text, "PUT store:9000: status 500");
}

}  // namespace
}  // namespace turnstone
