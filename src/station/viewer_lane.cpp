#include "station/viewer_lane.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"

namespace turnstone {
namespace {

// Frames that wait for their scenes and for the viewer. Cameras have few buffers.
constexpr size_t most_waiting = 8;

constexpr std::chrono::minutes same_trouble(1);  // a failure that comes again so soon

}  // namespace

ViewerLane::ViewerLane(SinkConfig config, std::unique_ptr<Viewer> viewer,
                       std::chrono::milliseconds hold, Tell tell)
    : config_(std::move(config)),
      viewer_(std::move(viewer)),
      hold_(hold),
      tell_(std::move(tell)),
      thread_([this](std::stop_token stop) { work(std::move(stop)); }) {}

ViewerLane::~ViewerLane() { finish(); }

bool ViewerLane::shows(const std::string& source) const { return admits(config_.sources, source); }

bool ViewerLane::draws(const std::string& model) const { return admits(config_.from, model); }

void ViewerLane::offer(const Frame& frame, int models) {
  if (!viewer_->is_looking(frame.source)) return;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting) {
      waiting_.pop_front();
      ++counters_.dropped;
    }
    waiting_.push_back(
        {.shown = {.frame = picture_of(frame)}, .owed = viewer_->wants_scenes() ? models : 0});
  }
  changed_.notify_all();
}

void ViewerLane::answer(const Frame& frame, const Outcome& outcome) { settle(frame, &outcome); }

void ViewerLane::pass(const Frame& frame) { settle(frame, nullptr); }

void ViewerLane::settle(const Frame& frame, const Outcome* outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome) {
      auto& known = known_[frame.source];
      known.outcome = *outcome;
      known.outcome->frame = {};
      known.judged = Steady::now();
    }
    for (auto& each : waiting_) {
      if (each.shown.frame.sequence != frame.sequence || each.shown.frame.source != frame.source)
        continue;
      --each.owed;
      if (outcome) each.shown.outcome = *outcome;
    }
  }
  changed_.notify_all();
}

void ViewerLane::set_banner(const std::string& source, Banner banner) {
  const std::lock_guard lock(mutex_);
  known_[source].banner = std::move(banner);
}

// A frame does not wait for its scene when that would cost another one its place.
bool ViewerLane::is_ready() const {
  return !waiting_.empty() &&
         (ending_ || waiting_.front().owed <= 0 || waiting_.size() >= most_waiting);
}

// What is known of the source where the frame has no scene of its own.
void ViewerLane::complete(Shown& shown) {
  const auto& known = known_[shown.frame.source];
  if (!shown.outcome && known.outcome && Steady::now() - known.judged <= hold_)
    shown.outcome = known.outcome;
  shown.banner = known.banner;
  if (shown.banner.text.empty() && shown.outcome) shown.banner = banner_of(*shown.outcome);
}

void ViewerLane::work(std::stop_token stop) {
  for (;;) {
    Shown next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || is_ready(); });
      if (waiting_.empty()) break;
      next = std::move(waiting_.front().shown);
      waiting_.pop_front();
      complete(next);
      if (Steady::now() < rests_until_) {
        ++counters_.dropped;
        continue;
      }
    }
    show(next, stop);
  }
  const auto finished = viewer_->finish();
  if (!finished) note(finished);
  tell();
}

void ViewerLane::tell() {
  auto parcels = viewer_->take_parcels();
  auto happenings = viewer_->take_happenings();
  if (tell_ && (!parcels.empty() || !happenings.empty()))
    tell_(std::move(parcels), std::move(happenings));
}

void ViewerLane::show(const Shown& shown, const std::stop_token& stop) {
  note(viewer_->show(shown, stop));
  tell();
}

// Says what went wrong, once for as long as it comes again and again, and rests after it.
void ViewerLane::note(const Result<>& result) {
  bool told = true;
  {
    const std::lock_guard lock(mutex_);
    if (result) {
      ++counters_.shown;
      counters_.trouble.clear();
      pause_.reset();
      return;
    }
    ++counters_.failed;
    const auto now = Steady::now();
    counters_.trouble = result.error().text;
    told = told_ == counters_.trouble && now - failed_ < same_trouble;
    told_ = counters_.trouble;
    failed_ = now;
    rests_until_ = Steady::now() + pause_.take();
  }
  if (!told) log_warning("sink {}: {}", config_.name, result.error().text);
}

void ViewerLane::finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

ViewerCounters ViewerLane::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace turnstone
