// How a program that runs on is told to end.
#pragma once

#include <signal.h>

#include <atomic>
#include <stop_token>
#include <thread>

namespace turnstone {

// Turns SIGINT and SIGTERM into a stop; a second one ends the program at once. To be made before
// any other thread, so that all threads leave the signals to it.
class Signals {
 public:
  Signals();

  std::stop_token stop() const { return stop_.get_token(); }
  // The signal that asked for the stop, 0: none did.
  int received() const { return received_; }

 private:
  void wait(const std::stop_token& over);

  sigset_t set_{};
  std::atomic<int> received_{0};
  std::stop_source stop_;
  std::jthread thread_;
};

}  // namespace turnstone
