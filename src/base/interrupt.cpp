#include "base/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace turnstone {
namespace {

// A signal handler reaches nothing but what lives as long as the program.
std::atomic<bool>& flag() {
  static std::atomic<bool> flag{false};
  return flag;
}

}  // namespace

void watch_interrupts() {
  flag() = false;
  struct sigaction action{};
  action.sa_handler = [](int number) {
    if (flag().exchange(true)) ::_exit(128 + number);
  };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
  }
}

bool interrupted() { return flag(); }

}  // namespace turnstone
