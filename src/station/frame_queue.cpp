#include "station/frame_queue.h"

#include <algorithm>

namespace turnstone {

size_t FrameQueue::count_of(const std::string& source) const {
  return static_cast<size_t>(std::ranges::count_if(
      waiting_, [&](const Waiting& waiting) { return waiting.frame.source == source; }));
}

void FrameQueue::set_room(size_t room) {
  {
    const std::lock_guard lock(mutex_);
    room_ = room;
  }
  changed_.notify_all();
}

FrameQueue::Put FrameQueue::put(Frame frame, Overflow overflow, std::stop_token stop) {
  Put put;
  {
    std::unique_lock lock(mutex_);
    const auto has_room = [&] { return closed_ || count_of(frame.source) < room_; };
    if (overflow == Overflow::wait && !changed_.wait(lock, stop, has_room)) return put;
    if (closed_ || stop.stop_requested()) return put;
    while (!has_room()) {
      const auto oldest = std::ranges::find_if(
          waiting_, [&](const Waiting& waiting) { return waiting.frame.source == frame.source; });
      put.dropped.push_back(std::move(oldest->frame));
      waiting_.erase(oldest);
    }
    waiting_.push_back({std::move(frame), Steady::now()});
    put.accepted = true;
  }
  changed_.notify_all();
  return put;
}

std::vector<Frame> FrameQueue::take(size_t most, std::chrono::milliseconds patience) {
  std::vector<Frame> frames;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    const auto enough = [&] { return closed_ || flush_ || waiting_.size() >= most; };
    if (!waiting_.empty()) changed_.wait_until(lock, waiting_.front().since + patience, enough);
    const auto count = std::min(most, waiting_.size());
    for (size_t i = 0; i < count; ++i) {
      frames.push_back(std::move(waiting_.front().frame));
      waiting_.pop_front();
    }
    if (waiting_.empty()) flush_ = false;
  }
  changed_.notify_all();
  return frames;
}

void FrameQueue::flush() {
  {
    const std::lock_guard lock(mutex_);
    flush_ = !waiting_.empty();
  }
  changed_.notify_all();
}

void FrameQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace turnstone
