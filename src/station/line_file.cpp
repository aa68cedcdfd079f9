#include "station/line_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>

#include "base/files.h"
#include "base/log.h"

namespace turnstone {
namespace {

const std::string json_line = "{\"";  // begins one

// How soon a stop is seen while nobody reads.
constexpr int glance_ms = 50;

// A process that was killed may have left a part of a line, which no other may follow.
void end_line(int descriptor, const std::string& path) {
  const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status{};
  char last = '\n';
  if (reader >= 0 && ::fstat(reader, &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_size > 0 && ::pread(reader, &last, 1, status.st_size - 1) == 1 && last != '\n' &&
      ::write(descriptor, "\n", 1) != 1)
    log_warning("{}: its last line is not whole", path);
  if (reader >= 0) ::close(reader);
}

// A new file gets its header.
void begin(int descriptor, const std::string& path, const std::string& header) {
  struct stat status{};
  if (header.empty() || ::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > 0)
    return;
  if (write_whole(descriptor, std::as_bytes(std::span(header))) != 0)
    log_warning("{}: has no header", path);
}

// Whether a file that is there may be one of these: empty, or beginning as they begin, of which a
// process that was killed may have left a part.
Result<> check_beginning(const std::string& path, const std::string& header) {
  const auto& wanted = header.empty() ? json_line : header;
  const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status{};
  std::string there(wanted.size(), '\0');
  ssize_t count = 0;
  if (reader >= 0 && ::fstat(reader, &status) == 0 && S_ISREG(status.st_mode))
    count = ::pread(reader, there.data(), there.size(), 0);
  if (reader >= 0) ::close(reader);
  if (count <= 0 || wanted.starts_with(std::string_view(there).substr(0, count))) return {};
  return fail(Code::invalid, "{}: is there and begins with no such lines, name another file", path);
}

Result<int> open_for_lines(const std::string& path, const std::string& header) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NONBLOCK;
  const int descriptor = ::open(path.c_str(), flags, 0644);
  if (descriptor >= 0) {
    end_line(descriptor, path);
    begin(descriptor, path, header);
    return descriptor;
  }
  return fail(Code::unavailable, "{}: cannot open: {}", path,
              errno == ENXIO ? "nobody reads this pipe" : std::strerror(errno));
}

// Whether this process writes there for the first time: what it wrote itself stays when the
// station's file is read anew.
bool is_first_time(const std::string& path) {
  static std::mutex mutex;
  static std::set<std::string> known;
  const std::lock_guard lock(mutex);
  return known.insert(path).second;
}

}  // namespace

Result<LineFile> LineFile::open(const std::string& path, bool append, std::string header) {
  if (path == "-") return LineFile("standard output", "", true, STDOUT_FILENO);
  if (path.empty()) return fail(Code::invalid, "path is empty");
  TRY(check_beginning(path, header));
  const int descriptor = TRY(open_for_lines(path, header));
  return LineFile(path, std::move(header), append, descriptor);
}

LineFile::LineFile(LineFile&& other) noexcept
    : path_(std::move(other.path_)),
      header_(std::move(other.header_)),
      append_(other.append_),
      descriptor_(std::exchange(other.descriptor_, STDOUT_FILENO)),
      line_(std::move(other.line_)),
      written_(other.written_) {}

LineFile::~LineFile() {
  if (descriptor_ != STDOUT_FILENO) ::close(descriptor_);
}

Result<> LineFile::write(std::span<const Message> messages, size_t& sent,
                         const std::stop_token& stop) {
  sent = 0;
  if (written_ > 0 && !messages.empty() && messages[0].body != line_) TRY(write_rest(stop));
  if (written_ == 0) TRY(follow_name());
  if (!messages.empty() && !std::exchange(append_, true) && is_first_time(path_)) begin_anew();
  Result<> written;
  while (sent < messages.size()) {
    line_ = messages[sent].body;
    written = write_rest(stop);
    if (!written) break;
    ++sent;
  }
  // Only then may the spool forget them. A pipe has nothing to sync.
  if (sent == 0 || ::fdatasync(descriptor_) == 0 || errno == EINVAL || errno == EROFS ||
      errno == ENOTSUP)
    return written;
  sent = 0;
  return fail(Code::unavailable, "{}: cannot sync: {}", path_, std::strerror(errno));
}

Result<> LineFile::write_rest(const std::stop_token& stop) {
  while (written_ < line_.size()) {
    TRY(wait_for_room(stop));
    // Never more than a pipe with room takes at once, so that the write cannot block.
    const auto size = std::min<size_t>(line_.size() - written_, PIPE_BUF);
    const auto put = ::write(descriptor_, line_.data() + written_, size);
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (put < 0) {
      const auto why = errno;
      take_back();
      // Nobody can come back to read a standard output.
      const bool gone = why == EPIPE && descriptor_ == STDOUT_FILENO;
      return fail(gone ? Code::invalid : Code::unavailable, "{}: cannot write: {}", path_,
                  std::strerror(why));
    }
    written_ += static_cast<size_t>(put);
  }
  written_ = 0;
  return {};
}

void LineFile::begin_anew() const {
  if (::ftruncate(descriptor_, 0) == 0)
    begin(descriptor_, path_, header_);
  else if (errno != EINVAL)  // of a pipe
    log_warning("{}: what it has stays: {}", path_, std::strerror(errno));
}

Result<> LineFile::follow_name() {
  struct stat ours{}, named{};
  if (descriptor_ == STDOUT_FILENO || ::fstat(descriptor_, &ours) != 0 || !S_ISREG(ours.st_mode))
    return {};
  if (::stat(path_.c_str(), &named) == 0 && named.st_dev == ours.st_dev &&
      named.st_ino == ours.st_ino)
    return {};
  const int anew = TRY(open_for_lines(path_, header_));
  ::close(std::exchange(descriptor_, anew));
  return {};
}

Result<> LineFile::wait_for_room(const std::stop_token& stop) const {
  pollfd ready{descriptor_, POLLOUT, 0};
  while (::poll(&ready, 1, glance_ms) <= 0)
    if (stop.stop_requested()) return fail(Code::cancelled, "{}: nobody reads", path_);
  return {};
}

// The written part of a line is the end of the file, unless somebody else has written since.
void LineFile::take_back() {
  const auto end = ::lseek(descriptor_, 0, SEEK_CUR);
  struct stat status{};
  if (written_ == 0 || end < 0 || ::fstat(descriptor_, &status) != 0 || status.st_size != end)
    return;
  const auto begin = end - static_cast<off_t>(written_);
  if (::ftruncate(descriptor_, begin) != 0) return;
  ::lseek(descriptor_, begin, SEEK_SET);
  written_ = 0;
}

}  // namespace turnstone
