#include "cli/signals.h"

#include <unistd.h>

#include <utility>

#include "base/log.h"

namespace turnstone {

Signals::Signals() : had_terminal_(::isatty(STDIN_FILENO) == 1) {
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  thread_ = std::jthread([this](std::stop_token over) { wait(over); });
}

void Signals::on_hangup(std::function<void()> hear) {
  const std::lock_guard lock(mutex_);
  hear_ = std::move(hear);
  if (hear_ && std::exchange(missed_, false)) hear_();
}

void Signals::wait(const std::stop_token& over) {
  const timespec glance{0, 100'000'000};
  while (!over.stop_requested()) {
    const int signal = ::sigtimedwait(&set_, nullptr, &glance);
    if (signal < 0) continue;
    const bool alone = had_terminal_ && ::isatty(STDIN_FILENO) == 0;  // its window was closed
    if (signal == SIGHUP && !alone) {
      const std::lock_guard lock(mutex_);
      hear_ ? hear_() : void(missed_ = true);
      continue;
    }
    if (received_ != 0) ::_exit(128 + signal);
    received_ = signal;
    log_info("stopping");
    stop_.request_stop();
  }
}

}  // namespace turnstone
