// A sink on a thread of its own, behind a bounded queue: the only place where a delivery is tried
// again. Whoever makes outcomes never waits.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "station/sink.h"
#include "station/supervisor.h"

namespace turnstone {

// What a sink has done so far.
struct OutboxCounters {
  int64_t delivered = 0;
  int64_t dropped = 0;  // the queue was full, or time was up at the end
  int64_t failed = 0;   // will never arrive
  int64_t retries = 0;
  int64_t waiting = 0;
  std::string trouble;  // why the last attempt failed, "" after a success
};

// Thread-safe.
class Outbox {
 public:
  // At most `most` outcomes wait; one more drops the oldest and counts it.
  Outbox(std::string name, std::unique_ptr<Sink> sink, size_t most, Backoff backoff);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Returns at once.
  void put(Outcome outcome);

  // Delivers what waits, for at most `time`, trying again at once and often; what is left then is
  // dropped and counted. Nothing may be put any more.
  void finish(std::chrono::milliseconds time);

  OutboxCounters counters() const;
  const std::string& name() const { return name_; }

 private:
  void work(std::stop_token stop);
  void deliver(std::vector<Outcome> outcomes, std::stop_token stop);
  void rest(const std::stop_token& stop);
  void give_back(std::vector<Outcome> outcomes, size_t from);
  void trim();

  std::string name_;
  std::unique_ptr<Sink> sink_;
  size_t most_;
  Backoff backoff_;
  std::chrono::milliseconds pause_;  // before the next attempt
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Outcome> waiting_;
  bool delivering_ = false;
  bool hurry_ = false;    // finish waits
  bool hurried_ = false;  // it did when the attempt under way began
  OutboxCounters counters_;
  std::jthread thread_;
};

}  // namespace turnstone
