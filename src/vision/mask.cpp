#include <algorithm>
#include <limits>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// Adds up which share of the picture each label has: cells whose middle lies outside are none of
// it.
std::vector<float> shares_of(const Mask& mask, size_t labels) {
  std::vector<int64_t> counts(labels);
  int64_t all = 0;
  for (int row = 0; row < mask.height; ++row)
    for (int column = 0; column < mask.width; ++column) {
      const auto [x, y] =
          mask.place.to_picture((column + 0.5) / mask.width, (row + 0.5) / mask.height);
      if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) continue;
      const size_t label = mask.cells[static_cast<size_t>(row) * mask.width + column];
      if (label < labels) ++counts[label];
      ++all;
    }
  std::vector<float> shares;
  for (const auto count : counts)
    shares.push_back(all > 0 ? static_cast<float>(count) / static_cast<float>(all) : 0);
  return shares;
}

class MaskDecoder final : public Decoder {
 public:
  MaskDecoder(const Model& model, const DecoderSettings& settings)
      : model_(model), settings_(settings) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto* output = TRY(find(outputs));
    std::vector<float> buffer;
    const auto numbers = TRY(numbers_of(*output, batch_index, buffer));
    const auto map = TRY(map_of(*output, numbers, layout(*output)));
    const auto classes = static_cast<int64_t>(model_.labels.size());
    const bool indices = map.table.columns == 1 && are_indices(*output);
    if (map.table.columns > Mask::no_label ||
        (map.table.columns > 1 && classes > 0 && map.table.columns != classes))
      return fail(Code::invalid, "mask: output {} has {} classes, legal are {}",
                  describe({output, 1}), map.table.columns,
                  classes > 0 ? fmt::format("the model's {} labels", classes) : "1..255");
    Mask mask{map.columns, map.rows, std::vector<uint8_t>(static_cast<size_t>(map.table.rows)),
              geometry};
    if (indices)
      copy_indices(map.table, mask);
    else if (map.table.columns == 1)
      cut(map.table, role_of(model_, *output) == "class_scores", mask);
    else
      choose(map.table, mask);
    Scene scene;
    scene.shares = shares_of(mask, shares(map.table, mask));
    scene.mask = std::move(mask);
    return scene;
  }

 private:
  // By role, else the only one that may be a map.
  Result<const OutputView*> find(std::span<const OutputView> outputs) const {
    constexpr std::string_view roles[] = {"mask", "class_logits", "class_scores"};
    if (const auto* output = find_role(model_, outputs, roles)) return output;
    const OutputView* only = nullptr;
    int maps = 0;
    for (const auto& output : outputs) {
      if (output.shape.size() != 3 && output.shape.size() != 4) continue;
      only = &output;
      ++maps;
    }
    if (maps != 1)
      return fail(maps > 1 ? Code::missing : Code::invalid,
                  "mask needs one output of three or four extents, or one with the role mask, the "
                  "model has {}",
                  describe(outputs));
    return only;
  }

  // By the settings, else by the extent that counts the labels, else as the input.
  Layout layout(const OutputView& output) const {
    const auto classes = static_cast<int64_t>(model_.labels.size());
    if (settings_.layout == Layout::none && output.shape.size() == 4 && classes > 1 &&
        (output.shape[1] == classes) != (output.shape[3] == classes))
      return output.shape[1] == classes ? Layout::nchw : Layout::nhwc;
    if (settings_.layout == Layout::none && output.shape.size() == 4 &&
        (output.shape[1] == 1) != (output.shape[3] == 1))
      return output.shape[1] == 1 ? Layout::nchw : Layout::nhwc;
    return layout_of(model_, settings_);
  }

  // Labels already: integers that stand for nothing else.
  static bool are_indices(const OutputView& output) {
    return !is_float(output.dtype) && !output.quantisation;
  }

  // How many labels have a share.
  size_t shares(const Table& table, const Mask& mask) const {
    if (!model_.labels.empty()) return model_.labels.size();
    if (table.columns > 1) return static_cast<size_t>(table.columns);
    size_t most = 2;
    for (const auto cell : mask.cells)
      if (cell != Mask::no_label) most = std::max(most, size_t{cell} + 1);
    return most;
  }

  static void copy_indices(const Table& table, Mask& mask) {
    for (int64_t cell = 0; cell < table.rows; ++cell) {
      const auto value = table.at(cell, 0);
      mask.cells[cell] =
          value >= 0 && value < Mask::no_label ? static_cast<uint8_t>(value) : Mask::no_label;
    }
  }

  // One number a cell: label 1 where its score is enough, else label 0.
  void cut(const Table& table, bool are_scores, Mask& mask) const {
    const auto score = static_cast<float>(threshold_of(model_, settings_, 1));
    const auto least = are_scores ? score : logit(score);
    for (int64_t cell = 0; cell < table.rows; ++cell)
      mask.cells[cell] = table.at(cell, 0) >= least ? 1 : 0;
  }

  // The label of the largest number, class by class: numbers of a class lie close in NCHW.
  static void choose(const Table& table, Mask& mask) {
    constexpr float nothing = -std::numeric_limits<float>::infinity();
    std::vector<float> best(static_cast<size_t>(table.rows), nothing);
    std::ranges::fill(mask.cells, Mask::no_label);
    for (int64_t label = 0; label < table.columns; ++label)
      for (int64_t cell = 0; cell < table.rows; ++cell) {
        const auto value = table.at(cell, label);
        if (!(value > best[cell])) continue;
        best[cell] = value;
        mask.cells[cell] = static_cast<uint8_t>(label);
      }
  }

  Model model_;
  DecoderSettings settings_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_mask_decoder(const Model& model,
                                                   const DecoderSettings& settings) {
  if (model.labels.size() > Mask::no_label)
    return fail(Code::unsupported, "mask: there are {} labels, legal are at most {}",
                model.labels.size(), Mask::no_label);
  return std::make_unique<MaskDecoder>(model, settings);
}

}  // namespace turnstone
