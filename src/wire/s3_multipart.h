// An object that is stored in parts.
#pragma once

#include <deque>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "wire/s3_connection.h"

namespace turnstone {

constexpr size_t s3_part_bytes = 8 << 20;
constexpr size_t most_s3_parts = 10'000;

// The next part of an object: s3_part_bytes, the last one fewer. Valid until the next call.
using S3PartReader = std::function<Result<std::string_view>()>;

// Stores objects in parts over a connection that must outlive it. One thread at a time.
class S3Multipart {
 public:
  explicit S3Multipart(S3Connection& connection) : connection_(connection) {}

  // Sends `count` parts under `key` and joins them; `headers` are those of the object. On failure
  // what was sent is given up, now or by a later `give_up`. Errors: those of S3Client and of
  // `next`.
  Result<S3Receipt> put(const std::string& key, const std::vector<HttpHeader>& headers,
                        size_t count, const S3PartReader& next, const std::stop_token& stop);

  // Tells the store to forget what could not be given up before.
  void give_up();

 private:
  struct Upload {
    std::string key;
    std::string id;
  };

  Result<S3Receipt> send(const Upload& upload, size_t count, const S3PartReader& next,
                         const std::stop_token& stop);

  S3Connection& connection_;
  std::deque<Upload> abandoned_;  // at most 16
};

}  // namespace turnstone
