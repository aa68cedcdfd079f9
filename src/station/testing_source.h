// For tests: a source at work.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "station/source.h"

namespace turnstone::testing_tools {

// Runs a source on a thread of its own and gathers what it says.
class Running {
 public:
  explicit Running(Source& source)
      : thread_([this, &source](std::stop_token stop) {
          auto end = source.run(
              stop, [this](Frame frame) { add(frames_, std::move(frame)); },
              [this](const Error& error) { add(errors_, error); });
          const std::lock_guard lock(mutex_);
          end_ = std::move(end);
          changed_.notify_all();
        }) {}

  // Waits until that many frames are there, or until the source returned.
  bool frames(size_t count) {
    return wait([&] { return frames_.size() >= count; });
  }
  bool errors(size_t count) {
    return wait([&] { return errors_.size() >= count; });
  }
  Result<SourceEnd> end() {
    if (!wait([&] { return end_.has_value(); })) return fail(Code::cancelled, "still runs");
    return *end_;
  }
  void stop() { thread_.request_stop(); }

  // "name:number" of each frame.
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& frame : frames_)
      names.push_back(fmt::format("{}:{}", frame.file, frame.sequence));
    return names;
  }
  size_t frames_now() {
    const std::lock_guard lock(mutex_);
    return frames_.size();
  }
  std::vector<Frame> taken() {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  std::vector<Error> reports() {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  template <class T>
  void add(std::vector<T>& to, T what) {
    const std::lock_guard lock(mutex_);
    to.push_back(std::move(what));
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Frame> frames_;
  std::vector<Error> errors_;
  std::optional<Result<SourceEnd>> end_;
  std::jthread thread_;
};

}  // namespace turnstone::testing_tools
