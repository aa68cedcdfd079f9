#include "vision/window_table.h"

#include <algorithm>

namespace turnstone {
namespace {

constexpr int window_bytes = 16;

// Starts of windows that hold all `bytes`, the fewest.
std::vector<int32_t> starts_of(std::vector<int> bytes, int64_t row_bytes) {
  const auto last = static_cast<int>(std::max<int64_t>(row_bytes - window_bytes, 0));
  std::vector<int32_t> starts;
  std::ranges::sort(bytes);
  for (const int byte : bytes)
    if (byte >= 0 && (starts.empty() || byte >= starts.back() + window_bytes))
      starts.push_back(std::min(byte, last));
  return starts;
}

}  // namespace

void WindowTable::close(int64_t row_bytes, int groups) {
  groups_.resize(static_cast<size_t>(groups), groups_.front());
  std::vector<std::vector<int32_t>> starts;
  size_t most = 0;
  for (const auto& group : groups_) {
    starts.push_back(starts_of(group, row_bytes));
    most = std::max(most, starts.back().size());
  }
  count_ = static_cast<int>(most);
  count_groups_ = groups;
  offsets_.assign(most * groups_.size(), 0);
  for (auto& table : controls_) table.assign(window_bytes * offsets_.size(), 0x80);
  for (size_t group = 0; group < groups_.size(); ++group) {
    const auto& own = starts[group];
    for (size_t k = 0; k < own.size(); ++k) offsets_[k * groups_.size() + group] = own[k];
    for (size_t lane = 0; lane < groups_[group].size(); ++lane) {
      const int byte = groups_[group][lane];
      if (byte < 0) continue;
      const auto k = static_cast<size_t>(std::ranges::upper_bound(own, byte) - own.begin()) - 1;
      controls_[lane / window_bytes][window_bytes * (k * groups_.size() + group) +
                                     lane % window_bytes] = static_cast<uint8_t>(byte - own[k]);
    }
  }
  groups_.clear();
}

}  // namespace turnstone
