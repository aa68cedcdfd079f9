#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace turnstone {
using namespace std::chrono_literals;

Progress::Progress(std::string_view what, int64_t total, bool quiet)
    : what_(what),
      total_(total),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      next_(started_ + 2s) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (std::exchange(shown_, false) && terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::show(int64_t done, std::string_view note) {
  const auto now = Clock::now();
  if (quiet_ || now < next_) return;
  next_ = now + (terminal_ ? 100ms : 10'000ms);
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::string line;
  if (total_ > 0) {
    const auto share =
        std::clamp(static_cast<double>(done) / static_cast<double>(total_), 0.0, 1.0);
    const auto filled = static_cast<size_t>(share * 30);
    line = fmt::format("{} [{}{}] {}/{}", what_, std::string(filled, '#'),
                       std::string(30 - filled, '.'), done, total_);
    if (done > 0) line += fmt::format(", {:.0f} s left", seconds * (1 / share - 1));
  } else {
    line = fmt::format("{}, {:.0f} s", what_, seconds);
  }
  if (!note.empty()) line += fmt::format(" {}", note);
  if (terminal_)
    fmt::print(stderr, "\r\033[K{}", line);
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace turnstone
