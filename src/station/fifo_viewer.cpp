#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.h"
#include "media/convert.h"
#include "media/picture.h"
#include "media/scale.h"
#include "station/finding.h"
#include "station/kinds.h"
#include "station/template.h"

namespace turnstone {
namespace {

// JPEG pictures, one behind the other, to whoever reads a FIFO: mplayer, ffmpeg, gst-launch-1.0.
struct FifoConfig {
  std::string path = "/tmp/results.mjpeg";
  std::string size = {};  // "480p", "720p", "1080p", "": as it came
  std::string draw = "boxes";
  std::string color = "#14a5ff";
  int thickness = 4;
  std::string text = "{label}: {score:.2}";
  std::string text_place = "above";
  int text_scale = 2;
  int quality = 80;
};

Result<Color> parse_color(std::string_view text) {
  uint32_t value = 0;
  const bool legal = text.size() == 7 && text[0] == '#' &&
                     text.find_first_not_of("0123456789abcdefABCDEF", 1) == text.npos;
  if (!legal)
    return fail(Code::invalid, "'{}' is wrong, legal are such as #14a5ff", printable(text));
  for (const char c : text.substr(1))
    value = value * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return Color{static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 8),
               static_cast<uint8_t>(value)};
}

const Field<FifoConfig> fifo_fields[] = {
    {"path", &FifoConfig::path, "path", "the FIFO, which is made where there is none"},
    {"size",
     &FifoConfig::size,
     "",
     "of the pictures: 480p is 858x480; \"\": as they came",
     {.choices = {"", "480p", "720p", "1080p"}}},
    {"draw",
     &FifoConfig::draw,
     "",
     "boxes as the face camera drew them, the scene as the page draws it, or nothing",
     {.choices = {"boxes", "scene", "none"}}},
    {"color",
     &FifoConfig::color,
     "",
     "of boxes and texts, #rrggbb",
     {.why_not = why_not<parse_color>}},
    {"thickness_px", &FifoConfig::thickness, "pixels", "of boxes", {.least = 1, .most = 100}},
    {"text",
     &FifoConfig::text,
     "",
     "of each box, with places such as {label}; \"\": none",
     {.why_not = why_not<Template::parse>}},
    {"text_place",
     &FifoConfig::text_place,
     "",
     "15 pixels above its box, or within it",
     {.choices = {"above", "inside"}}},
    {"text_scale",
     &FifoConfig::text_scale,
     "",
     "letters are 10 pixels high times this",
     {.least = 1, .most = 20}},
    {"quality", &FifoConfig::quality, "", "of the JPEG pictures", {.least = 1, .most = 100}},
};

struct Size {
  std::string_view name;
  int width, height;
};
constexpr Size sizes[] = {{"480p", 858, 480}, {"720p", 1280, 720}, {"1080p", 1920, 1080}};

constexpr int above = 15;  // pixels from a box to its text

// Writing to a FIFO that nobody reads any more ends the process unless somebody minds the signal.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec now{};
    while (::sigtimedwait(&pipe_, nullptr, &now) == SIGPIPE) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_, before_;
};

