#include "station/part_queue.h"

#include <algorithm>

namespace turnstone {

void PartQueue::open() {
  CHECK(!is_open());
  parts_.push_back({.vote = Vote(voting_)});
}

void PartQueue::take(const Frame& frame) {
  CHECK(is_open());
  parts_.back().vote.show(frame);
  ++parts_.back().waiting;
}

void PartQueue::take_back() {
  CHECK(!parts_.empty() && parts_.back().waiting > 0);
  --parts_.back().waiting;
  decide();
}

PartQueue::Part& PartQueue::oldest_waiting() {
  const auto part = std::ranges::find_if(parts_, [](const Part& p) { return p.waiting > 0; });
  CHECK(part != parts_.end());
  return *part;
}

void PartQueue::judged(const Scene& scene) {
  auto& part = oldest_waiting();
  part.vote.add(scene);
  --part.waiting;
  decide();
}

void PartQueue::lost() {
  --oldest_waiting().waiting;
  decide();
}

void PartQueue::close() {
  CHECK(is_open());
  parts_.back().closed = true;
  decide();
}

int PartQueue::waiting() const {
  int frames = 0;
  for (const auto& part : parts_) frames += part.waiting;
  return frames;
}

void PartQueue::decide() {
  while (!parts_.empty() && parts_.front().closed && parts_.front().waiting == 0) {
    const auto verdict = parts_.front().vote.verdict(decided_parts_++);
    parts_.pop_front();
    decided_(verdict);
  }
}

}  // namespace turnstone
