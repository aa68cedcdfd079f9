// One bucket's requests, signed, and their failures, understood.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "wire/http_client.h"
#include "wire/s3.h"

namespace turnstone {

// What is asked about `key`.
struct S3Question {
  HttpClientRequest request = {};  // everything but the URL
  std::string key = {};
  std::string query = {};   // "uploads=" or ""
  bool is_cleanup = false;  // its failure is not the caller's: error_code stays as it is
};

// One thread at a time.
class S3Connection {
 public:
  S3Connection(S3Options options, std::unique_ptr<HttpClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}

  // Asks, signed; returns a reply of status 200 to 299 that holds no error. Errors: those of
  // S3Client.
  Result<HttpReply> ask(S3Question question, const std::stop_token& stop);

  // The store's word for why an `ask` failed since the last `forget_error`, or "".
  const std::string& error_code() const { return error_code_; }
  // Makes `error_code` "".
  void forget_error() { error_code_.clear(); }

 private:
  S3Options options_;
  std::unique_ptr<HttpClient> client_;
  std::string error_code_;
};

}  // namespace turnstone
