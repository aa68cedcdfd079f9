// AWS Signature Version 4, in a request's headers.
#pragma once

#include <chrono>
#include <string>

#include "wire/aws_credentials.h"
#include "wire/http_client.h"

namespace turnstone {

// Whom a signature is for.
struct AwsScope {
  std::string region;
  std::string service;  // "s3", "monitoring"
};

// Adds the headers Host, x-amz-date, x-amz-content-sha256, x-amz-security-token where there is a
// token, and Authorization, over every header that is there and the hash of `request.body`. The
// path must be percent-encoded as it is to be sent, every parameter of the query too, with a "="
// each; they need not be sorted.
void sign_aws_request(HttpClientRequest& request, const AwsScope& scope,
                      const AwsCredentials& credentials,
                      std::chrono::system_clock::time_point time);

}  // namespace turnstone
