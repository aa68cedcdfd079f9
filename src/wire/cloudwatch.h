// A client of AWS CloudWatch that puts metrics (PutMetricData of 2010-08-01). It neither queues nor
// tries again.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/aws_credentials.h"
#include "wire/cloudwatch_metric.h"
#include "wire/tls_files.h"

namespace turnstone {

struct CloudWatchOptions {
  std::string endpoint = {};  // http://HOST:PORT or https://HOST; "": AWS's of the region
  std::string region = "us-east-1";
  AwsCredentials credentials = {};
  TlsFiles tls = {};
  std::chrono::seconds patience{10};  // to connect, and without a byte either way
};

// The body of one request, and how many metrics, from the first, are in it: at most 1000, and at
// most `most_bytes`. The namespace and the metrics must have been checked; there is at least one.
struct CloudWatchBody {
  std::string text;
  size_t count = 0;
};
CloudWatchBody print_cloudwatch_body(std::string_view name_space,
                                     std::span<const CloudWatchMetric> metrics,
                                     size_t most_bytes = 1'000'000);

// One thread at a time.
class CloudWatchClient {
 public:
  virtual ~CloudWatchClient() = default;

  // Puts the metrics in order, with as few requests as the service's limits allow. `sent` is how
  // many it has, counted from the first, also on failure. Errors: invalid (the namespace, the
  // metric after those sent), unavailable (the network, the service's trouble, and what a person
  // may mend: credentials, permissions, clock), cancelled (stop).
  virtual Result<> put(std::string_view name_space, std::span<const CloudWatchMetric> metrics,
                       size_t& sent, std::stop_token stop) = 0;
};

// Nothing is sent yet. Errors: invalid (endpoint, region), missing (credentials, a file).
Result<std::unique_ptr<CloudWatchClient>> make_cloudwatch_client(const CloudWatchOptions& options);

}  // namespace turnstone
