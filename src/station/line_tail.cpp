#include "station/line_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace turnstone {
namespace {

std::unexpected<Error> failure(const std::string& path, int error) {
  return fail(error == ENOENT ? Code::missing : Code::unavailable, "{}: {}", path,
              std::strerror(error));
}

Result<Descriptor> open_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return failure(path, errno);
  struct stat status;
  if (::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode)) return file;
  return fail(Code::invalid, "{}: is no regular file", path);
}

}  // namespace

Result<LineTail> LineTail::open(const std::string& path) {
  return LineTail(path, TRY(open_file(path)));
}

Result<std::optional<TailLine>> LineTail::next() {
  for (;;) {
    const auto end = waiting_.find('\n', looked_at_);
    if (end != std::string::npos) {
      if (auto line = take(end, 1)) return line;
      continue;
    }
    looked_at_ = waiting_.size();
    if (looked_at_ > most_bytes) {
      is_dropping_ = true;
      waiting_.clear();
      looked_at_ = 0;
    }
    if (TRY(read_more())) continue;
    if (is_replaced_ && (!waiting_.empty() || is_dropping_)) return rest();
    if (!TRY(follow_name())) return std::nullopt;
  }
}

std::optional<TailLine> LineTail::rest() {
  if (waiting_.empty() && !is_dropping_) return {};
  return take(waiting_.size(), 0);
}

// A line that is too long is given once its end is there.
std::optional<TailLine> LineTail::take(size_t length, size_t end_length) {
  TailLine line{.number = ++number_, .is_too_long = is_dropping_ || length > most_bytes};
  if (!line.is_too_long) line.text = waiting_.substr(0, length);
  if (line.text.ends_with('\r')) line.text.pop_back();
  waiting_.erase(0, length + end_length);
  looked_at_ = 0;
  is_dropping_ = false;
  return line;
}

// False at the end of what is there.
Result<bool> LineTail::read_more() {
  std::array<char, 1 << 14> piece;
  const auto count = ::read(file_.number(), piece.data(), piece.size());
  if (count < 0 && errno == EINTR) return true;
  if (count < 0) return failure(path_, errno);
  offset_ += count;
  waiting_.append(piece.data(), static_cast<size_t>(count));
  return count > 0;
}

Result<bool> LineTail::was_cut() const {
  struct stat status;
  if (::fstat(file_.number(), &status) != 0) return failure(path_, errno);
  return status.st_size < offset_;
}

// True when there may be more to read: the file begins anew, or another one has its name. What is
// written to the old one before that one appears is read first.
Result<bool> LineTail::follow_name() {
  if (TRY(was_cut())) {
    if (::lseek(file_.number(), 0, SEEK_SET) != 0) return failure(path_, errno);
    waiting_.clear();
    offset_ = looked_at_ = 0;
    number_ = 0;
    is_dropping_ = false;
    return true;
  }
  struct stat mine;
  struct stat named;
  if (::fstat(file_.number(), &mine) != 0) return failure(path_, errno);
  if (::stat(path_.c_str(), &named) != 0) return false;
  if (mine.st_ino == named.st_ino && mine.st_dev == named.st_dev) return false;
  if (!std::exchange(is_replaced_, true)) return true;
  file_ = TRY(open_file(path_));
  offset_ = number_ = 0;
  is_replaced_ = false;
  return true;
}

Result<> LineTail::skip_to_end() {
  const auto end = ::lseek(file_.number(), 0, SEEK_END);
  if (end < 0) return failure(path_, errno);
  char last = '\n';
  if (end > 0 && ::pread(file_.number(), &last, 1, end - 1) < 0) return failure(path_, errno);
  waiting_.clear();
  looked_at_ = 0;
  offset_ = end;
  is_dropping_ = last != '\n';
  return {};
}

}  // namespace turnstone
