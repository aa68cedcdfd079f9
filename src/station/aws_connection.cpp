#include "station/aws_connection.h"

#include <utility>

namespace turnstone {

Result<AwsCredentials> aws_credentials_of(const AwsConnection& connection) {
  if (!connection.credentials_file.empty())
    return read_aws_credentials(connection.credentials_file, connection.profile);
  auto found = find_aws_credentials();
  if (!found && found.error().code == Code::missing)
    return fail(Code::missing,
                "{}; give credentials_file, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the "
                "environment",
                found.error().text);
  return found;
}

Result<S3Options> s3_options_of(const S3Connection& connection, const std::string& bucket) {
  auto credentials = TRY(aws_credentials_of(connection));
  return S3Options{.endpoint = connection.endpoint,
                   .region = connection.region,
                   .bucket = bucket,
                   .has_path_style = connection.path_style,
                   .credentials = std::move(credentials),
                   .tls = {.ca_file = connection.ca_file}};
}

}  // namespace turnstone
