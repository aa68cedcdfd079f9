#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/text.h"

namespace turnstone {
namespace fs = std::filesystem;
namespace {

Error error_of(int number, const fs::path& path, std::string_view what) {
  const auto code = number == ENOENT || number == ENOTDIR ? Code::missing : Code::unavailable;
  if (code == Code::missing) return {code, fmt::format("{}: no such file", path.string())};
  return {code, fmt::format("{}: cannot {}: {}", path.string(), what, std::strerror(number))};
}

// A file that may not be read is as good as none.
Error opening_error(const fs::path& path) {
  const int number = errno;
  auto error = error_of(number, path, "open");
  if (number == EACCES || number == EPERM) error.code = Code::missing;
  return error;
}

template <class Container>
Result<Container> read_whole(const fs::path& path, size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return std::unexpected(opening_error(path));
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return std::unexpected(error_of(errno, path, "stat"));
  if (S_ISDIR(status.st_mode)) return fail(Code::invalid, "{}: is a folder", path.string());
  Container content;
  size_t used = 0;
  const auto expected = static_cast<size_t>(std::max<off_t>(status.st_size, 0));
  if (expected > most)
    return fail(Code::invalid, "{}: has {} bytes, at most {} are read", path.string(), expected,
                most);
  content.resize(expected);
  for (;;) {
    if (used == content.size()) {
      char probe = 0;
      const auto got = ::read(file.number(), &probe, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(error_of(errno, path, "read"));
      if (got == 0) return content;
      if (used == most)
        return fail(Code::invalid, "{}: is larger than {} bytes", path.string(), most);
      content.resize(std::min(most, used * 2 + 4096));
      std::memcpy(content.data() + used++, &probe, 1);
      continue;
    }
    const auto got = ::read(file.number(), content.data() + used, content.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(error_of(errno, path, "read"));
    if (got == 0) {
      content.resize(used);
      return content;
    }
    used += static_cast<size_t>(got);
  }
}

// Digits compare by value, everything else byte by byte.
bool natural_less(const std::string& a, const std::string& b) {
  size_t i = 0;
  size_t k = 0;
  const auto digit = [](const std::string& s, size_t at) {
    return at < s.size() && std::isdigit(static_cast<unsigned char>(s[at]));
  };
  while (i < a.size() && k < b.size()) {
    if (digit(a, i) && digit(b, k)) {
      while (i < a.size() && a[i] == '0') ++i;
      while (k < b.size() && b[k] == '0') ++k;
      const auto from_a = i;
      const auto from_b = k;
      while (digit(a, i)) ++i;
      while (digit(b, k)) ++k;
      if (i - from_a != k - from_b) return i - from_a < k - from_b;
      const auto order = a.compare(from_a, i - from_a, b, from_b, k - from_b);
      if (order != 0) return order < 0;
      continue;
    }
    if (a[i] != b[k]) return a[i] < b[k];
    ++i;
    ++k;
  }
  if (i == a.size() && k == b.size()) return a < b;
  return i == a.size();
}

}  // namespace

Result<std::string> read_text(const fs::path& path, size_t most) {
  return read_whole<std::string>(path, most);
}

Result<Bytes> read_bytes(const fs::path& path, size_t most) {
  return read_whole<Bytes>(path, most);
}

Result<std::string> read_secret(const fs::path& path) {
  std::string secret(trim(TRY(read_text(path, 65536))));
  if (secret.empty() || secret.find_first_of("\r\n") != std::string::npos)
    return fail(Code::invalid, "{}: does not hold one line, the password", path.string());
  return secret;
}

int write_whole(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return 0;
}

int sync_path(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.is_open() && ::fsync(file.number()) == 0 ? 0 : errno;
}

Result<> write_file(const fs::path& path, std::span<const std::byte> bytes) {
  auto name = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (file.number() < 0 && errno == ENOENT)
    return fail(Code::missing, "{}: there is no folder {}", path.string(),
                path.parent_path().string());
  if (file.number() < 0) return std::unexpected(error_of(errno, path, "write"));
  const auto give_up = [&](int number) {
    ::unlink(name.c_str());
    return std::unexpected(error_of(number, path, "write"));
  };
  if (const int failed = write_whole(file.number(), bytes); failed != 0) return give_up(failed);
  if (::fchmod(file.number(), 0644) != 0 || ::fsync(file.number()) != 0) return give_up(errno);
  if (::rename(name.c_str(), path.c_str()) != 0) return give_up(errno);
  return {};
}

Result<> write_file(const fs::path& path, std::string_view text) {
  return write_file(path, std::as_bytes(std::span(text)));
}

Result<> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return fail(Code::unavailable, "{}: cannot make the folder: {}", path.string(),
                error.message());
  return {};
}

Result<> make_folder_of(const fs::path& file) {
  return make_folder(fs::absolute(file).parent_path());
}

bool is_same_file(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored) ||
         fs::weakly_canonical(fs::absolute(a, ignored), ignored) ==
             fs::weakly_canonical(fs::absolute(b, ignored), ignored);
}

Result<> check_new_file(const fs::path& path) {
  std::error_code ignored;
  if (path.has_filename() && !fs::is_directory(path, ignored))
    return check_new_folder(fs::absolute(path).parent_path());
  return fail(Code::unavailable, "{}: cannot write: is a folder", path.string());
}

Result<> check_new_folder(const fs::path& path) {
  auto there = fs::absolute(path);
  std::error_code ignored;
  while (!fs::exists(fs::symlink_status(there, ignored)) && there.has_relative_path())
    there = there.parent_path();
  if (!fs::is_directory(there, ignored))
    return fail(Code::unavailable, "{}: cannot make the folder: {} is a file", path.string(),
                there.string());
  // Only an attempt tells: the administrator may write anywhere, but not to /proc.
  auto name = (there / ".turnstone-XXXXXX").string();
  const Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.is_open())
    return fail(Code::unavailable, "{}: cannot write: {}", there.string(), std::strerror(errno));
  ::unlink(name.c_str());
  return {};
}

Result<> check_own_folder(const fs::path& path, std::string_view mark, std::string_view kind) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored) && !fs::is_empty(path, ignored) &&
      !fs::exists(path / mark, ignored))
    return fail(Code::invalid,
                "{}: is a folder that holds other things than {}; name an empty one, one that is "
                "not there, or {}",
                path.string(), kind, kind);
  return check_new_folder(path);
}

Result<std::vector<fs::path>> list_files(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return fail(Code::missing, "{}: no such folder", folder.string());
  if (!fs::is_directory(folder, error))
    return fail(Code::invalid, "{}: is not a folder", folder.string());
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  if (error)
    return fail(Code::unavailable, "{}: cannot be listed: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return files;
}

Result<std::vector<fs::path>> list_files_below(const fs::path& folder) {
  auto files = TRY(list_files(folder));
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored))
      folders.push_back(entry->path());
  }
  if (error)
    return fail(Code::unavailable, "{}: cannot be listed: {}", folder.string(), error.message());
  std::ranges::sort(folders);
  for (const auto& one : folders) {
    const auto more = TRY(list_files(one));
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

Result<TemporaryFolder> TemporaryFolder::make(std::string_view prefix) {
  std::error_code error;
  const auto folder = fs::temp_directory_path(error);
  if (error)
    return fail(Code::unavailable, "no folder for temporary files, TMPDIR names none: {}",
                error.message());
  auto name = (folder / fmt::format("{}-XXXXXX", prefix)).string();
  if (!::mkdtemp(name.data()))
    return fail(Code::unavailable, "{}: cannot make a temporary folder", name);
  return TemporaryFolder(name);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace turnstone
