// Reading and writing whole files, and folders that clean up after themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace turnstone {

using Bytes = std::vector<std::byte>;

// The bytes as a text, which they must outlive.
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whole content of a file of at most `most` bytes. Errors: missing (no such file, or not ours to
// read), invalid (a folder, or larger than `most`), unavailable (cannot be read). The text names
// the path.
Result<std::string> read_text(const std::filesystem::path& path, size_t most = size_t{1} << 32);
Result<Bytes> read_bytes(const std::filesystem::path& path, size_t most = size_t{1} << 32);

// The one line of a file that holds a password, without the spaces around it. Errors: as
// read_text; invalid (more than one line, none, more than 64 KiB).
Result<std::string> read_secret(const std::filesystem::path& path);

// Writes all of it; 0, or the number of the error.
int write_whole(int descriptor, std::span<const std::byte> bytes);

// Makes what was written to a file durable, or the names in a folder; 0, or the number of the
// error.
int sync_path(const std::filesystem::path& path);

// Replaces the file in one step: written beside it under another name, synced, then renamed, so
// that a reader sees the old content or the new; anybody may read it. Parent folders must exist.
// Errors: missing (the folder), unavailable.
Result<> write_file(const std::filesystem::path& path, std::string_view text);
Result<> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

// Makes the folder and its parents; an existing folder is fine.
Result<> make_folder(const std::filesystem::path& path);

// Makes the folder of a file, so that write_file can write it.
Result<> make_folder_of(const std::filesystem::path& file);

// Whether both paths lead to one file, or will once it is there.
bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b);

// Whether a file, or a folder with files, could be made or replaced at `path`, for commands that
// work long before they write. Nothing that is made stays. Errors: unavailable, naming what stands
// in the way.
Result<> check_new_file(const std::filesystem::path& path);
Result<> check_new_folder(const std::filesystem::path& path);

// The same of a folder that is empty, not there, or has the file `mark`, which says that it is
// `kind`, such as "a package". Errors: also invalid (it holds other things).
Result<> check_own_folder(const std::filesystem::path& path, std::string_view mark,
                          std::string_view kind);

// Regular files directly in `folder`, sorted by name with numbers in numeric order (img2 before
// img10). Errors: missing, invalid (not a folder).
Result<std::vector<std::filesystem::path>> list_files(const std::filesystem::path& folder);

// The same, and behind them those of each folder inside, however deep, but of no link to one.
Result<std::vector<std::filesystem::path>> list_files_below(const std::filesystem::path& folder);

// A new empty folder below the system's temporary folder, removed with everything in it when the
// object goes.
class TemporaryFolder {
 public:
  // Makes the folder; its name begins with `prefix`.
  static Result<TemporaryFolder> make(std::string_view prefix = "turnstone");
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace turnstone
