#include "station/outbox.h"

#include <algorithm>

#include "base/log.h"
#include "base/uuid.h"

namespace turnstone {
namespace {

constexpr size_t most_at_once = 32;

bool may_pass(Code code) {
  return code == Code::unavailable || code == Code::missing || code == Code::cancelled;
}

}  // namespace

Outbox::Outbox(std::string name, std::unique_ptr<Sink> sink, Spool& spool, Backoff backoff,
               Tell tell)
    : name_(std::move(name)),
      sink_(std::move(sink)),
      spool_(spool),
      tell_(std::move(tell)),
      dropped_before_(spool.counters(name_).dropped),
      pause_(backoff),
      thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

Outbox::~Outbox() { finish(std::chrono::milliseconds(0)); }

std::vector<Parcel> Outbox::parcels_of(const Outcome& outcome) const {
  const auto most = sink_->most_waiting();
  const bool full = most < INT64_MAX && spool_.counters(name_).waiting + on_way_ >= most;
  std::vector<Parcel> parcels;
  for (auto& message : full ? sink_->passed_over(outcome) : sink_->messages_of(outcome)) {
    message.id = parcels.empty() ? outcome.id : fmt::format("{}/{}", outcome.id, parcels.size());
    parcels.push_back({name_, std::move(message)});
  }
  return parcels;
}

std::vector<Parcel> Outbox::parcels_of(const Happening& happening) const {
  std::vector<Parcel> parcels;
  for (auto& message : sink_->messages_of(happening)) {
    message.id = draw_uuid();
    parcels.push_back({name_, std::move(message)});
  }
  return parcels;
}

void Outbox::note_put(int64_t count, bool kept) {
  on_way_ -= count;
  kept ? wake() : void(lost_ += count);
}

void Outbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    idle_ = false;
  }
  changed_.notify_all();
}

void Outbox::finish(std::chrono::milliseconds time) {
  {
    std::unique_lock lock(mutex_);
    hurry_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, time, [this] { return idle_; });
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  attend({});
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

OutboxCounters Outbox::counters() const {
  const auto kept = spool_.counters(name_);
  const std::lock_guard lock(mutex_);
  auto counters = counters_;
  counters.waiting = kept.waiting;
  counters.waiting_bytes = kept.bytes;
  counters.oldest = kept.age;
  counters.dropped = kept.dropped - dropped_before_ + lost_;
  if (ended_ && !spool_.is_durable()) counters.dropped += std::exchange(counters.waiting, 0);
  return counters;
}

void Outbox::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return woken_; })) return;
      woken_ = false;
      hurried_ = hurry_;
    }
    const auto messages = spool_.oldest(name_, most_at_once);
    if (!messages) {
      settle(std::unexpected(messages.error()), stop);
      continue;
    }
    if (!messages->empty()) {
      deliver(*messages, stop);
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      idle_ = !woken_;
    }
    changed_.notify_all();
  }
}

void Outbox::deliver(std::span<const Message> messages, const std::stop_token& stop) {
  size_t sent = 0;
  const auto result = sink_->send(messages, sent, stop);
  if (auto happenings = sink_->take_happenings(); tell_ && !happenings.empty())
    tell_(std::move(happenings));
  const bool lost = !result && !may_pass(result.error().code) && sent < messages.size();
  // Tried again by itself: what has arrived is not sent twice because the disk fails.
  for (;;) {
    const auto removed = spool_.remove(name_, sent + (lost ? 1 : 0));
    if (removed) break;
    settle(removed, stop);
    if (stop.stop_requested()) return;
    const std::lock_guard lock(mutex_);
    hurried_ = hurry_;
  }
  {
    const std::lock_guard lock(mutex_);
    counters_.delivered += static_cast<int64_t>(sent);
    counters_.failed += lost ? 1 : 0;
    if (sent > 0) pause_.reset();
  }
  settle(result, stop);
}

// Says what went wrong, once, and waits where it may pass.
void Outbox::settle(const Result<>& sent, const std::stop_token& stop) {
  bool told = false, wait = false;
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    told = !sent && counters_.trouble == sent.error().text;
    counters_.trouble = sent ? "" : sent.error().text;
    wait = !sent && may_pass(sent.error().code) && !stop.stop_requested();
    if (wait) ++counters_.retries;
  }
  if (sent || stop.stop_requested()) return;
  if (!told) log_warning("sink {}: {}", name_, sent.error().text);
  if (!told && tell_) tell_(std::vector{Happening{Happening::unsent, sent.error().text}});
  if (wait) rest(stop);
}

// Ends early when finish begins to wait; from then on every pause is the shortest.
void Outbox::rest(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (hurried_) pause_.reset();
  changed_.wait_for(lock, stop, pause_.take(), [this] { return hurry_ != hurried_; });
}

}  // namespace turnstone
