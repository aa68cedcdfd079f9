// Where services that speak as AWS does are.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace turnstone {

// `endpoint` is "http://HOST:PORT", "https://HOST" or "" for AWS's own. Errors: invalid.
Result<> check_aws_endpoint(std::string_view endpoint, std::string_view region);

// `endpoint`, or AWS's for the service: "https://s3.us-east-1.amazonaws.com".
std::string aws_endpoint_of(std::string_view endpoint, std::string_view region,
                            std::string_view service);

}  // namespace turnstone
