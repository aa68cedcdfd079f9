// Models that are exchanged while the station runs.
#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/file_identity.h"
#include "station/happening.h"
#include "station/judge.h"

namespace turnstone {

// Code and description of a package; nothing for a file that is not there.
using PackageFiles = std::array<std::optional<FileIdentity>, 2>;

// Looks after the packages of judges: one whose files have changed, and stay as they are, is opened
// beside the model in service, tried on the last frames, and takes its place between two of them.
// Where anything fails, the old one stays and the log says why. Thread-safe.
class Reloader {
 public:
  // Says why a model cannot take its place in the station.
  using Check = std::function<Result<>(const Judge&, const Engine&)>;

  // Takes what happens with a model, on the thread of the reloader.
  using Tell = std::function<void(const Happening&)>;

  // `judges` outlive it.
  Reloader(const std::vector<Judge*>& judges, Check check, Tell tell);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Opens all packages anew, changed or not, on the thread of the reloader.
  void reload();

 private:
  struct Watched {
    Judge* judge;
    PackageFiles served;  // in service
    PackageFiles seen;    // at the last look
  };
  void work(std::stop_token stop);
  void look(Watched& watched, bool now);

  std::vector<Watched> watched_;
  Check check_;
  Tell tell_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool now_ = false;
  std::jthread thread_;
};

}  // namespace turnstone
