// A line on stderr that shows how far a long task is. Silent for the first two seconds, so that
// quick tasks leave no trace; on a terminal the line is rewritten, elsewhere a line is written
// every ten seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace turnstone {

// How far a task is.
struct ProgressState {
  std::string_view what;       // the task
  int64_t done = 0;            // steps that are finished
  int64_t total = 0;           // steps in all, 0: unknown
  double seconds = 0;          // since it began
  std::string_view note = {};  // what goes on
};

// "compile: linking, 9 s" of an unknown total, else "features: 3 of 10, 21 s left"; with a bar
// "features [#########.....................] 3/10, 21 s left". A note to a known total stands last.
std::string print_progress(const ProgressState& state, bool with_bar);

// One thread at a time.
class Progress {
 public:
  // `total` steps in all, or 0 when unknown. `quiet` shows nothing at all.
  Progress(std::string_view what, int64_t total, bool quiet = false);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` steps are finished; `note` says what goes on.
  void show(int64_t done, std::string_view note = {});

  // Takes the line away from the terminal, before something else is printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  int64_t total_;
  bool quiet_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace turnstone
