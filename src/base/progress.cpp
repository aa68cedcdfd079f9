#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/stderr.h"

namespace turnstone {
using namespace std::chrono_literals;

std::string print_progress(const ProgressState& state, bool with_bar) {
  const auto& [what, done, total, seconds, note] = state;
  if (total == 0)
    return fmt::format("{}{}{}, {:.0f} s", what, note.empty() ? "" : ": ", note, seconds);
  const auto share = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
  const auto filled = static_cast<size_t>(share * 30);
  auto line = with_bar ? fmt::format("{} [{}{}] {}/{}", what, std::string(filled, '#'),
                                     std::string(30 - filled, '.'), done, total)
                       : fmt::format("{}: {} of {}", what, done, total);
  if (done > 0) line += fmt::format(", {:.0f} s left", seconds * (1 / share - 1));
  if (!note.empty()) line += fmt::format(", {}", note);
  return line;
}

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
  const auto line =
      print_progress({.what = what_,
                      .done = done,
                      .total = total_,
                      .seconds = std::chrono::duration<double>(now - started_).count(),
                      .note = note},
                     terminal_);
  if (terminal_)
    print_stderr("\r\033[K{}", line);
  else
    print_stderr("{}\n", line);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace turnstone
