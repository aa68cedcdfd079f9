#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "station/sinks.h"

namespace turnstone {
namespace {

// How soon a stop is seen while nobody reads.
constexpr int glance_ms = 50;

class JsonlSink final : public Sink {
 public:
  JsonlSink(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  ~JsonlSink() override {
    if (descriptor_ != STDOUT_FILENO) ::close(descriptor_);
  }

  // A line is written whole. Where a file took a part of one, the part is taken back; what a pipe
  // took cannot be, so the line is finished before another begins.
  Result<> take(std::span<const Outcome> outcomes, size_t& delivered,
                std::stop_token stop) override {
    delivered = 0;
    for (const auto& outcome : outcomes) {
      auto line = print_outcome(outcome) + "\n";
      if (written_ > 0 && line != line_) TRY(write_rest(stop));
      line_ = std::move(line);
      TRY(write_rest(stop));
      ++delivered;
    }
    return {};
  }

 private:
  Result<> write_rest(const std::stop_token& stop) {
    while (written_ < line_.size()) {
      TRY(wait_for_room(stop));
      // Never more than a pipe with room takes at once, so that the write cannot block.
      const auto size = std::min<size_t>(line_.size() - written_, PIPE_BUF);
      const auto put = ::write(descriptor_, line_.data() + written_, size);
      if (put < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (put < 0) {
        const auto why = errno;
        take_back();
        return fail(Code::unavailable, "{}: cannot write: {}", path_, std::strerror(why));
      }
      written_ += static_cast<size_t>(put);
    }
    written_ = 0;
    return {};
  }

  Result<> wait_for_room(const std::stop_token& stop) const {
    pollfd ready{descriptor_, POLLOUT, 0};
    while (::poll(&ready, 1, glance_ms) <= 0)
      if (stop.stop_requested()) return fail(Code::cancelled, "{}: nobody reads", path_);
    return {};
  }

  // The written part of a line is the end of the file, unless somebody else has written since.
  void take_back() {
    const auto end = ::lseek(descriptor_, 0, SEEK_CUR);
    struct stat status{};
    if (written_ == 0 || end < 0 || ::fstat(descriptor_, &status) != 0 || status.st_size != end)
      return;
    const auto begin = end - static_cast<off_t>(written_);
    if (::ftruncate(descriptor_, begin) != 0) return;
    ::lseek(descriptor_, begin, SEEK_SET);
    written_ = 0;
  }

  std::string path_;
  int descriptor_;
  std::string line_;    // the last one that was begun
  size_t written_ = 0;  // bytes of it that are out, 0: none or all
};

}  // namespace

Result<std::unique_ptr<Sink>> open_jsonl_sink(const JsonlSinkConfig& config) {
  if (config.path == "-") return std::make_unique<JsonlSink>("standard output", STDOUT_FILENO);
  const int flags =
      O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NONBLOCK | (config.append ? 0 : O_TRUNC);
  const int descriptor = ::open(config.path.c_str(), flags, 0644);
  if (descriptor < 0 && errno == ENXIO)
    return fail(Code::unavailable, "{}: cannot open: nobody reads this pipe", config.path);
  if (descriptor < 0)
    return fail(Code::unavailable, "{}: cannot open: {}", config.path, std::strerror(errno));
  return std::make_unique<JsonlSink>(config.path, descriptor);
}

}  // namespace turnstone
