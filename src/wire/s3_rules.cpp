#include "wire/s3_rules.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "wire/aws_endpoint.h"
#include "wire/percent.h"

namespace turnstone {
namespace {

constexpr size_t most_metadata_bytes = 2048;

bool has_only(std::string_view text, std::string_view signs) {
  return std::ranges::all_of(text, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || signs.find(c) != signs.npos;
  });
}

}  // namespace

Result<> check_s3_options(const S3Options& options) {
  TRY(check_aws_endpoint(options.endpoint, options.region));
  const auto& bucket = options.bucket;
  if (bucket.size() < 3 || bucket.size() > 63 || !has_only(bucket, ".-_") ||
      !has_only(bucket.substr(0, 1), "") || bucket.find("..") != bucket.npos)
    return fail(Code::invalid,
                "bucket '{}' is wrong, legal are 3 to 63 letters, digits, '.', '-' and '_'",
                printable(bucket));
  TRY(check_aws_credentials(options.credentials));
  return check_tls_files(options.tls);
}

Result<> check_s3_key(std::string_view key) {
  if (key.empty() || key.size() > 1024 || !is_utf8(key) || key.find('\0') != key.npos)
    return fail(Code::invalid, "key '{}' is wrong, legal are 1 to 1024 bytes of UTF-8",
                printable(key));
  return {};
}

Result<> check_s3_object(const S3Object& object) {
  TRY(check_s3_key(object.key));
  size_t bytes = 0;
  for (const auto& [name, value] : object.metadata) {
    bytes += name.size() + value.size();
    if (name.empty() || !has_only(name, "-_.") || !is_utf8(value))
      return fail(Code::invalid,
                  "metadata '{}' is wrong, legal are a name of letters, digits, '-', '_' and '.', "
                  "and UTF-8",
                  printable(name));
  }
  if (bytes > most_metadata_bytes)
    return fail(Code::invalid, "metadata of {} bytes is too large, legal are {}", bytes,
                most_metadata_bytes);
  constexpr std::string_view acls[] = {"",
                                       "private",
                                       "public-read",
                                       "public-read-write",
                                       "authenticated-read",
                                       "aws-exec-read",
                                       "bucket-owner-read",
                                       "bucket-owner-full-control"};
  if (std::ranges::find(acls, object.acl) == std::end(acls))
    return fail(Code::invalid,
                "acl '{}' is wrong, legal are private, public-read, public-read-write, "
                "authenticated-read, aws-exec-read, bucket-owner-read and "
                "bucket-owner-full-control",
                printable(object.acl));
  return {};
}

std::string s3_url_of(const S3Options& options, std::string_view key) {
  const auto endpoint = aws_endpoint_of(options.endpoint, options.region, "s3");
  const auto path = percent_encode(key, "/");
  if (options.has_path_style) return fmt::format("{}/{}/{}", endpoint, options.bucket, path);
  const auto host = endpoint.find("://") + 3;
  return fmt::format("{}{}.{}/{}", endpoint.substr(0, host), options.bucket, endpoint.substr(host),
                     path);
}

}  // namespace turnstone
