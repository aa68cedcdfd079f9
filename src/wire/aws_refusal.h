// What services that speak as AWS does say when they refuse a request.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/http_client.h"

namespace turnstone {

struct AwsRefusal {
  std::string code;     // "NoSuchBucket"; "" where there is none
  std::string message;  // for people
};

// Reads the body of a reply: S3's <Error>, other services' <ErrorResponse>. Any input; texts are
// printable and short.
AwsRefusal parse_aws_refusal(std::string_view xml);

// What to do about a refusal of that status: unavailable for the service's own trouble and for
// whatever a person may mend, credentials, permissions, region, clock; missing for 404; invalid
// where it is the request itself.
Code aws_code_of(int status, std::string_view code);

// "PUT store:9000: status 404, NoSuchBucket: The specified bucket does not exist".
Error aws_error_of(const HttpClientRequest& request, int status, const AwsRefusal& refusal);

}  // namespace turnstone
