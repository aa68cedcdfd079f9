#include "station/showing.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "media/convert.h"
#include "vision/decoder.h"

namespace turnstone {

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

Result<Image> draw(const Shown& shown) {
  static const Model no_model;
  const auto& outcome = shown.outcome;
  auto image = TRY(to_rgb(shown.frame));
  draw_scene(image, outcome ? outcome->scene : Scene{}, outcome ? *outcome->model : no_model,
             shown.banner);
  return image;
}

Color color_of_verdict(std::string_view label) {
  static constexpr std::array<std::string_view, 4> good = {"pass", "good", "ok", "normal"};
  static constexpr std::array<std::string_view, 5> bad = {"fail", "bad", "defect", "defective",
                                                          "crack"};
  const auto word = lower(label);
  if (std::ranges::count(good, word) > 0) return green;
  if (std::ranges::count(bad, word) > 0) return red;
  return orange;
}

}  // namespace turnstone
