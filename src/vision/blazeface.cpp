#include <algorithm>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"

namespace turnstone {
namespace {

constexpr int box_values = 16;
constexpr int keypoints = 6;

// A square map with some anchors in each cell.
struct Map {
  int side = 0;
  int each = 0;
  int64_t count() const { return int64_t{side} * side * each; }
};

struct Variant {
  std::string_view preset;
  std::vector<Map> maps;
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = {
      {"front", {{16, 2}, {8, 6}}}, {"back", {{16, 2}, {8, 6}}}, {"full", {{48, 1}}}};
  return all;
}

std::vector<Point> centres_of(const std::vector<Map>& maps) {
  std::vector<Point> centres;
  for (const auto& map : maps)
    for (int row = 0; row < map.side; ++row)
      for (int column = 0; column < map.side; ++column)
        for (int i = 0; i < map.each; ++i)
          centres.push_back({(static_cast<float>(column) + 0.5F) / static_cast<float>(map.side),
                             (static_cast<float>(row) + 0.5F) / static_cast<float>(map.side)});
  return centres;
}

class BlazeFaceDecoder final : public Decoder {
 public:
  BlazeFaceDecoder(const Model& model, const DecoderSettings& settings, PictureShape input)
      : model_(model),
        settings_(settings),
        width_(static_cast<float>(input.width)),
        height_(static_cast<float>(input.height)) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    for (const auto& variant : variants()) {
      if (!settings_.anchors.preset.empty() && settings_.anchors.preset != variant.preset) continue;
      const auto boxes = find(outputs, variant.maps, box_values);
      const auto scores = find(outputs, variant.maps, 1);
      if (boxes.empty() || scores.empty()) continue;
      const auto raw = TRY(joined(boxes, batch_index));
      const auto logits = TRY(joined(scores, batch_index));
      Scene scene;
      scene.detections =
          finish_detections(candidates(raw, logits, variant.maps), settings_, geometry);
      return scene;
    }
    return fail(
        Code::invalid,
        "blazeface needs boxes [batch,896,16] and scores [batch,896,1], or 2304 of them, in "
        "one piece or one a map, the model has {}",
        describe(outputs));
  }

 private:
  using Pieces = std::vector<const OutputView*>;

  // The output of all anchors, or one for each map; none when there are no such outputs.
  static Pieces find(std::span<const OutputView> outputs, const std::vector<Map>& maps,
                     int64_t values) {
    const auto of_count = [&](int64_t count) -> const OutputView* {
      for (const auto& output : outputs)
        if (output.shape.size() == 3 && output.shape[1] == count && output.shape[2] == values)
          return &output;
      return nullptr;
    };
    int64_t all = 0;
    Pieces pieces;
    for (const auto& map : maps) {
      all += map.count();
      if (const auto* piece = of_count(map.count())) pieces.push_back(piece);
    }
    if (const auto* whole = of_count(all)) return {whole};
    return pieces.size() == maps.size() ? pieces : Pieces{};
  }

  static Result<std::vector<float>> joined(const Pieces& pieces, int batch_index) {
    std::vector<float> all;
    for (const auto* piece : pieces) {
      const auto values = TRY(values_of(*piece, batch_index));
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

  std::vector<Detection> candidates(const std::vector<float>& raw, const std::vector<float>& logits,
                                    const std::vector<Map>& maps) const {
    const auto least = threshold_of(model_, settings_, 0);
    const auto centres = centres_of(maps);
    std::vector<Detection> found;
    for (size_t i = 0; i < centres.size(); ++i) {
      const auto score = sigmoid(logits[i]);
      if (score >= least) found.push_back(detection_of(&raw[box_values * i], centres[i], score));
    }
    return found;
  }

  Detection detection_of(const float* raw, Point centre, float score) const {
    const auto point = [&](const float* at) {
      return Point{at[0] / width_ + centre.x, at[1] / height_ + centre.y};
    };
    const auto middle = point(raw);
    const float across = raw[2] / width_ / 2;
    const float down = raw[3] / height_ / 2;
    Detection detection;
    detection.box = {middle.x - across, middle.y - down, middle.x + across, middle.y + down};
    detection.label = 0;
    detection.score = score;
    for (int i = 0; i < keypoints; ++i) {
      const auto [x, y] = point(raw + 4 + 2 * i);
      detection.keypoints.push_back({.x = x, .y = y});
    }
    return detection;
  }

  Model model_;
  DecoderSettings settings_;
  float width_;
  float height_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_blazeface_decoder(const Model& model,
                                                        const DecoderSettings& settings) {
  if (model.inputs.empty()) return fail(Code::invalid, "blazeface needs a model with an input");
  const auto shape = TRY(picture_shape(model.inputs[0]), "blazeface");
  return std::make_unique<BlazeFaceDecoder>(model, settings, shape);
}

}  // namespace turnstone
