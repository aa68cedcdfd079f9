// Who we are to a service that speaks as AWS does.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace turnstone {

struct AwsCredentials {
  std::string access_key_id = {};
  std::string secret_access_key = {};
  std::string session_token = {};  // "" for credentials that do not expire
};

// Whether they may become part of headers. Messages hold no value. Errors: missing (a key), invalid
// (a value with blanks or control characters).
Result<> check_aws_credentials(const AwsCredentials& credentials);

// What stands under `[profile]` in the shared credentials file `file`: aws_access_key_id,
// aws_secret_access_key and aws_session_token; other keys are skipped. Messages hold no value.
// Errors, with the file: invalid (a line, a value with blanks or control characters), missing (the
// profile, a key).
Result<AwsCredentials> parse_aws_credentials(std::string_view text, std::string_view profile,
                                             std::string_view file);

// The same of a file. Errors: those of read_text too.
Result<AwsCredentials> read_aws_credentials(const std::filesystem::path& path,
                                            std::string_view profile = "default");

// From AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; where they are not set, from
// AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, under AWS_PROFILE or "default". Not while
// another thread changes the environment. Errors: missing, and those of read_aws_credentials.
Result<AwsCredentials> find_aws_credentials();

}  // namespace turnstone
