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
  ++parts_.back().frames;
  ++parts_.back().waiting;
}

void PartQueue::take_back() {
  CHECK(!parts_.empty() && parts_.back().waiting > 0);
  --parts_.back().frames;
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
  auto& part = oldest_waiting();
  --part.frames;
  --part.waiting;
  decide();
}

void PartQueue::inspect_again() {
  CHECK(is_open() && parts_.back().waiting == 0);
  auto& part = parts_.back();
  part = {.vote = Vote(voting_), .inspections = part.inspections + 1};
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

int PartQueue::frames() const {
  CHECK(is_open());
  return parts_.back().frames;
}

Verdict PartQueue::verdict() const {
  CHECK(is_open());
  return verdict_of(parts_.back(), decided_parts_ + std::ssize(parts_) - 1);
}

Verdict PartQueue::verdict_of(const Part& part, int64_t number) {
  auto verdict = part.vote.verdict(number);
  verdict.inspections = part.inspections;
  return verdict;
}

void PartQueue::decide() {
  while (!parts_.empty() && parts_.front().closed && parts_.front().waiting == 0) {
    const auto verdict = verdict_of(parts_.front(), decided_parts_++);
    parts_.pop_front();
    decided_(verdict);
  }
}

}  // namespace turnstone
