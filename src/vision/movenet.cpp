#include <algorithm>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/pose.h"

namespace turnstone {
namespace {

class MoveNetDecoder final : public Decoder {
 public:
  MoveNetDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto* output = TRY(find(outputs));
    const auto values = TRY(values_of(*output, batch_index));
    const auto people = output->shape[1];
    const auto each = static_cast<size_t>(output->shape[2]);
    std::vector<Detection> found;
    for (int64_t person = 0; person < people; ++person) {
      std::vector<Keypoint> points;
      for (size_t i = 0; i < each; ++i) {
        const auto* point = &values[3 * (static_cast<size_t>(person) * each + i)];
        points.push_back({point[1], point[0], point[2]});
      }
      add_pose(std::move(points), model_, settings_, found);
    }
    Scene scene;
    scene.detections = finish_detections(found, settings_, geometry);
    return scene;
  }

 private:
  static Result<const OutputView*> find(std::span<const OutputView> outputs) {
    for (const auto& output : outputs)
      if (output.shape.size() == 4 && output.shape[1] > 0 && output.shape[2] > 0 &&
          output.shape[3] == 3)
        return &output;
    return fail(Code::invalid, "movenet needs keypoints [batch,people,points,3], the model has {}",
                describe(outputs));
  }

  Model model_;
  DecoderSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_movenet_decoder(const Model& model,
                                                      const DecoderSettings& settings) {
  return std::make_unique<MoveNetDecoder>(model, settings);
}

}  // namespace turnstone
