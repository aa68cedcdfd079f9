#include <algorithm>
#include <array>
#include <cmath>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// The value below which `percent` of the values lie, between two of them where it falls there.
float percentile_of(std::vector<float> values, double percent) {
  const double position = percent / 100 * static_cast<double>(values.size() - 1);
  const auto low = values.begin() + static_cast<int64_t>(position);
  std::ranges::nth_element(values, low);
  const auto share = static_cast<float>(position - std::floor(position));
  if (share == 0) return *low;
  const float high = *std::min_element(low + 1, values.end());
  return *low + share * (high - *low);
}

class AnomalyDecoder final : public Decoder {
 public:
  AnomalyDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings), normal_(model.background.value_or(0)) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto [map, score] = find(outputs);
    if (!map && !score)
      return fail(
          Code::invalid,
          "anomaly needs a map [batch,1,height,width] or a score [batch,1], the model has {}",
          describe(outputs));
    Anomaly anomaly;
    anomaly.place = geometry;
    if (map) TRY(read_map(*map, batch_index, anomaly));
    auto raw = anomaly.cells.empty() ? 0 : percentile_of(anomaly.cells, settings_.percentile);
    if (score) raw = TRY(numbers(*score, batch_index)).front();
    for (auto& cell : anomaly.cells) cell = scaled(cell);
    anomaly.score = scaled(raw);
    Scene scene;
    scene.classes = {{1 - normal_, anomaly.score}, {normal_, 1 - anomaly.score}};
    if (anomaly.score < 0.5F) std::swap(scene.classes[0], scene.classes[1]);
    scene.anomaly = std::move(anomaly);
    return scene;
  }

 private:
  struct Found {
    const OutputView* map = nullptr;
    const OutputView* score = nullptr;
  };

  // By role, else the first with more than one number and the first with one.
  Found find(std::span<const OutputView> outputs) const {
    Found found;
    for (const auto& output : outputs) {
      const auto role = role_of(model_, output);
      const bool single = values_per_picture(output.shape) == 1 && output.shape.size() <= 2;
      if (role == "anomaly_map" || (role.empty() && !single && !found.map)) found.map = &output;
      if (role == "anomaly_score" || (role.empty() && single && !found.score))
        found.score = &output;
    }
    return found;
  }

  // Errors: also invalid for values that are none: nobody knows whether such a part is good.
  static Result<std::vector<float>> numbers(const OutputView& output, int batch_index) {
    auto values = TRY(values_of(output, batch_index));
    if (values.empty() || std::ranges::any_of(values, [](float one) { return std::isnan(one); }))
      return fail(Code::invalid, "anomaly: output {} holds values that are no numbers",
                  describe({&output, 1}));
    return values;
  }

  Result<> read_map(OutputView output, int batch_index, Anomaly& anomaly) const {
    // A map alone, without an extent for the batch.
    std::array<int64_t, 3> alone = {1};
    if (output.shape.size() == 2) {
      std::ranges::copy(output.shape, alone.begin() + 1);
      output.shape = alone;
    }
    const auto values = TRY(numbers(output, batch_index));
    const bool last = output.shape.size() == 4 && output.shape[1] != 1;
    const auto map = TRY(map_of(output, values, last ? Layout::nhwc : Layout::nchw));
    if (map.table.columns != 1)
      return fail(Code::invalid, "anomaly: output {} has {} maps, legal is 1",
                  describe({&output, 1}), map.table.columns);
    anomaly.width = map.columns;
    anomaly.height = map.rows;
    anomaly.cells = values;
    return {};
  }

  // On 0..1 by the range, and then so that the threshold comes to 0.5.
  float scaled(float raw) const {
    const auto [low, high] = settings_.range;
    const auto share = std::clamp((static_cast<double>(raw) - low) / (high - low), 0.0, 1.0);
    const auto least = threshold_of(model_, settings_, 1 - normal_);
    const auto even = share < least ? 0.5 * share / least
                      : least < 1   ? 0.5 + 0.5 * (share - least) / (1 - least)
                                    : 1.0;
    return static_cast<float>(even);
  }

  Model model_;
  DecoderSettings settings_;
  int normal_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_anomaly_decoder(const Model& model,
                                                      const DecoderSettings& settings) {
  if ((!model.labels.empty() && model.labels.size() != 2) || model.background.value_or(0) > 1)
    return fail(
        Code::invalid,
        "anomaly: there are {} labels, legal are two: of the normal (the background, or the "
        "first) and of the other",
        model.labels.size());
  return std::make_unique<AnomalyDecoder>(model, settings);
}

}  // namespace turnstone
