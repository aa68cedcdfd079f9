#include "station/outbox.h"

#include <algorithm>

#include "base/log.h"

namespace turnstone {
namespace {

constexpr size_t most_at_once = 32;

bool may_pass(Code code) {
  return code == Code::unavailable || code == Code::missing || code == Code::cancelled;
}

}  // namespace

Outbox::Outbox(std::string name, std::unique_ptr<Sink> sink, size_t most, Backoff backoff)
    : name_(std::move(name)),
      sink_(std::move(sink)),
      most_(std::max<size_t>(most, 1)),
      backoff_(backoff),
      pause_(backoff.first),
      thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

Outbox::~Outbox() { finish(std::chrono::milliseconds(0)); }

void Outbox::put(Outcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(outcome));
    trim();
  }
  changed_.notify_all();
}

void Outbox::trim() {
  for (; waiting_.size() > most_; ++counters_.dropped) waiting_.pop_front();
}

void Outbox::finish(std::chrono::milliseconds time) {
  {
    std::unique_lock lock(mutex_);
    hurry_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, time, [this] { return waiting_.empty() && !delivering_; });
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  counters_.dropped += static_cast<int64_t>(waiting_.size());
  waiting_.clear();
}

OutboxCounters Outbox::counters() const {
  const std::lock_guard lock(mutex_);
  auto counters = counters_;
  counters.waiting = static_cast<int64_t>(waiting_.size());
  return counters;
}

void Outbox::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::vector<Outcome> outcomes;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      const auto count = std::min(waiting_.size(), most_at_once);
      std::move(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count),
                std::back_inserter(outcomes));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      delivering_ = true;
      hurried_ = hurry_;
    }
    deliver(std::move(outcomes), stop);
  }
}

void Outbox::deliver(std::vector<Outcome> outcomes, std::stop_token stop) {
  size_t delivered = 0;
  const auto taken = sink_->take(outcomes, delivered, stop);
  bool wait = false, told = false;
  {
    const std::lock_guard lock(mutex_);
    told = !taken && counters_.trouble == taken.error().text;
    counters_.delivered += static_cast<int64_t>(delivered);
    if (delivered > 0) pause_ = backoff_.first;
    counters_.trouble = taken ? "" : taken.error().text;
    if (!taken && !may_pass(taken.error().code) && delivered < outcomes.size()) {
      ++delivered;
      ++counters_.failed;
    }
    wait = !taken && may_pass(taken.error().code);
    if (wait && !stop.stop_requested()) ++counters_.retries;
    give_back(std::move(outcomes), delivered);
    delivering_ = false;
  }
  changed_.notify_all();
  if (taken || stop.stop_requested()) return;
  if (!told) log_warning("sink {}: {}", name_, taken.error().text);
  if (wait) rest(stop);
}

// Ends early when finish begins to wait; from then on every pause is the shortest.
void Outbox::rest(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (hurried_) pause_ = backoff_.first;
  changed_.wait_for(lock, stop, pause_, [this] { return hurry_ != hurried_; });
  pause_ = std::min(pause_ * 2, backoff_.most);
}

void Outbox::give_back(std::vector<Outcome> outcomes, size_t from) {
  waiting_.insert(waiting_.begin(),
                  std::make_move_iterator(outcomes.begin() + static_cast<std::ptrdiff_t>(from)),
                  std::make_move_iterator(outcomes.end()));
  trim();
}

}  // namespace turnstone
