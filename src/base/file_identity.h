// Tells a file from another one of the same name, and from itself before it was written again.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace turnstone {

struct FileIdentity {
  uint64_t inode = 0;
  int64_t size = 0;         // bytes
  int64_t seconds = 0;      // of the last change
  int64_t nanoseconds = 0;  // of its second
  auto operator<=>(const FileIdentity&) const = default;
};

// Nothing where the file is gone, or is a pipe or a device, whose reading may never end.
std::optional<FileIdentity> find_identity(const std::filesystem::path& path);

// "inode/size/seconds.nanoseconds"
std::string print(const FileIdentity& identity);

}  // namespace turnstone
