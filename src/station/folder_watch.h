// Notices files that come into a folder.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace turnstone {

// Files count when they are complete: closed after writing, or moved into the folder. Watches from
// its making on. One thread at a time.
class FolderWatch {
 public:
  // Errors: missing, invalid (not a folder), unavailable (the system watches too much already).
  static Result<FolderWatch> open(const std::filesystem::path& folder);

  // Waits for the next file and gives its name without folders; nothing when a stop is requested.
  // Errors: missing (the folder is gone), unavailable (more files came than the system remembers).
  Result<std::optional<std::string>> next(std::stop_token stop);

 private:
  FolderWatch(Descriptor events, Descriptor wake, std::string folder)
      : events_(std::move(events)), wake_(std::move(wake)), folder_(std::move(folder)) {}
  Result<> read_events();

  Descriptor events_;
  Descriptor wake_;  // that a stop writes to
  std::string folder_;
  std::deque<std::string> names_;
  bool gone_ = false;
  bool overflowed_ = false;
};

}  // namespace turnstone
