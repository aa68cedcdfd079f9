// The folder of a recording: the names of its clips, what is known of each, and which of them go
// when there are too many.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace turnstone {

// What may be kept; 0: without a limit.
struct ClipLimits {
  int64_t most_bytes = 0;
  std::chrono::seconds most_age{0};  // since it was written last
};

// A clip NAME.mkv has NAME.mkv.json beside it, one line; what has none is not the recording's, and
// is left alone. One thread at a time.
class ClipFolder {
 public:
  // `ending` is that of the clips, ".mkv".
  ClipFolder(std::filesystem::path path, std::string ending, ClipLimits limits)
      : path_(std::move(path)), ending_(std::move(ending)), limits_(limits) {}

  // A path for a new clip, which is not there yet but whose folders are. `name` is relative and
  // without the ending; what would lead out of the folder is left out. Errors: unavailable.
  Result<std::filesystem::path> claim(std::string_view name) const;

  // Writes what is known of a clip. Errors: unavailable.
  Result<> describe(const std::filesystem::path& clip, const Json& what) const;

  // The path of a clip as seen from the folder, "camera/120000.mkv".
  std::string name_of(const std::filesystem::path& clip) const;

  // Removes clips, the oldest first, until the rest is within the limits; never one of `open`.
  // Returns how many.
  int trim(std::span<const std::filesystem::path> open) const;

 private:
  std::filesystem::path path_;
  std::string ending_;
  ClipLimits limits_;
};

}  // namespace turnstone
