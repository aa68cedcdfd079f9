#include "station/pieces.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "media/crop.h"
#include "vision/decoder.h"
#include "vision/decoders.h"

namespace turnstone {
namespace {

// The pixels of a thing with its padding; may reach outside the picture.
PixelRectangle pixels_of(const Box& box, double padding, const Frame& whole) {
  const double across = padding * double(box.right - box.left);
  const double down = padding * double(box.bottom - box.top);
  const auto pixel = [](double share, int size) {
    return static_cast<int>(std::lround(share * size));
  };
  const int left = pixel(box.left - across, whole.width);
  const int top = pixel(box.top - down, whole.height);
  return {left, top, pixel(box.right + across, whole.width) - left,
          pixel(box.bottom + down, whole.height) - top};
}

Geometry place_of(const PixelRectangle& cut, const Frame& whole) {
  return {.left = double(cut.left) / whole.width,
          .top = double(cut.top) / whole.height,
          .width = double(cut.width) / whole.width,
          .height = double(cut.height) / whole.height};
}

std::shared_ptr<const Frame> whole_of(const Frame& frame) {
  if (frame.whole) return frame.whole;
  auto whole = std::make_shared<Frame>(frame);
  whole->receipt.reset();
  return whole;
}

}  // namespace

Pieces pieces_of(const Frame& frame, const Scene& scene, const Model& model,
                 const PiecesConfig& config) {
  Pieces made;
  const auto whole = whole_of(frame);
  for (size_t i = 0; i < scene.detections.size(); ++i) {
    const auto& detection = scene.detections[i];
    auto label = label_of(model, detection.label);
    if (!admits(config.of, label)) continue;
    const auto wanted = pixels_of(detection.box, config.padding, *whole);
    const auto cut = cut_of(*whole, wanted);
    if (std::cmp_greater_equal(made.frames.size(), config.most) || cut.width == 0 ||
        cut.height == 0) {
      ++made.left_out;
      continue;
    }
    auto& piece = made.frames.emplace_back(crop_of(*whole, wanted));
    piece.receipt = frame.receipt;
    piece.message = frame.message;
    piece.whole = whole;
    const auto before = frame.piece ? frame.piece->path : "";
    piece.piece = std::make_shared<const Piece>(Piece{.place = place_of(cut, *whole),
                                                      .box = detection.box,
                                                      .of = std::move(label),
                                                      .track = detection.track,
                                                      .path = fmt::format("{}/{}", before, i)});
  }
  return made;
}

Result<> check_followed(const Model& model, const std::vector<std::string>& of) {
  const auto task = model.decoder ? row_of(model.decoder->kind).task : model.task;
  if (task != Task::detection && task != Task::keypoints)
    return fail(Code::invalid, "finds no boxes, wanted: one that does");
  for (const auto& label : of) {
    if (admits(model.labels, label)) continue;
    const auto near = nearest(label, model.labels);
    return fail(Code::invalid, "has no label '{}', {}", printable(label),
                near.empty() ? "there are " + join(model.labels, ", ")
                             : fmt::format("did you mean '{}'", near));
  }
  return {};
}

}  // namespace turnstone
