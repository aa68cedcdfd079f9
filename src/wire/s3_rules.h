// What S3 takes and says: pure functions on names and answers.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/http_client.h"
#include "wire/s3.h"

namespace turnstone {

// Errors: those of make_s3_client.
Result<> check_s3_options(const S3Options& options);

// Errors: invalid (key, metadata, canned ACL).
Result<> check_s3_object(const S3Object& object);
Result<> check_s3_key(std::string_view key);

// Where `key` is, percent-encoded as S3 signs it. The options must have been checked.
std::string s3_url_of(const S3Options& options, std::string_view key);

// What a store says about a failure.
struct S3Refusal {
  std::string code;     // "NoSuchBucket"; "" where there is none
  std::string message;  // for people
};

// Reads the body of a reply. Any input; texts are printable and short.
S3Refusal parse_s3_refusal(std::string_view xml);

// What to do about a refusal of that status.
Code s3_code_of(int status, std::string_view code);

}  // namespace turnstone
