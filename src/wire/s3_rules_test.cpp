#include "wire/s3_rules.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

S3Options good() {
  return {.endpoint = "https://store.example:9000",
          .bucket = "pictures",
          .credentials = {.access_key_id = "A", .secret_access_key = "B"}};
}

std::string problem(const Result<>& checked) { return checked ? "fine" : checked.error().text; }

TEST(S3Rules, SayWhereAnObjectIs) {
  auto options = good();
  EXPECT_EQ(s3_url_of(options, "a b/ü+%~"),
            "https://store.example:9000/pictures/a%20b/%C3%BC%2B%25~");
  options.has_path_style = false;
  EXPECT_EQ(s3_url_of(options, "a"), "https://pictures.store.example:9000/a");
  options.endpoint = "";
  EXPECT_EQ(s3_url_of(options, "a"), "https://pictures.s3.us-east-1.amazonaws.com/a");
  options.region = "cn-north-1";
  EXPECT_EQ(s3_url_of(options, "a"), "https://pictures.s3.cn-north-1.amazonaws.com.cn/a");
}

TEST(S3Rules, RefuseWrongOptions) {
  EXPECT_EQ(problem(check_s3_options(good())), "fine");
  const auto with = [](auto change) {
    auto options = good();
    change(options);
    return problem(check_s3_options(options));
  };
  EXPECT_EQ(with([](S3Options& o) { o.endpoint = "ftp://host"; }),
            "endpoint 'ftp://host' is wrong, legal are http://HOST:PORT and https://HOST:PORT");
  EXPECT_EQ(with([](S3Options& o) { o.endpoint = "https://host/path"; }),
            "endpoint 'https://host/path' is wrong, legal are http://HOST:PORT and "
            "https://HOST:PORT");
  EXPECT_EQ(with([](S3Options& o) { o.region = "a/b"; }),
            "region 'a/b' is wrong, legal are letters, digits, '-' and '_'");
  for (const std::string bucket : {"..", "ab", "../a", "a/b", "a..b", "-abc"})
    EXPECT_EQ(
        with([&](S3Options& o) { o.bucket = bucket; }),
        "bucket '" + bucket + "' is wrong, legal are 3 to 63 letters, digits, '.', '-' and '_'");
  EXPECT_EQ(with([](S3Options& o) { o.credentials = {}; }), "aws_access_key_id is missing");
  EXPECT_EQ(with([](S3Options& o) { o.tls.ca_file = "/nowhere/ca.pem"; }),
            "ca_file /nowhere/ca.pem: no such file");
}

TEST(S3Rules, RefuseWrongObjects) {
  EXPECT_EQ(problem(check_s3_object({.key = "a", .acl = "bucket-owner-full-control"})), "fine");
  EXPECT_EQ(problem(check_s3_object({})), "key '' is wrong, legal are 1 to 1024 bytes of UTF-8");
  EXPECT_EQ(problem(check_s3_object({.key = "\xff"})),
            "key '\\xFF' is wrong, legal are 1 to 1024 bytes of UTF-8");
  EXPECT_NE(problem(check_s3_object({.key = std::string(1025, 'a')})), "fine");
  EXPECT_EQ(problem(check_s3_object({.key = "a", .metadata = {{"a b", "c"}}})),
            "metadata 'a b' is wrong, legal are a name of letters, digits, '-', '_' and '.', and "
            "UTF-8");
  EXPECT_EQ(problem(check_s3_object({.key = "a", .metadata = {{"a", std::string(2048, 'b')}}})),
            "metadata of 2049 bytes is too large, legal are 2048");
  EXPECT_EQ(problem(check_s3_object({.key = "a", .acl = "public"})),
            "acl 'public' is wrong, legal are private, public-read, public-read-write, "
            "authenticated-read, aws-exec-read, bucket-owner-read and bucket-owner-full-control");
}

}  // namespace
}  // namespace turnstone
