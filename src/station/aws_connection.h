// How the station reaches AWS, or a store that speaks as S3 does: the settings of every section
// that does.
#pragma once

#include <array>
#include <string>

#include "base/result.h"
#include "station/field.h"
#include "wire/s3.h"

namespace turnstone {

// To be derived from by the settings of a section, whose table of fields is then made with
// join_fields and aws_connection_fields.
struct AwsConnection {
  std::string endpoint;  // "": AWS's of the region
  std::string region = "us-east-1";
  std::string credentials_file;     // "": from the environment, or ~/.aws/credentials
  std::string profile = "default";  // of the file
  std::string ca_file;              // PEM, who may have signed the server's certificate
};

// The same of a store with buckets, with s3_connection_fields.
struct S3Connection : AwsConnection {
  bool path_style = true;  // the bucket is in the path, not in the host's name
};

// The fields of a connection in the table of a `Section` that derives from AwsConnection.
template <class Section>
std::array<Field<Section>, 5> aws_connection_fields() {
  return {{{"endpoint", &Section::endpoint, "", "http://HOST:PORT or https://HOST, \"\": AWS"},
           {"region", &Section::region, "", "that requests are signed for"},
           {"credentials_file", &Section::credentials_file, "path",
            "as of the AWS tools; \"\": the environment, or ~/.aws/credentials"},
           {"profile", &Section::profile, "", "of the credentials file"},
           {"ca_file", &Section::ca_file, "path",
            "PEM, who may have signed the server's certificate; \"\": the system's authorities"}}};
}

// The fields of a connection in the table of a `Section` that derives from S3Connection.
template <class Section>
std::array<Field<Section>, 6> s3_connection_fields() {
  const std::array<Field<Section>, 1> own{
      {{"path_style", &Section::path_style, "", "the bucket is in the path, else in the host"}}};
  return join_fields(own, aws_connection_fields<Section>());
}

// The credentials that a connection names. Errors: missing (none, a file), invalid (the file).
Result<AwsCredentials> aws_credentials_of(const AwsConnection& connection);

// The options of a client of a bucket. Errors: those of aws_credentials_of.
Result<S3Options> s3_options_of(const S3Connection& connection, const std::string& bucket);

}  // namespace turnstone
