// A client of object stores that speak S3: AWS, Ceph, MinIO, versitygw. It neither queues nor tries
// again: whoever has objects keeps them until they are stored.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/aws_credentials.h"
#include "wire/tls_files.h"

namespace turnstone {

struct S3Options {
  std::string endpoint = {};  // http://HOST:PORT or https://HOST; "": AWS's of the region
  std::string region = "us-east-1";
  std::string bucket = {};
  bool has_path_style = true;  // http://HOST/BUCKET/KEY, else http://BUCKET.HOST/KEY
  AwsCredentials credentials = {};
  TlsFiles tls = {};
  std::chrono::seconds patience{10};  // to connect, and without a byte either way
};

// What is to be stored under a key.
struct S3Object {
  std::string key = {};             // UTF-8, 1 to 1024 bytes
  std::string_view body = {};       // must outlive the call
  std::filesystem::path file = {};  // instead of `body`: read as it is sent
  std::string content_type = "application/octet-stream";
  std::map<std::string, std::string> metadata = {};  // names of letters, digits, "-_."; UTF-8
  std::string acl = {};  // a canned ACL, "public-read"; "": none is sent, which keeps it private
};

// What the store said about a stored object.
struct S3Receipt {
  std::string etag = {};                    // with its quotes
  std::string server_side_encryption = {};  // "" where it is not told
};

// What the store knows about an object.
struct S3Head {
  int64_t size_bytes = 0;
  std::string etag = {};
  std::string content_type = {};
  std::map<std::string, std::string> metadata = {};  // names in lower case
};

// One bucket. One thread at a time. What every member fails with: invalid (this key or object),
// missing (no such bucket or key, no such file), unavailable (the network, the store's trouble, and
// whatever a person may mend: credentials, permissions, region, clock), cancelled (stop).
class S3Client {
 public:
  virtual ~S3Client() = default;

  // Stores the object in place of one that has its key. More than 8 MiB go in parts, of which
  // nothing is left behind when a later one fails; where the network does not let it clean up, the
  // next put does. At most 80000 MiB.
  virtual Result<S3Receipt> put(const S3Object& object, std::stop_token stop) = 0;

  // Size, type and metadata of an object.
  virtual Result<S3Head> head(const std::string& key, std::stop_token stop) = 0;

  // The bytes of an object, at most `most_bytes`; a larger one is invalid.
  virtual Result<std::string> get(const std::string& key, size_t most_bytes,
                                  std::stop_token stop) = 0;

  // Removes an object; one that is not there is fine.
  virtual Result<> remove(const std::string& key, std::stop_token stop) = 0;

  // The store's own word for why the last call failed, "NoSuchBucket"; "" where it gave none.
  virtual std::string error_code() const = 0;
};

// Nothing is sent yet. Errors: invalid (endpoint, region, bucket), missing (credentials, a file).
Result<std::unique_ptr<S3Client>> make_s3_client(const S3Options& options);

}  // namespace turnstone
