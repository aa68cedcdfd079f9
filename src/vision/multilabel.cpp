#include "tensor/unit_range.h"
#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"

namespace turnstone {
namespace {

class MultilabelDecoder final : public Decoder {
 public:
  MultilabelDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry&) const override {
    const auto* output = TRY(find_classes(model_, outputs));
    const auto values = TRY(values_of(*output, batch_index));
    const bool are_scores =
        role_of(model_, *output) == "class_scores" ||
        (output->quantisation && spans_unit(*output->quantisation, output->dtype));
    std::vector<Classification> classes;
    for (int label = 0; std::cmp_less(label, values.size()); ++label) {
      const auto score = are_scores ? values[label] : sigmoid(values[label]);
      if (label != model_.background && score >= threshold_of(model_, settings_, label))
        classes.push_back({label, score});
    }
    Scene scene;
    scene.classes = best_classes(std::move(classes), settings_.most);
    return scene;
  }

 private:
  Model model_;
  DecoderSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_multilabel_decoder(const Model& model,
                                                         const DecoderSettings& settings) {
  return std::make_unique<MultilabelDecoder>(model, settings);
}

}  // namespace turnstone
