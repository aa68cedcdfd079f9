// How often something happens a second, over the last seconds.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>

namespace turnstone {

// Thread-safe.
class Meter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `count` of it happened at `now`.
  void add(Time now, int count = 1);

  // Events a second over three seconds, or between the last two events where they are further
  // apart; falls while the next one is overdue. 0 until there were two, and after a minute of none.
  double rate(Time now);

 private:
  struct Event {
    Time when;
    int count;
  };
  void forget(Time now);

  std::mutex mutex_;
  std::deque<Event> events_;
};

}  // namespace turnstone
