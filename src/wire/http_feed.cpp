#include "wire/http_feed.h"

#include <algorithm>

namespace turnstone {

void HttpFeed::publish(std::shared_ptr<const std::string> piece) {
  std::vector<std::shared_ptr<Viewer>> awake;
  {
    const std::lock_guard lock(mutex_);
    newest_ = {std::move(piece), newest_.number + 1};
    forget_gone();
    for (const auto& viewer : viewers_)
      if (auto held = viewer.lock()) awake.push_back(std::move(held));
  }
  for (const auto& viewer : awake) viewer->wake();
}

void HttpFeed::forget_gone() {
  std::erase_if(viewers_, [](const auto& viewer) { return viewer.expired(); });
}

HttpFeed::Piece HttpFeed::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

int HttpFeed::viewers() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(viewers_.begin(), viewers_.end(),
                                        [](const auto& viewer) { return !viewer.expired(); }));
}

void HttpFeed::join(const std::shared_ptr<Viewer>& viewer) {
  {
    const std::lock_guard lock(mutex_);
    forget_gone();
    viewers_.push_back(viewer);
  }
  if (joined_) joined_();
}

}  // namespace turnstone
