// How a program that runs on is told to end.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace turnstone {

// Turns SIGINT and SIGTERM into a stop, a second one ends the program at once, and SIGHUP into a
// call, unless the terminal that the program was started from is gone: then
// into a stop. To be made before any other thread, so that all threads leave the signals to it.
class Signals {
 public:
  Signals();

  std::stop_token stop() const { return stop_.get_token(); }
  // What SIGHUP calls from now on, on a thread of its own, or at once where one was
  // missed; one call at a time. A null function: it
  // waits for the next. Returns when a call under way is over.
  void on_hangup(std::function<void()> hear);
  // The signal that asked for the stop, 0: none did.
  int received() const { return received_; }

 private:
  void wait(const std::stop_token& over);

  const bool had_terminal_;
  sigset_t set_{};
  std::atomic<int> received_{0};
  std::stop_source stop_;
  std::mutex mutex_;  // held during a call of hear_
  std::function<void()> hear_;
  bool missed_ = false;  // a SIGHUP, while nobody heard
  std::jthread thread_;
};

}  // namespace turnstone
