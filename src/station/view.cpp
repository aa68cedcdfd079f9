#include "station/view.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "station/wait.h"

namespace turnstone {
namespace {

constexpr std::string_view boundary = "turnstone-picture";
constexpr std::chrono::milliseconds least_hold(500);  // of what is said of things
constexpr std::chrono::milliseconds repeat_after(50);

}  // namespace

View::View(double fps, int quality, std::chrono::milliseconds hold)
    : pace_(static_cast<int64_t>(1e9 / fps)),
      quality_(quality),
      hold_(hold),
      feed_(std::make_shared<HttpFeed>([this] { changed(); })),
      plain_(std::make_shared<HttpFeed>([this] { changed(); })),
      thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

View::~View() { finish(); }

void View::finish() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void View::changed() {
  {
    const std::lock_guard lock(mutex_);
    fresh_ = newest_.has_value();
  }
  wake_.notify_all();
}

void View::show(const Frame& frame) {
  {
    const std::lock_guard lock(mutex_);
    Shown next{.frame = picture_of(frame), .outcome = {}, .banner = banner_, .things = things()};
    if (newest_ && std::chrono::steady_clock::now() - judged_at_ <= hold_)
      next.outcome = std::move(newest_->outcome);
    newest_ = std::move(next);
  }
  changed();
}

void View::show(const Frame& frame, const Outcome& outcome) {
  if (outcome.scene.piece) return tell(outcome);
  {
    const std::lock_guard lock(mutex_);
    judged_at_ = std::chrono::steady_clock::now();
    auto banner = banner_.text.empty() ? banner_of(outcome) : banner_;
    // A frame that came later may be on the screen already; time never runs backwards there.
    const bool newer = !newest_ || frame.sequence >= newest_->frame.sequence;
    newest_ =
        Shown{newer ? picture_of(frame) : newest_->frame, outcome, std::move(banner), things()};
  }
  changed();
}

void View::tell(const Outcome& outcome) {
  {
    const std::lock_guard lock(mutex_);
    const auto& scene = outcome.scene;
    std::erase_if(things_, [&](const Outcome& one) {
      return one.scene.model == scene.model && one.scene.sequence != scene.sequence;
    });
    things_.push_back(outcome);
    things_.back().frame = {};
    things_at_ = std::chrono::steady_clock::now();
    if (newest_) newest_->things = things_;
  }
  changed();
}

std::vector<Outcome> View::things() const {
  const auto most = std::max<std::chrono::milliseconds>(hold_, least_hold);
  if (std::chrono::steady_clock::now() - things_at_ > most) return {};
  return things_;
}

void View::set_banner(Banner banner) {
  {
    const std::lock_guard lock(mutex_);
    banner_ = std::move(banner);
    if (newest_) newest_->banner = banner_;
  }
  changed();
}

std::optional<Frame> View::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_ ? std::optional(newest_->frame) : std::nullopt;
}

HttpStream View::stream(bool drawn) const {
  return {fmt::format("multipart/x-mixed-replace; boundary={}", boundary),
          fmt::format("--{}\r\n", boundary), drawn ? feed_ : plain_};
}

// Chromium shows a picture when the next one begins: the last is sent again where none comes.
void View::work(std::stop_token stop) {
  bool is_repeated = true;
  for (;;) {
    Shown shown;
    {
      std::unique_lock lock(mutex_);
      const auto is_due = [this] { return fresh_ && is_watched(); };
      const bool due = is_repeated ? wake_.wait(lock, stop, is_due)
                                   : wake_.wait_for(lock, stop, repeat_after, is_due);
      if (stop.stop_requested()) return;
      is_repeated = !due;
      if (due) {
        fresh_ = false;
        shown = *newest_;
      }
    }
    const auto next = std::chrono::steady_clock::now() + pace_;
    if (is_repeated) {
      repeat(*feed_);
      repeat(*plain_);
    } else {
      if (feed_->viewers() > 0) publish(*feed_, jpeg_of(shown, quality_));
      if (plain_->viewers() > 0) publish(*plain_, jpeg_of({.frame = shown.frame}, quality_));
    }
    wait_until(next, stop);
  }
}

// The boundary stands behind the picture, so that others than Chromium show it at once.
void View::publish(HttpFeed& feed, const Result<Bytes>& jpeg) {
  if (!jpeg) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(failed_, true)) log_warning("live view: {}", jpeg.error().text);
    return;
  }
  auto piece = fmt::format("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg->size());
  piece += as_text(*jpeg);
  piece += fmt::format("\r\n--{}\r\n", boundary);
  feed.publish(std::make_shared<const std::string>(std::move(piece)));
}

void View::repeat(HttpFeed& feed) {
  const auto newest = feed.newest();
  if (newest.bytes && feed.viewers() > 0) feed.publish(newest.bytes);
}

}  // namespace turnstone
