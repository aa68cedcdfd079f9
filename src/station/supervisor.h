// Keeps a source running: the only place where a source is started again.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <utility>

#include "station/source.h"

namespace turnstone {

// Waits between attempts: `first`, then doubling up to `most`.
struct Backoff {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds most{30'000};
};

// The next wait of a backoff. One thread at a time.
class Pause {
 public:
  explicit Pause(Backoff backoff) : backoff_(backoff), next_(backoff.first) {}

  // How long to wait now; twice as long the next time.
  std::chrono::milliseconds take() {
    return std::exchange(next_, std::min(next_ * 2, backoff_.most));
  }

  // Begins anew: something has worked.
  void reset() { next_ = backoff_.first; }

 private:
  Backoff backoff_;
  std::chrono::milliseconds next_;
};

// What a supervised source has done so far. Thread-safe.
struct SourceCounters {
  std::atomic<int64_t> frames{0};    // delivered
  std::atomic<int64_t> skipped{0};   // reported by the source, which went on
  std::atomic<int64_t> restarts{0};  // attempts after the first
};

// Runs `source` until a stop is requested or the stream ends, starting it again after failures
// that may pass; a delivered frame resets the wait, a stop interrupts it. Every failure goes to
// `report`. Blocks. Errors: what the source failed with when its code is invalid or unsupported,
// since the same attempt would fail again.
Result<SourceEnd> supervise(Source& source, Backoff backoff, std::stop_token stop,
                            const FrameSink& deliver, const ErrorSink& report,
                            SourceCounters& counters);

}  // namespace turnstone
