#include <algorithm>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// The four outputs of TFLite_Detection_PostProcess.
struct Listed {
  const OutputView* boxes = nullptr;
  const OutputView* labels = nullptr;
  const OutputView* scores = nullptr;
  const OutputView* count = nullptr;
};

class TfliteDetectionDecoder final : public Decoder {
 public:
  TfliteDetectionDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto listed = TRY(find(outputs));
    const auto boxes = TRY(values_of(*listed.boxes, batch_index));
    const auto labels = TRY(values_of(*listed.labels, batch_index));
    const auto scores = TRY(values_of(*listed.scores, batch_index));
    auto count = static_cast<float>(scores.size());
    if (listed.count) {
      const auto counts = TRY(values_of(*listed.count, batch_index));
      if (!counts.empty() && counts[0] >= 0) count = std::min(count, counts[0]);
    }
    std::vector<Detection> found;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      const auto label = label_of_number(labels[i]);
      if (!counts_as(model_, settings_, label, scores[i])) continue;
      const auto* box = &boxes[4 * i];
      found.push_back({{box[1], box[0], box[3], box[2]}, label, scores[i]});
    }
    Scene scene;
    scene.detections = finish_detections(found, settings_, geometry);
    return scene;
  }

 private:
  // By role, else in the operator's order: boxes, labels, scores, count.
  Result<Listed> find(std::span<const OutputView> outputs) const {
    Listed listed;
    for (const auto& output : outputs) {
      const auto role = role_of(model_, output);
      if (role == "boxes" || (role.empty() && is_boxes(output)))
        listed.boxes = &output;
      else if (role == "labels" || (role.empty() && is_list(output) && !listed.labels))
        listed.labels = &output;
      else if (role == "box_scores" || (role.empty() && is_list(output)))
        listed.scores = &output;
      else if (role == "count" || (role.empty() && values_per_picture(output.shape) == 1))
        listed.count = &output;
    }
    if (!listed.boxes || !is_boxes(*listed.boxes) || !fits(listed.labels, *listed.boxes) ||
        !fits(listed.scores, *listed.boxes))
      return fail(Code::invalid,
                  "tflite_detection needs boxes [batch,n,4], labels and scores [batch,n] and a "
                  "count [batch], the model has {}",
                  describe(outputs));
    return listed;
  }

  static bool is_boxes(const OutputView& output) {
    return output.shape.size() == 3 && output.shape[2] == 4;
  }
  static bool is_list(const OutputView& output) { return output.shape.size() == 2; }
  static bool fits(const OutputView* output, const OutputView& boxes) {
    return output && values_per_picture(output->shape) == boxes.shape[1];
  }

  Model model_;
  DecoderSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_tflite_detection_decoder(const Model& model,
                                                               const DecoderSettings& settings) {
  auto listed = settings;
  listed.suppress = Suppression::none;
  return std::make_unique<TfliteDetectionDecoder>(model, listed);
}

}  // namespace turnstone
