// What S3 takes: pure functions on names.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/s3.h"

namespace turnstone {

// Errors: those of make_s3_client.
Result<> check_s3_options(const S3Options& options);

// Errors: invalid (key, metadata, canned ACL).
Result<> check_s3_object(const S3Object& object);
Result<> check_s3_key(std::string_view key);

// Where `key` is, percent-encoded as S3 signs it. The options must have been checked.
std::string s3_url_of(const S3Options& options, std::string_view key);

}  // namespace turnstone
