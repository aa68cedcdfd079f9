// The last things that went wrong, with their pictures: a source that was lost, a model that
// failed, a sink that was refused, a machine that stopped, a part that was rejected.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/json.h"
#include "media/frame.h"
#include "station/outcome.h"

namespace turnstone {

// What went wrong.
enum class FaultKind { source, model, sink, cycle, reject };
inline constexpr std::array all_fault_kinds = {FaultKind::source, FaultKind::model, FaultKind::sink,
                                               FaultKind::cycle, FaultKind::reject};

// "source", "model", ...
const char* print(FaultKind kind);

// Keeps the last 24 faults; their pictures are at most 640 pixels wide and high, and made on a
// thread of its own. Where faults come faster than that, some have none. Thread-safe.
class Faults {
 public:
  // A picture of a fault, and what was found in it.
  struct Shot {
    Frame frame;
    std::optional<Outcome> outcome;
  };

  Faults();
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  // `of` is the name of the part of the station. What is the same as the part's last fault, and
  // comes soon after it, is counted as that one.
  void add(FaultKind kind, const std::string& of, const std::string& text,
           std::optional<Shot> shot = {});

  // Adds the outcome if it says that something is wrong with what is seen, or says nothing of a
  // part.
  void judge(const Outcome& outcome);

  // Newest first: {"number","kind","of","text","count","time","last","picture"}; "number" counts
  // from 1, "time" and "last" are when it came first and last, "picture" is a path of the page or
  // null.
  Json list() const;

  // The JPEG of the fault of that number; nullptr where there is none (any more, or yet).
  std::shared_ptr<const std::string> picture(int64_t number) const;

  // How many of a kind there were, repeated ones too.
  int64_t count(FaultKind kind) const;

 private:
  struct Fault {
    int64_t number;
    FaultKind kind;
    std::string of;
    std::string text;
    int64_t count = 1;
    std::chrono::system_clock::time_point first, last;
    std::shared_ptr<const std::string> picture;
  };
  struct Waiting {
    int64_t number;
    Shot shot;
  };
  Fault* find(int64_t number);
  bool repeats(FaultKind kind, const std::string& of, const std::string& text,
               std::chrono::system_clock::time_point now);
  void work(std::stop_token stop);

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Fault> faults_;  // newest first
  std::deque<Waiting> waiting_;
  std::array<int64_t, all_fault_kinds.size()> counts_ = {};
  int64_t last_number_ = 0;
  std::jthread thread_;
};

}  // namespace turnstone
