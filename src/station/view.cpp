#include "station/view.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "media/convert.h"
#include "media/picture.h"
#include "station/wait.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

constexpr std::string_view boundary = "turnstone-picture";
constexpr std::chrono::milliseconds least_hold(500);  // of what is said of things

// Whoever looks at a frame holds up nobody who waits for its receipt.
Frame picture_of(Frame frame) {
  frame.receipt.reset();
  return frame;
}

Banner banner_of(const Outcome& outcome) {
  if (outcome.scene.classes.empty()) return {};
  const auto& best = outcome.scene.classes.front();
  const auto label = label_of(*outcome.model, best.label);
  return {fmt::format("{} {:.2f}", label, best.score), color_of_verdict(label)};
}

// Where the thing is now: with its track, if it has one, else where it was judged.
Box box_of(const Piece& piece, const Scene& now) {
  const auto found = std::ranges::find(now.detections, piece.track, &Detection::track);
  return piece.track >= 0 && found != now.detections.end() ? found->box : piece.box;
}

Result<Bytes> jpeg_of(const Frame& frame, const std::optional<Outcome>& outcome,
                      const Banner& banner, const std::vector<Outcome>& things, int quality) {
  static const Model no_model;
  static const Scene no_scene;
  auto image = TRY(to_rgb(frame));
  const auto& scene = outcome ? outcome->scene : no_scene;
  draw_scene(image, scene, outcome ? *outcome->model : no_model, banner);
  for (const auto& thing : things)
    draw_piece(image, thing.scene, *thing.model, box_of(*thing.scene.piece, scene));
  return encode_jpeg(image.frame(), quality);
}

}  // namespace

Color color_of_verdict(std::string_view label) {
  static constexpr std::array<std::string_view, 4> good = {"pass", "good", "ok", "normal"};
  static constexpr std::array<std::string_view, 5> bad = {"fail", "bad", "defect", "defective",
                                                          "crack"};
  const auto word = lower(label);
  if (std::ranges::count(good, word) > 0) return green;
  if (std::ranges::count(bad, word) > 0) return red;
  return orange;
}

View::View(double fps, int quality, std::chrono::milliseconds hold)
    : pace_(static_cast<int64_t>(1e9 / fps)),
      quality_(quality),
      hold_(hold),
      feed_(std::make_shared<HttpFeed>([this] { changed(); })),
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

HttpStream View::stream() const {
  return {fmt::format("multipart/x-mixed-replace; boundary={}", boundary),
          fmt::format("--{}\r\n", boundary), feed_};
}

int64_t View::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void View::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    Shown shown;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return fresh_ && feed_->viewers() > 0; })) return;
      fresh_ = false;
      shown = *newest_;
    }
    const auto next = std::chrono::steady_clock::now() + pace_;
    publish(shown);
    wait_until(next, stop);
  }
}

// The boundary stands behind the picture, so that browsers show it at once.
void View::publish(const Shown& shown) {
  const auto jpeg = jpeg_of(shown.frame, shown.outcome, shown.banner, shown.things, quality_);
  if (!jpeg) {
    const std::lock_guard lock(mutex_);
    if (failed_++ == 0) log_warning("live view: {}", jpeg.error().text);
    return;
  }
  auto piece = fmt::format("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg->size());
  piece.append(reinterpret_cast<const char*>(jpeg->data()), jpeg->size());
  piece += fmt::format("\r\n--{}\r\n", boundary);
  feed_->publish(std::make_shared<const std::string>(std::move(piece)));
}

}  // namespace turnstone
