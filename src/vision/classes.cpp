#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

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
    const auto* output = TRY(find(outputs));
    const auto count = values_per_picture(output->shape);
    if (!model_.labels.empty() && count != static_cast<int64_t>(model_.labels.size()))
      return fail(Code::invalid, "output {} holds {} classes, the model has {} labels",
                  describe({output, 1}), count, model_.labels.size());
    auto scores = TRY(values_of(*output, batch_index));
    if (needs_softmax(*output, scores)) apply_softmax(scores, scores.size());
    return scene_of(scores);
  }

 private:
  Result<const OutputView*> find(std::span<const OutputView> outputs) const {
    constexpr std::string_view roles[] = {"class_scores", "class_logits"};
    if (const auto* output = find_role(model_, outputs, roles)) return output;
    if (outputs.size() == 1) return &outputs[0];
    const OutputView* only = nullptr;
    int fitting = 0;
    for (const auto& output : outputs) {
      if (values_per_picture(output.shape) != static_cast<int64_t>(model_.labels.size())) continue;
      only = &output;
      ++fitting;
    }
    if (fitting != 1)
      return fail(Code::invalid,
                  "which output holds the classes is not known, give one the role class_scores: {}",
                  describe(outputs));
    return only;
  }

  bool needs_softmax(const OutputView& output, const std::vector<float>& values) const {
    if (settings_.kind == DecoderKind::identity) return false;
    const auto role = role_of(model_, output);
    if (role == "class_scores") return false;
    if (role == "class_logits") return true;
    if (output.quantisation && spans_unit(*output.quantisation, output.dtype)) return false;
    return !sum_to_one(values);
  }

  Scene scene_of(const std::vector<float>& scores) const {
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::erase_if(order, [&](int i) { return std::isnan(scores[i]); });
    const auto listed = std::min(order.size(), static_cast<size_t>(settings_.most));
    // Equal scores stand in the order of the labels.
    std::partial_sort(
        order.begin(), order.begin() + static_cast<int64_t>(listed), order.end(),
        [&](int a, int b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    Scene scene;
    for (size_t i = 0; i < listed; ++i) scene.classes.push_back({order[i], scores[order[i]]});
    return scene;
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
