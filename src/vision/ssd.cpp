#include <cmath>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"

namespace turnstone {
namespace {

using Anchor = std::array<double, 4>;  // centre x, y, width, height in fractions of the input

Result<std::vector<Anchor>> anchors_of(const Anchors& settings) {
  auto anchors = settings.boxes;
  for (const auto& layer : settings.layers) {
    const auto count = static_cast<size_t>(layer.rows) * layer.columns * layer.boxes.size();
    if (count > most_anchors || anchors.size() + count > most_anchors)
      return fail(Code::invalid, "anchors: there are more than {}", most_anchors);
    for (int row = 0; row < layer.rows; ++row)
      for (int column = 0; column < layer.columns; ++column)
        for (const auto& [width, height] : layer.boxes)
          anchors.push_back(
              {(column + 0.5) / layer.columns, (row + 0.5) / layer.rows, width, height});
  }
  return anchors;
}

class SsdDecoder final : public Decoder {
 public:
  SsdDecoder(const Model& model, const DecoderSettings& settings, std::vector<Anchor> anchors)
      : model_(model), settings_(settings), anchors_(std::move(anchors)) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto [boxes, scores] = TRY(find(outputs));
    const auto raw = TRY(values_of(*boxes, batch_index));
    const auto values = TRY(scores_of(*scores, batch_index));
    Scene scene;
    scene.detections = finish_detections(candidates(raw, values), settings_, geometry);
    return scene;
  }

 private:
  struct Pair {
    const OutputView* boxes = nullptr;
    const OutputView* scores = nullptr;
  };

  bool fits(const OutputView& output) const {
    return output.shape.size() == 3 && output.shape[1] == static_cast<int64_t>(anchors_.size());
  }

  // By role where the model says it, else the first of last extent 4 and the first other.
  Result<Pair> find(std::span<const OutputView> outputs) const {
    Pair pair;
    for (const auto& output : outputs) {
      if (!fits(output)) continue;
      const auto role = role_of(model_, output);
      const bool is_box = role.empty() ? output.shape[2] == 4 && !pair.boxes : role == "boxes";
      auto& place = is_box ? pair.boxes : pair.scores;
      if (!place) place = &output;
    }
    if (!pair.boxes || pair.boxes->shape[2] != 4 || !pair.scores)
      return fail(Code::invalid,
                  "ssd needs boxes [batch,{},4] and scores [batch,{},classes], the model has {}",
                  anchors_.size(), anchors_.size(), describe(outputs));
    return pair;
  }

  Result<std::vector<float>> scores_of(const OutputView& output, int batch_index) const {
    auto values = TRY(values_of(output, batch_index));
    const auto role = role_of(model_, output);
    if (role == "class_logits") apply_softmax(values, static_cast<size_t>(output.shape[2]));
    if (role == "box_logits")
      for (auto& value : values) value = sigmoid(value);
    return values;
  }

  std::vector<Detection> candidates(const std::vector<float>& raw,
                                    const std::vector<float>& scores) const {
    std::vector<Detection> found;
    const auto classes = static_cast<int>(scores.size() / anchors_.size());
    for (int label = 0; label < classes; ++label) {
      if (label == model_.background) continue;
      const auto least = threshold_of(model_, settings_, label);
      for (size_t i = 0; i < anchors_.size(); ++i) {
        const auto score = scores[i * classes + label];
        if (score >= least) found.push_back({box_of(&raw[4 * i], anchors_[i]), label, score, {}});
      }
    }
    return found;
  }

  Box box_of(const float* raw, const Anchor& anchor) const {
    const auto& variances = settings_.anchors.variances;
    const double x = anchor[0] + raw[0] * variances[0] * anchor[2];
    const double y = anchor[1] + raw[1] * variances[1] * anchor[3];
    const double half_width = anchor[2] * std::exp(raw[2] * variances[2]) / 2;
    const double half_height = anchor[3] * std::exp(raw[3] * variances[3]) / 2;
    return {static_cast<float>(x - half_width), static_cast<float>(y - half_height),
            static_cast<float>(x + half_width), static_cast<float>(y + half_height)};
  }

  Model model_;
  DecoderSettings settings_;
  std::vector<Anchor> anchors_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_ssd_decoder(const Model& model,
                                                  const DecoderSettings& settings) {
  auto anchors = TRY(anchors_of(settings.anchors), "decoder");
  if (anchors.empty()) return fail(Code::invalid, "decoder.anchors: ssd needs layers or boxes");
  return std::make_unique<SsdDecoder>(model, settings, std::move(anchors));
}

}  // namespace turnstone
