#include "station/keeper.h"

#include <utility>

namespace turnstone {
namespace {

constexpr size_t most_waiting = 32;

}  // namespace

Keeper::Keeper(Keep keep) : keep_(std::move(keep)), thread_([this] { work(); }) {}

Keeper::~Keeper() { finish(); }

void Keeper::put(std::vector<Parcel> parcels, Done done) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < most_waiting; });
  waiting_.push_back(std::move(parcels));
  done_.push_back(std::move(done));
  changed_.notify_all();
}

void Keeper::finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Keeper::work() {
  for (;;) {
    std::vector<std::vector<Parcel>> groups;
    std::vector<Done> done;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      groups = std::exchange(waiting_, {});
      done = std::exchange(done_, {});
    }
    changed_.notify_all();
    const auto results = keep_(std::move(groups));
    for (size_t i = 0; i < done.size(); ++i) done[i](results[i].has_value());
  }
}

}  // namespace turnstone
