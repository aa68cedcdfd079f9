#include "station/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace turnstone {

Result<FolderWatch> FolderWatch::open(const std::filesystem::path& folder) {
  FolderWatch watch(Descriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
                    Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), folder.string());
  if (!watch.events_.is_open() || !watch.wake_.is_open())
    return fail(Code::unavailable, "{}: cannot be watched: {}", folder.string(),
                std::strerror(errno));
  constexpr uint32_t wanted = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
  if (inotify_add_watch(watch.events_.number(), folder.c_str(), wanted | IN_ONLYDIR) >= 0)
    return watch;
  if (errno == ENOENT) return fail(Code::missing, "{}: no such folder", folder.string());
  if (errno == ENOTDIR) return fail(Code::invalid, "{}: is not a folder", folder.string());
  return fail(Code::unavailable, "{}: cannot be watched: {}", folder.string(),
              std::strerror(errno));
}

Result<std::optional<std::string>> FolderWatch::next(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { eventfd_write(wake_.number(), 1); });
  while (!stop.stop_requested()) {
    if (!names_.empty()) {
      auto name = std::move(names_.front());
      names_.pop_front();
      return name;
    }
    if (gone_) return fail(Code::missing, "{}: is gone", folder_);
    if (std::exchange(overflowed_, false))
      return fail(Code::unavailable, "{}: files came faster than they were taken", folder_);
    pollfd ready[] = {{events_.number(), POLLIN, 0}, {wake_.number(), POLLIN, 0}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR)
      return fail(Code::unavailable, "{}: {}", folder_, std::strerror(errno));
    TRY(read_events());
  }
  return std::nullopt;
}

Result<> FolderWatch::read_events() {
  alignas(inotify_event) char buffer[16384];
  const auto size = read(events_.number(), buffer, sizeof buffer);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (size < 0) return fail(Code::unavailable, "{}: {}", folder_, std::strerror(errno));
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
    if (event->mask & IN_Q_OVERFLOW) overflowed_ = true;
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) gone_ = true;
    if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO) && event->len)
      names_.emplace_back(event->name);
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  return {};
}

}  // namespace turnstone
