#include "station/showing.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "media/convert.h"
#include "media/curves.h"
#include "media/picture.h"
#include "media/shrink.h"
#include "vision/decoder.h"

namespace turnstone {
namespace {

// Where the thing is now: with its track, if it has one, else where it was judged.
Box box_of(const Piece& piece, const Scene& now) {
  const auto found = std::ranges::find(now.detections, piece.track, &Detection::track);
  return piece.track >= 0 && found != now.detections.end() ? found->box : piece.box;
}

}  // namespace

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

Result<Image> draw(const Shown& shown, int most_side) {
  static const Model no_model;
  static const Scene no_scene;
  const auto& outcome = shown.outcome;
  const bool is_picture = shown.frame.format != PixelFormat::f32;
  auto image = is_picture ? TRY(to_rgb(shown.frame)) : TRY(draw_curves(shown.frame));
  if (most_side > 0) image = TRY(shrink(image, most_side));
  const auto& scene = outcome ? outcome->scene : no_scene;
  draw_scene(image, scene, outcome ? *outcome->model : no_model, shown.banner);
  for (const auto& thing : shown.things)
    draw_piece(image, thing.scene, *thing.model, box_of(*thing.scene.piece, scene));
  return image;
}

Result<Frame> frame_of(const Shown& shown, bool drawn) {
  if (!drawn) return shown.frame;
  auto frame = TRY(draw(shown)).frame();
  frame.taken = shown.frame.taken;
  frame.wall = shown.frame.wall;
  return frame;
}

Result<Bytes> jpeg_of(const Shown& shown, int quality, int most_side) {
  const auto image = TRY(draw(shown, most_side));
  return encode_jpeg(image.frame(), quality);
}

bool is_reject(std::string_view label) {
  static constexpr std::array<std::string_view, 5> bad = {"fail", "bad", "defect", "defective",
                                                          "crack"};
  return std::ranges::count(bad, lower(label)) > 0;
}

Color color_of_verdict(std::string_view label) {
  static constexpr std::array<std::string_view, 4> good = {"pass", "good", "ok", "normal"};
  if (std::ranges::count(good, lower(label)) > 0) return green;
  return is_reject(label) ? red : orange;
}

}  // namespace turnstone
