#include "base/interrupt.h"

#include <signal.h>

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
  action.sa_handler = [](int) { flag() = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

bool interrupted() { return flag(); }

}  // namespace turnstone
