#include <cmath>

#include "vision/decoders.h"
#include "vision/outputs.h"

namespace turnstone {
namespace {

class RegressionDecoder final : public Decoder {
 public:
  explicit RegressionDecoder(const Model& model) : model_(model) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry&) const override {
    constexpr std::string_view roles[] = {"value"};
    const bool is_said = find_role(model_, outputs, roles) != nullptr;
    Scene scene;
    for (const auto& output : outputs) {
      if (is_said && role_of(model_, output) != "value") continue;
      for (const auto value : TRY(values_of(output, batch_index))) {
        if (!std::isfinite(value))
          return fail(Code::invalid, "regression: output {} holds values that are no numbers",
                      describe({&output, 1}));
        scene.values.push_back({static_cast<int>(scene.values.size()), value});
      }
    }
    if (scene.values.size() > most_values ||
        (!model_.labels.empty() && scene.values.size() != model_.labels.size()))
      return fail(Code::invalid, "regression: {} hold {} values, the model has {} labels",
                  describe(outputs), scene.values.size(), model_.labels.size());
    return scene;
  }

 private:
  static constexpr size_t most_values = 100'000;
  Model model_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_regression_decoder(const Model& model,
                                                         const DecoderSettings&) {
  return std::make_unique<RegressionDecoder>(model);
}

}  // namespace turnstone
