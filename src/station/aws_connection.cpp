#include "station/aws_connection.h"

#include <utility>

namespace turnstone {

Result<AwsCredentials> aws_credentials_of(const AwsConnection& connection) {
  return connection.credentials_file.empty()
             ? find_aws_credentials()
             : read_aws_credentials(connection.credentials_file, connection.profile);
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
