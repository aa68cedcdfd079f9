#include "station/reloader.h"

#include <malloc.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;

// Between two looks; files that are the same in both are taken to be complete.
constexpr std::chrono::milliseconds look_every(500);

// The files of a package, to be told from those that stand there at another time.
PackageFiles find_files(const fs::path& package) {
  std::error_code ignored;
  if (fs::is_directory(package, ignored))
    return {find_identity(package / "compiled.so"), find_identity(package / "model.json")};
  auto description = package;
  description.replace_extension(".json");
  return {find_identity(package), find_identity(description)};
}

}  // namespace

Reloader::Reloader(const std::vector<Judge*>& judges, Check check, Tell tell)
    : check_(std::move(check)), tell_(std::move(tell)) {
  for (auto* judge : judges) {
    const auto files = find_files(judge->config().package);
    watched_.push_back({judge, files, files});
  }
  thread_ = std::jthread([this](std::stop_token stop) { work(std::move(stop)); });
}

Reloader::~Reloader() = default;

void Reloader::reload() {
  {
    const std::lock_guard lock(mutex_);
    now_ = true;
  }
  changed_.notify_all();
}

void Reloader::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    bool now = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, look_every, [this] { return now_; });
      now = std::exchange(now_, false);
    }
    for (auto& watched : watched_)
      if (!stop.stop_requested()) look(watched, now);
  }
}

void Reloader::look(Watched& watched, bool now) {
  const auto& config = watched.judge->config();
  if (!config.watch && !now) return;
  auto files = find_files(config.package);
  const bool complete = std::exchange(watched.seen, files) == files;
  if (!now && (files == watched.served || !complete)) return;
  watched.served = std::move(files);
  tell_({Happening::loading, config.name});
  const auto replaced = [&]() -> Result<> {
    auto engine = TRY(Engine::open(config.package, config.threads, OwnCode::yes));
    TRY(check_(*watched.judge, engine));
    return watched.judge->replace(std::move(engine));
  }();
  // A model's megabytes go back to the machine, not only to this process.
  ::malloc_trim(0);
  if (!replaced) {
    const auto why = fmt::format("model {}: the old one stays in service: {}", config.name,
                                 replaced.error().text);
    log_warning("{}", why);
    tell_({Happening::failed, why});
    return watched.judge->set_trouble(replaced.error().text);
  }
  const auto service = watched.judge->service();
  tell_({Happening::loaded, config.name});
  log_info("model {}: a new one is in service: {}, {}", config.name, service.name, service.variant);
}

}  // namespace turnstone
