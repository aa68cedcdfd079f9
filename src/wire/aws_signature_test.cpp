#include "wire/aws_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnstone {
namespace {

using testing::EndsWith;

// The examples that AWS publishes for its Signature Version 4 in S3.
const AwsCredentials example{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                             .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
const std::string host = "https://examplebucket.s3.amazonaws.com";
constexpr auto time = std::chrono::sys_days(std::chrono::May / 24 / 2013);

std::string authorization(HttpClientRequest request, const AwsCredentials& credentials = example) {
  sign_aws_request(request, {"us-east-1", "s3"}, credentials, time);
  return request.headers.back().value;
}

TEST(AwsSignature, IsThatOfTheExampleOfGetting) {
  EXPECT_EQ(authorization({.url = host + "/test.txt", .headers = {{"Range", "bytes=0-9"}}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(AwsSignature, IsThatOfTheExampleOfPutting) {
  EXPECT_THAT(authorization({.method = "PUT",
                             .url = host + "/test%24file.text",
                             .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                         {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                             .body = "Welcome to Amazon S3."}),
              EndsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(AwsSignature, IsThatOfTheExamplesWithQueries) {
  EXPECT_THAT(authorization({.url = host + "/?lifecycle="}),
              EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  EXPECT_THAT(authorization({.url = host + "?prefix=J&max-keys=2"}),
              EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(AwsSignature, SortsHeadersByName) {
  EXPECT_THAT(authorization({.url = host, .headers = {{"x-a-b", "1"}, {"X-A", "2"}}}),
              testing::HasSubstr("SignedHeaders=host;x-a;x-a-b;x-amz-content-sha256;x-amz-date,"));
}

TEST(AwsSignature, HoldsTheSessionToken) {
  auto session = example;
  session.session_token = "token";
  EXPECT_THAT(authorization({.url = host}, session),
              testing::HasSubstr(
                  "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
}

}  // namespace
}  // namespace turnstone
