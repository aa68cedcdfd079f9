#include <algorithm>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/pose.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// A quarter of a cell towards the higher neighbour.
double towards(float before, float after) {
  return after > before ? 0.25 : after < before ? -0.25 : 0;
}

// The highest cell of a column of the map, moved towards the higher neighbours unless it lies on
// the edge or beside the first row or column.
Keypoint peak_of(const Map& map, int64_t column) {
  int64_t best = 0;
  for (int64_t cell = 1; cell < map.table.rows; ++cell)
    if (map.table.at(cell, column) > map.table.at(best, column)) best = cell;
  const auto at = [&](int64_t cell) { return map.table.at(cell, column); };
  const auto cell = cell_at(best, map.columns);
  auto x = cell.column;
  auto y = cell.row;
  const bool is_inside = x > 1 && x < map.columns - 1 && y > 1 && y < map.rows - 1;
  if (is_inside) {
    x += towards(at(best - 1), at(best + 1));
    y += towards(at(best - map.columns), at(best + map.columns));
  }
  return {static_cast<float>(x / map.columns), static_cast<float>(y / map.rows), at(best)};
}

class HeatmapsDecoder final : public Decoder {
 public:
  HeatmapsDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    for (const auto& output : outputs) {
      if (output.shape.size() != 4) continue;
      std::vector<float> buffer;
      const auto numbers = TRY(numbers_of(output, batch_index, buffer));
      const auto map = TRY(map_of(output, numbers, layout_of(model_, settings_)));
      std::vector<Keypoint> points;
      for (int64_t i = 0; i < map.table.columns; ++i) points.push_back(peak_of(map, i));
      std::vector<Detection> found;
      add_pose(std::move(points), model_, settings_, found);
      Scene scene;
      scene.detections = finish_detections(found, settings_, geometry);
      return scene;
    }
    return fail(Code::invalid, "heatmaps needs maps [batch,points,height,width], the model has {}",
                describe(outputs));
  }

 private:
  Model model_;
  DecoderSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_heatmaps_decoder(const Model& model,
                                                       const DecoderSettings& settings) {
  return std::make_unique<HeatmapsDecoder>(model, settings);
}

}  // namespace turnstone