class Fifo final : public Viewer {
 public:
  Fifo(FifoConfig config, Color color, Template text)
      : config_(std::move(config)), color_(color), text_(std::move(text)) {}
  ~Fifo() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  // Opening it succeeds when somebody reads it.
  bool is_looking(const std::string&) const override {
    if (descriptor_ >= 0) return true;
    const int opened = ::open(config_.path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (opened < 0) return false;
    int none = -1;
    if (descriptor_.compare_exchange_strong(none, opened))
      ++opened_;
    else
      ::close(opened);
    return true;
  }

  bool wants_scenes() const override { return config_.draw != "none"; }

  std::vector<Happening> take_happenings() override {
    if (opened_.exchange(0) == 0) return {};
    return {{Happening::opened}};
  }

  Result<> show(const Shown& shown, std::stop_token stop) override {
    const auto image = TRY(picture(shown));
    const auto jpeg = TRY(encode_jpeg(image.frame(), config_.quality));
    return write(jpeg, stop);
  }

 private:
  Result<Image> picture(const Shown& shown) const {
    auto image = config_.draw == "scene" ? TRY(turnstone::draw(shown)) : TRY(to_rgb(shown.frame));
    for (const auto& size : sizes)
      if (size.name == config_.size) image = TRY(scale(image, size.width, size.height));
    if (config_.draw == "boxes" && shown.outcome) draw_boxes(image, *shown.outcome);
    return image;
  }

  void draw_boxes(Image& image, const Outcome& outcome) const {
    const auto findings = findings_of(outcome);
    const bool whole = classifies(outcome.scene, *outcome.model);
    for (size_t i = 0; i < findings.size() && (i == 0 || !whole); ++i) {
      const auto at = [](float share, int extent) {
        return static_cast<int>(std::clamp(share, -1.0F, 2.0F) * static_cast<float>(extent));
      };
      const auto& box = findings[i].box;
      const int left = at(box.left, image.width()), top = at(box.top, image.height());
      if (!whole)
        draw_rectangle(image, left, top, at(box.right, image.width()),
                       at(box.bottom, image.height()), color_, config_.thickness);
      const bool inside = config_.text_place == "inside" || whole;
      const int y =
          inside ? top + config_.thickness : top - above - text_height(config_.text_scale);
      draw_text(image, left + (inside ? config_.thickness : 0), std::max(y, 0),
                text_.print(values_of(outcome, i)), color_, config_.text_scale);
    }
  }

  // All of a picture, or readers would not find the next one. A reader that is gone is no error.
  Result<> write(const Bytes& jpeg, const std::stop_token& stop) {
    const NoPipeSignal guard;
    size_t written = 0;
    while (written < jpeg.size() && descriptor_ >= 0 && !stop.stop_requested()) {
      const auto count = ::write(descriptor_, jpeg.data() + written, jpeg.size() - written);
      const int failed = count < 0 ? errno : 0;
      if (count > 0) written += static_cast<size_t>(count);
      if (failed == EAGAIN) wait_for_reader();
      if (failed != 0 && failed != EAGAIN && failed != EINTR) ::close(descriptor_.exchange(-1));
      if (failed != 0 && failed != EAGAIN && failed != EINTR && failed != EPIPE)
        return fail(Code::unavailable, "{}: {}", config_.path, std::strerror(failed));
    }
    return {};
  }

  void wait_for_reader() const {
    pollfd room{descriptor_, POLLOUT, 0};
    ::poll(&room, 1, 50);
  }

  FifoConfig config_;
  Color color_;
  Template text_;
  mutable std::atomic<int> descriptor_{-1};
  mutable std::atomic<int> opened_{0};  // times, not told yet
};

// Errors: invalid (a colour, a template, something else is at the path), unavailable (it cannot be
// made).
Result<std::unique_ptr<Viewer>> open_fifo(const FifoConfig& config) {
  const auto color = TRY(parse_color(config.color), "color");
  auto text = TRY(Template::parse(config.text), "text");
  struct stat status{};
  if (::mkfifo(config.path.c_str(), 0640) != 0 && errno != EEXIST)
    return fail(Code::unavailable, "{}: cannot be made: {}", config.path, std::strerror(errno));
  if (::stat(config.path.c_str(), &status) != 0 || !S_ISFIFO(status.st_mode))
    return fail(Code::invalid, "{}: is there and no FIFO", config.path);
  return std::make_unique<Fifo>(config, color, std::move(text));
}

}  // namespace

const Kind<Viewer> fifo_viewer = kind_of<Viewer, FifoConfig, fifo_fields, open_fifo>(
    "fifo", "JPEG pictures to whoever reads a FIFO");

}  // namespace turnstone
