#include <algorithm>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// No neighbour of the cell is higher.
bool is_peak(const Map& map, int64_t cell, int64_t label) {
  const auto row = cell / map.columns;
  const auto column = cell % map.columns;
  const auto value = map.table.at(cell, label);
  for (auto y = std::max<int64_t>(row - 1, 0); y <= std::min<int64_t>(row + 1, map.rows - 1); ++y)
    for (auto x = std::max<int64_t>(column - 1, 0);
         x <= std::min<int64_t>(column + 1, map.columns - 1); ++x)
      if (map.table.at(y * map.columns + x, label) > value) return false;
  return true;
}

class CenterNetDecoder final : public Decoder {
 public:
  CenterNetDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto [heat_output, extents_output, offsets_output] = TRY(find(outputs));
    std::vector<float> buffers[3];
    const auto heat = TRY(read(*heat_output, batch_index, buffers[0]));
    const auto extents = TRY(read(*extents_output, batch_index, buffers[1]));
    const auto offsets = TRY(read(*offsets_output, batch_index, buffers[2]));
    const auto is_pair = [&](const Map& map) {
      return map.columns == heat.columns && map.rows == heat.rows && map.table.columns == 2;
    };
    if (!is_pair(extents) || !is_pair(offsets) ||
        (!model_.labels.empty() && std::cmp_not_equal(heat.table.columns, model_.labels.size())))
      return wrong(outputs);
    const auto least = thresholds_of(model_, settings_, static_cast<int>(heat.table.columns));
    std::vector<Candidate> candidates;
    select(heat.table, 0,
           {.classes = heat.table.columns,
            .logits = role_of(model_, *heat_output) == "box_logits",
            .every_label = true,
            .least = least},
           candidates);
    std::erase_if(candidates, [&](const auto& one) { return !is_peak(heat, one.row, one.label); });
    keep_best(candidates);
    std::vector<Detection> found;
    for (const auto& [score, label, row, table] : candidates) {
      const auto cell = cell_at(row, heat.columns);
      found.push_back(
          {box_around(cell.column + offsets.table.at(row, 0), cell.row + offsets.table.at(row, 1),
                      extents.table.at(row, 0), extents.table.at(row, 1), heat.columns, heat.rows),
           label, score});
    }
    Scene scene;
    scene.detections = finish_detections(found, settings_, geometry);
    return scene;
  }

 private:
  struct Found {
    const OutputView* heat = nullptr;
    const OutputView* extents = nullptr;
    const OutputView* offsets = nullptr;
  };

  std::unexpected<Error> wrong(std::span<const OutputView> outputs) const {
    return fail(Code::invalid,
                "centernet needs a heat map [batch,{},height,width], extents and offsets "
                "[batch,2,height,width], the model has {}",
                model_.labels.empty() ? "classes" : fmt::format("{}", model_.labels.size()),
                describe(outputs));
  }

  // By role, else in the order heat map, extents, offsets.
  Result<Found> find(std::span<const OutputView> outputs) const {
    Found found;
    for (const auto& output : outputs) {
      if (output.shape.size() != 4) continue;
      const auto role = role_of(model_, output);
      if (role == "extents")
        found.extents = &output;
      else if (role == "offsets")
        found.offsets = &output;
      else if (!role.empty() || !found.heat)
        found.heat = &output;
      else
        (found.extents ? found.offsets : found.extents) = &output;
    }
    if (!found.heat || !found.extents || !found.offsets) return wrong(outputs);
    return found;
  }

  Result<Map> read(const OutputView& output, int batch_index, std::vector<float>& buffer) const {
    const auto numbers = TRY(numbers_of(output, batch_index, buffer));
    return map_of(output, numbers, layout_of(model_, settings_));
  }

  Model model_;
  DecoderSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_centernet_decoder(const Model& model,
                                                        const DecoderSettings& settings) {
  auto peaks = settings;
  peaks.suppress = Suppression::none;
  return std::make_unique<CenterNetDecoder>(model, peaks);
}

}  // namespace turnstone
