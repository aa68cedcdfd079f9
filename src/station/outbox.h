// A sink on a thread of its own, behind its stream of the spool: the only place where a delivery is
// tried again. Whoever makes outcomes never waits for a sink.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "station/sink.h"
#include "station/spool.h"
#include "station/supervisor.h"

namespace turnstone {

// What a sink has done since the station was opened.
struct OutboxCounters {
  int64_t delivered = 0;
  int64_t dropped = 0;  // the queue was full, or time was up at the end and the spool is in memory
  int64_t failed = 0;   // will never arrive
  int64_t retries = 0;
  int64_t waiting = 0;  // of earlier processes too
  int64_t waiting_bytes = 0;
  std::chrono::milliseconds oldest{0};  // how long the first of them waits
  std::string trouble;                  // why the last attempt failed, "" after a success
};

// Thread-safe.
class Outbox {
 public:
  // Takes what happened in the sink, on its thread.
  using Tell = std::function<void(std::vector<Happening>)>;

  // Sends what waits in the stream `name` of `spool`, which outlives it: of earlier processes
  // first.
  Outbox(std::string name, std::unique_ptr<Sink> sink, Spool& spool, Backoff backoff,
         Tell tell = {});
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // What the sink sends of the outcome, to be put into the spool.
  std::vector<Parcel> parcels_of(const Outcome& outcome) const;
  std::vector<Parcel> parcels_of(const Happening& happening) const;

  // As Sink::attend.
  void attend(const std::function<Json()>& state) { sink_->attend(state); }

  // So many parcels are on their way into the spool.
  void note_on_way(int64_t count) { on_way_ += count; }

  // So many of them were put, or could not be.
  void note_put(int64_t count, bool kept);

  // There may be something new in the spool.
  void wake();

  // Delivers what waits, for at most `time`, trying again at once and often. What is left then
  // waits for the next process, or is dropped and counted where the spool is in memory. Nothing may
  // be put any more.
  void finish(std::chrono::milliseconds time);

  OutboxCounters counters() const;

 private:
  void work(std::stop_token stop);
  void deliver(std::span<const Message> messages, const std::stop_token& stop);
  void settle(const Result<>& sent, const std::stop_token& stop);
  void rest(const std::stop_token& stop);

  std::string name_;
  std::unique_ptr<Sink> sink_;
  Spool& spool_;
  Tell tell_;
  const int64_t dropped_before_;
  std::atomic<int64_t> lost_{0};
  std::atomic<int64_t> on_way_{0};
  Pause pause_;  // before the next attempt
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = true;
  bool idle_ = false;
  bool hurry_ = false;    // finish waits
  bool hurried_ = false;  // it did when the attempt under way began
  bool ended_ = false;
  OutboxCounters counters_;
  std::jthread thread_;
};

}  // namespace turnstone
