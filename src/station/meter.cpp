#include "station/meter.h"

#include <algorithm>

namespace turnstone {

using namespace std::chrono_literals;

void Meter::add(Time now, int count) {
  const std::lock_guard lock(mutex_);
  events_.push_back({now, count});
  forget(now);
}

double Meter::rate(Time now) {
  const std::lock_guard lock(mutex_);
  forget(now);
  if (events_.size() < 2) return 0;
  const auto first = events_.front().when;
  const auto seen = events_.back().when - first;
  const auto interval = seen / static_cast<int64_t>(events_.size() - 1);
  const std::chrono::duration<double> span = std::max(seen, now - first - interval);
  int sum = 0;
  for (const auto& event : events_) sum += event.count;
  return span.count() > 0 ? (sum - events_.front().count) / span.count() : 0;
}

void Meter::forget(Time now) {
  while (events_.size() > 2 && now - events_.front().when > 3s) events_.pop_front();
  if (!events_.empty() && now - events_.back().when > 60s) events_.clear();
}

}  // namespace turnstone
