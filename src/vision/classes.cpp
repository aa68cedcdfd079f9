#include <cmath>

#include "tensor/unit_range.h"
#include "vision/decoders.h"
#include "vision/outputs.h"

namespace turnstone {
namespace {

bool sum_to_one(const std::vector<float>& values) {
  double sum = 0;
  for (const auto value : values) {
    if (!(value >= 0 && value <= 1)) return false;
    sum += value;
  }
  return std::fabs(sum - 1) < 1e-3;
}

class ClassDecoder final : public Decoder {
 public:
  ClassDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry&) const override {
    const auto* output = TRY(find_classes(model_, outputs));
    auto scores = TRY(values_of(*output, batch_index));
    if (needs_softmax(*output, scores)) {
      for (auto& score : scores) score /= static_cast<float>(settings_.temperature);
      apply_softmax(scores, scores.size());
    }
    std::vector<Classification> classes;
    for (size_t i = 0; i < scores.size(); ++i) classes.push_back({static_cast<int>(i), scores[i]});
    Scene scene;
    scene.classes = best_classes(std::move(classes), settings_.most);
    return scene;
  }

 private:
  bool needs_softmax(const OutputView& output, const std::vector<float>& values) const {
    if (settings_.kind == DecoderKind::identity) return false;
    const auto role = role_of(model_, output);
    if (role == "class_scores") return false;
    if (role == "class_logits") return true;
    if (output.quantisation && spans_unit(*output.quantisation, output.dtype)) return false;
    return !sum_to_one(values);
  }

  Model model_;
  DecoderSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_class_decoder(const Model& model,
                                                    const DecoderSettings& settings) {
  return std::make_unique<ClassDecoder>(model, settings);
}

}  // namespace turnstone
