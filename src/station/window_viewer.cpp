#include <algorithm>
#include <mutex>

#include "base/number.h"
#include "base/text.h"
#include "capture/display.h"
#include "media/convert.h"
#include "media/crop.h"
#include "station/kinds.h"
#include "station/meter.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

// A window on the desktop with the piece of the picture that a model judges.
struct WindowConfig {
  int width = 0;  // pixels; 0: of the picture
  int height = 0;
  int left = 0;  // where the piece begins
  int top = 0;
  std::string box = {};  // "LEFT,TOP,WIDTH,HEIGHT" within the window
  std::string draw = "scene";
  bool stats = false;
  int font = 12;
  std::string sink = {};
};

const Field<WindowConfig> window_fields[] = {
    {"width_px",
     &WindowConfig::width,
     "pixels",
     "of the window, 0: of the picture",
     {.least = 0, .most = 16'384}},
    {"height_px",
     &WindowConfig::height,
     "pixels",
     "of the window, 0: of the picture",
     {.least = 0, .most = 16'384}},
    {"left_px",
     &WindowConfig::left,
     "pixels",
     "of the picture where the window begins",
     {.least = 0, .most = 16'384}},
    {"top_px",
     &WindowConfig::top,
     "pixels",
     "of the picture where the window begins",
     {.least = 0, .most = 16'384}},
    {"draw",
     &WindowConfig::draw,
     "",
     "the scene as the page draws it, or nothing",
     {.choices = {"scene", "none"}}},
    {"box", &WindowConfig::box, "",
     "LEFT,TOP,WIDTH,HEIGHT of a frame in the window: green or red as the picture is judged, white "
     "while it is not; \"\": none"},
    {"stats", &WindowConfig::stats, "", "pictures shown and judged a second, as fps and ips"},
    {"font_px",
     &WindowConfig::font,
     "pixels",
     "height of the letters of stats",
     {.least = 6, .most = 200}},
    {"sink", &WindowConfig::sink, "",
     "GStreamer's name of what shows, such as ximagesink; \"\": what fits the screen"},
};

constexpr int stats_left = 20, stats_above = 3;  // of the window's corner

Result<PixelRectangle> parse_box(const std::string& text) {
  PixelRectangle box;
  int* const numbers[] = {&box.left, &box.top, &box.width, &box.height};
  const auto parts = split(text, ',');
  bool legal = parts.size() == 4;
  for (size_t i = 0; legal && i < 4; ++i) {
    const auto number = find_number<int>(parts[i]);
    legal = number && *number >= 0 && *number <= 16'384;
    *numbers[i] = number.value_or(0);
  }
  if (!legal)
    return fail(Code::invalid, "box '{}' is wrong, legal are such as 10,10,224,224",
                printable(text));
  return box;
}

class Window final : public Viewer {
 public:
  Window(WindowConfig config, PixelRectangle box) : config_(std::move(config)), box_(box) {}

  std::string means() const override {
    const std::lock_guard lock(mutex_);
    return means_;
  }

  Result<> show(const Shown& shown, std::stop_token) override {
    const auto now = std::chrono::steady_clock::now();
    const bool judged = shown.outcome && shown.outcome->scene.sequence == shown.frame.sequence;
    fps_.add(now);
    if (judged) ips_.add(now);
    auto image = config_.draw == "scene" ? TRY(turnstone::draw(shown)) : TRY(to_rgb(shown.frame));
    const auto whole = image.frame();
    const auto piece = crop_of(
        whole, {config_.left, config_.top, config_.width > 0 ? config_.width : image.width(),
                config_.height > 0 ? config_.height : image.height()});
    if (piece.width == 0 || piece.height == 0)
      return fail(Code::invalid, "the window begins at {},{}, outside of pictures of {}x{}",
                  config_.left, config_.top, whole.width, whole.height);
    image = TRY(to_rgb(piece));
    decorate(image, shown);
    if (!display_ || image.width() != width_ || image.height() != height_) TRY(open(image));
    auto showed = display_->show(image.frame());
    if (!showed) display_.reset();
    return showed;
  }

 private:
  void decorate(Image& image, const Shown& shown) {
    if (box_.width > 0)
      draw_rectangle(image, box_.left, box_.top, box_.left + box_.width, box_.top + box_.height,
                     color_of(shown));
    if (!config_.stats) return;
    const auto now = std::chrono::steady_clock::now();
    const auto text = fmt::format("fps: {:.3g}  ips: {:.3g}", fps_.rate(now), ips_.rate(now));
    const int size = std::max(1, (config_.font + 5) / text_height());
    draw_text(image, stats_left, image.height() - stats_above - text_height(size), text, white,
              size);
  }

  static Color color_of(const Shown& shown) {
    if (!shown.outcome || shown.outcome->scene.classes.empty()) return white;
    const auto& outcome = *shown.outcome;
    return color_of_verdict(label_of(*outcome.model, outcome.scene.classes.front().label));
  }

  Result<> open(const Image& image) {
    display_.reset();
    display_ = TRY(open_display(PixelFormat::rgb, image.width(), image.height(), config_.sink));
    width_ = image.width();
    height_ = image.height();
    const std::lock_guard lock(mutex_);
    means_ = display_->name();
    return {};
  }

  WindowConfig config_;
  PixelRectangle box_;
  Meter fps_, ips_;
  std::unique_ptr<Display> display_;
  int width_ = 0, height_ = 0;  // of the display
  mutable std::mutex mutex_;
  std::string means_;
};

// A display that is not there is found out by `show`: the rest of the station does not need it.
// Errors: invalid (the box).
Result<std::unique_ptr<Viewer>> open_window(const WindowConfig& config) {
  PixelRectangle box;
  if (!config.box.empty()) box = TRY(parse_box(config.box));
  return std::make_unique<Window>(config, box);
}

}  // namespace

const Kind<Viewer> window_viewer =
    kind_of<Viewer, WindowConfig, window_fields, open_window>("window", "a window on the desktop");

}  // namespace turnstone
