#include <algorithm>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

class NanoDetDecoder final : public Decoder {
 public:
  NanoDetDecoder(const Model& model, const DecoderSettings& settings, PictureShape input)
      : model_(model), settings_(settings), input_(input) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto* output = TRY(find(outputs));
    std::vector<float> buffer;
    const auto numbers = TRY(numbers_of(*output, batch_index, buffer));
    const Table table{numbers.data(), output->shape[1], output->shape[2], output->shape[2], 1};
    const auto classes = model_.labels.empty() ? table.columns - 4 * usual_bins
                                               : static_cast<int64_t>(model_.labels.size());
    const auto grids = grids_of(input_, table.rows);
    if (classes < 1 || table.columns <= classes || (table.columns - classes) % 4 != 0 ||
        grids.empty())
      return fail(
          Code::invalid,
          "nanodet: output {} does not hold {} classes and four distributions for each cell "
          "of an input of {} x {}",
          describe({output, 1}), model_.labels.size(), input_.width, input_.height);
    const auto least = thresholds_of(model_, settings_, static_cast<int>(classes));
    std::vector<Candidate> candidates;
    select(table, 0, {.classes = classes, .logits = is_logits(*output), .least = least},
           candidates);
    keep_best(candidates);
    std::vector<Detection> found;
    for (const auto& one : candidates)
      found.push_back({box_of(table, one.row, classes, grids), one.label, one.score});
    Scene scene;
    scene.detections = finish_detections(found, settings_, geometry);
    return scene;
  }

 private:
  static constexpr int64_t usual_bins = 8;

  bool is_logits(const OutputView& output) const { return role_of(model_, output) == "box_logits"; }

  static Result<const OutputView*> find(std::span<const OutputView> outputs) {
    for (const auto& output : outputs)
      if (output.shape.size() == 3 && output.shape[1] > 0 && output.shape[2] > 4) return &output;
    return fail(Code::invalid,
                "nanodet needs an output [batch,cells,classes + 4 * bins], the model has {}",
                describe(outputs));
  }

  // NanoDet-Plus, which has four strides, measures from the corner of a cell, NanoDet from its
  // middle.
  Box box_of(const Table& table, int64_t row, int64_t classes, std::span<const Grid> grids) const {
    const auto bins = static_cast<int>((table.columns - classes) / 4);
    const auto cell = cell_of(grids, row);
    const double within = grids.size() > 3 ? 0 : 0.5;
    const auto side = [&](int which) {
      return expectation(table.data + row * table.row_step + classes + int64_t{which} * bins, 1,
                         bins);
    };
    const double x = cell.column + within;
    const double y = cell.row + within;
    return within_input(box_between((x - side(0)) * cell.across, (y - side(1)) * cell.down,
                                    (x + side(2)) * cell.across, (y + side(3)) * cell.down,
                                    input_.width, input_.height));
  }

  Model model_;
  DecoderSettings settings_;
  PictureShape input_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_nanodet_decoder(const Model& model,
                                                      const DecoderSettings& settings) {
  const auto input = TRY(input_of(model, "nanodet"));
  return std::make_unique<NanoDetDecoder>(model, settings, input);
}

}  // namespace turnstone
