// Which windows of 16 bytes hold the bytes that are wanted of a row: the tables of Windows.
#pragma once

#include <cstdint>
#include <vector>

#include "media/rows/rows.h"

namespace turnstone {

// Groups of bytes, each to be put in order by lane.
class WindowTable {
 public:
  // `tables` controls for each window, of 16 lanes each.
  explicit WindowTable(int tables) : controls_(static_cast<size_t>(tables)) {}

  // Adds a group: byte `bytes[i]` of the row becomes lane `i`; -1: nothing does.
  void add(const std::vector<int>& bytes) { groups_.push_back(bytes); }

  // Lays out windows in rows of `row_bytes`, or of 16 where those are shorter; the groups become
  // `groups` by repeating the first. Groups may be added no more.
  void close(int64_t row_bytes, int groups);

  Windows windows(int table = 0) const {
    return {offsets_.data(), controls_[table].data(), count_, count_groups_};
  }

 private:
  std::vector<std::vector<int>> groups_;
  std::vector<int32_t> offsets_;
  std::vector<std::vector<uint8_t>> controls_;
  int count_ = 0;
  int count_groups_ = 0;
};

}  // namespace turnstone
