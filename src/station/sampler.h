// Which pictures are worth a label: the strategies of the ML Feedback connector, and what it
// lacked: quotas, and pictures that are like those kept before.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

enum class Strategy {
  every,             // all of them
  random,            // with the chance `rate`
  least_confidence,  // the largest score is `threshold` at most
  margin,            // the two largest scores differ by `threshold` at most
  entropy,           // the entropy of the scores, in nats, is above `threshold`
};

// How one configuration of the connector chooses and where it puts what it chose.
struct FeedbackConfig {
  std::string id = {};
  std::string bucket = {};
  bool as_png = false;  // of pictures: PNG and not JPEG
  std::string prefix = {};
  std::string extension = {};
  Strategy strategy = Strategy::every;
  double rate = 1;       // of random, 0..1
  double threshold = 0;  // of the others
};

struct FeedbackMap {
  std::vector<FeedbackConfig> configs;
  std::optional<int> request_limit;  // samples under way, 0..999
};

// Reads the connector's FeedbackConfigurationMap as it is: an object, or the text of one, alone or
// as a parameter of the connector beside its RequestLimit. Errors: invalid, naming the
// configuration and what is legal.
Result<FeedbackMap> parse_feedback_map(const Json& json);

// Whether the strategy keeps a sample with these scores, which need not be sorted. `draw` gives
// numbers of [0, 1).
bool is_kept(const FeedbackConfig& config, std::span<const double> scores,
             const std::function<double()>& draw);

// -sum p ln p.
double entropy_of(std::span<const double> scores);

// At most so many in any minute, hour and day; 0: no limit. One thread at a time.
class Quota {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Quota(int a_minute, int an_hour, int a_day);

  // Whether one more is within the limits; then it is counted.
  bool take(Time now);

 private:
  struct Limit {
    std::chrono::seconds span;
    size_t most;
  };
  std::vector<Limit> limits_;
  std::deque<Time> taken_;
};

// A fingerprint that pictures which look alike share but for a few bits: whether each cell of a
// 9x8 gray miniature is darker than the one to its right (dHash).
uint64_t fingerprint_of(const Frame& frame);

// Keeps the fingerprints of the last pictures. One thread at a time.
class Novelty {
 public:
  // `most_bits` that may differ in a picture that is like another, -1: none is; `memory` pictures
  // are remembered.
  Novelty(int most_bits, size_t memory) : most_bits_(most_bits), memory_(memory) {}

  // Whether the picture is unlike all that are remembered.
  bool is_new(uint64_t fingerprint) const;

  // Remembers it, and forgets the oldest where there are too many.
  void remember(uint64_t fingerprint);

 private:
  int most_bits_;
  size_t memory_;
  std::deque<uint64_t> seen_;
};

}  // namespace turnstone
