#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

class GluonCvDecoder final : public Decoder {
 public:
  GluonCvDecoder(const Model& model, const DecoderSettings& settings, double width, double height)
      : model_(model), settings_(settings), width_(width), height_(height) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto [labels, scores, boxes] = TRY(find(outputs));
    const auto numbers = TRY(values_of(*labels, batch_index));
    const auto values = TRY(values_of(*scores, batch_index));
    const auto sides = TRY(values_of(*boxes, batch_index));
    std::vector<Detection> found;
    for (size_t i = 0; i < values.size(); ++i) {
      const auto label = label_of_number(numbers[i]);
      if (!counts_as(model_, settings_, label, values[i])) continue;
      const auto* box = &sides[4 * i];
      found.push_back(
          {box_between(box[0], box[1], box[2], box[3], width_, height_), label, values[i]});
    }
    Scene scene;
    scene.detections = finish_detections(found, settings_, geometry);
    return scene;
  }

 private:
  struct Listed {
    const OutputView* labels = nullptr;
    const OutputView* scores = nullptr;
    const OutputView* boxes = nullptr;
  };

  // By role, else in GluonCV's order: labels, scores, boxes.
  Result<Listed> find(std::span<const OutputView> outputs) const {
    Listed listed;
    for (const auto& output : outputs) {
      if (output.shape.size() != 3) continue;
      const auto role = role_of(model_, output);
      const bool single = output.shape[2] == 1;
      if (role == "boxes" || (role.empty() && output.shape[2] == 4))
        listed.boxes = &output;
      else if (role == "labels" || (role.empty() && single && !listed.labels))
        listed.labels = &output;
      else if (role == "box_scores" || (role.empty() && single))
        listed.scores = &output;
    }
    const auto is = [&](const OutputView* output, int64_t last) {
      return output && output->shape[1] == listed.boxes->shape[1] && output->shape[2] == last;
    };
    if (!listed.boxes || !is(listed.boxes, 4) || !is(listed.labels, 1) || !is(listed.scores, 1))
      return fail(
          Code::invalid,
          "gluoncv needs labels and scores [batch,n,1] and boxes [batch,n,4], the model has "
          "{}",
          describe(outputs));
    return listed;
  }

  Model model_;
  DecoderSettings settings_;
  double width_;
  double height_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_gluoncv_decoder(const Model& model,
                                                      const DecoderSettings& settings) {
  const auto input = TRY(input_of(model, "gluoncv"));
  const bool pixels = settings.units == Units::pixels;
  auto listed = settings;
  listed.suppress = Suppression::none;
  return std::make_unique<GluonCvDecoder>(model, listed, pixels ? input.width : 1,
                                          pixels ? input.height : 1);
}

}  // namespace turnstone
