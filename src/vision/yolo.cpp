// The forms of YOLO that end in one table: a row a place, or a row a detection.
#include <algorithm>
#include <cmath>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// Which columns of a table hold what.
struct Columns {
  int64_t objectness = -1;
  int64_t first_class = 4;
  int64_t classes = 0;
  int64_t keypoints = 0;
  int point_values = 0;  // x, y and perhaps a score
  int64_t coefficients = 0;
  int64_t coefficient_count = 0;
};

// Numbers of a run that outlive the views on them.
struct Numbers {
  std::vector<float> buffer;
  std::vector<float> prototype_buffer;
};

class YoloDecoder final : public Decoder {
 public:
  YoloDecoder(const Model& model, const DecoderSettings& settings, PictureShape input)
      : model_(model), settings_(settings), input_(input) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    Numbers numbers;
    const auto prototypes = TRY(find_prototypes(outputs, batch_index, numbers));
    const auto* output = TRY(find_table(outputs));
    const auto values = TRY(numbers_of(*output, batch_index, numbers.buffer));
    const auto table = TRY(table_of(*output, values, prototypes.table.columns));
    const auto columns = TRY(columns_of(*output, table, prototypes.table.columns));
    const auto grids = TRY(find_grids(*output, table));
    const auto candidates = candidates_of(table, columns);
    std::vector<Detection> found;
    found.reserve(candidates.size());
    for (const auto& one : candidates)
      found.push_back({box_of(table, one.row, grids), one.label, one.score,
                       keypoints_of(table, one.row, columns)});
    Scene scene;
    auto settings = settings_;
    if (settings_.form == HeadForm::final) settings.suppress = Suppression::none;
    const Complete add_mask = [&](Detection& detection, size_t i) {
      detection.mask = mask_of(table, candidates[i].row, columns, prototypes, detection.box);
    };
    scene.detections = finish_detections(found, settings, geometry,
                                         columns.coefficient_count > 0 ? add_mask : Complete{});
    return scene;
  }

 private:
  bool has_objectness() const {
    return settings_.form == HeadForm::rows || settings_.form == HeadForm::offsets;
  }

  // Columns before those of classes, or before the extras of `final`.
  int64_t head_columns() const {
    if (settings_.form == HeadForm::final) return 6;
    return has_objectness() ? 5 : 4;
  }

  // None without such an output.
  Result<Map> find_prototypes(std::span<const OutputView> outputs, int batch_index,
                              Numbers& numbers) const {
    for (const auto& output : outputs) {
      if (output.shape.size() != 4) continue;
      const auto values = TRY(numbers_of(output, batch_index, numbers.prototype_buffer));
      return map_of(output, values, layout_of(model_, settings_));
    }
    return Map{};
  }

  Result<const OutputView*> find_table(std::span<const OutputView> outputs) const {
    const OutputView* found = nullptr;
    int count = 0;
    for (const auto& output : outputs) {
      if (output.shape.size() != 3 || output.shape[1] < 1 || output.shape[2] < 1) continue;
      if (role_of(model_, output) == "boxes") return &output;
      found = &output;
      ++count;
    }
    if (count != 1)
      return fail(count > 1 ? Code::missing : Code::invalid,
                  "yolo needs one output of three extents, or one with the role boxes, the model "
                  "has {}",
                  describe(outputs));
    return found;
  }

  // Values that each keypoint may have for a table of so many columns; 0: the columns do not fit.
  int point_values(int64_t columns, int64_t coefficients) const {
    const auto classes =
        settings_.form == HeadForm::final ? 0 : static_cast<int64_t>(model_.labels.size());
    const auto rest = columns - head_columns() - classes - coefficients;
    if (settings_.keypoints == 0) return rest == 0 ? 3 : 0;
    return rest == 3 * settings_.keypoints ? 3 : rest == 2 * settings_.keypoints ? 2 : 0;
  }

  bool are_classes_known() const {
    return !model_.labels.empty() || settings_.form == HeadForm::final;
  }

  // Of `columns` the outer extent counts columns, unless only the other one can.
  Result<Table> table_of(const OutputView& output, std::span<const float> values,
                         int64_t coefficients) const {
    const auto outer = output.shape[1];
    const auto inner = output.shape[2];
    bool across = settings_.form == HeadForm::columns;
    if (across && are_classes_known())
      across = point_values(outer, coefficients) > 0 || point_values(inner, coefficients) == 0;
    else if (across)
      across = outer <= inner;
    return across ? Table{values.data(), inner, outer, 1, inner}
                  : Table{values.data(), outer, inner, inner, 1};
  }

  Result<Columns> columns_of(const OutputView& output, const Table& table,
                             int64_t coefficients) const {
    Columns columns;
    columns.objectness = has_objectness() ? 4 : -1;
    columns.first_class = has_objectness() ? 5 : 4;
    columns.point_values = are_classes_known() ? point_values(table.columns, coefficients) : 3;
    const auto extras = coefficients + int64_t{settings_.keypoints} * columns.point_values;
    columns.classes = table.columns - columns.first_class - extras;
    if (settings_.form == HeadForm::final) columns.classes = 2;
    columns.keypoints = columns.first_class + columns.classes;
    columns.coefficients = columns.keypoints;
    columns.coefficient_count = coefficients;
    if (columns.classes < 1 || columns.point_values == 0)
      return fail(Code::invalid,
                  "yolo: output {} has {} numbers for each place, which does not fit {} labels, {} "
                  "keypoints and {} mask coefficients",
                  describe({&output, 1}), table.columns, model_.labels.size(), settings_.keypoints,
                  coefficients);
    if (settings_.keypoints > 0) columns.coefficients += settings_.keypoints * columns.point_values;
    return columns;
  }

  Result<std::vector<Grid>> find_grids(const OutputView& output, const Table& table) const {
    if (settings_.form != HeadForm::offsets) return std::vector<Grid>{};
    auto grids = grids_of(input_, table.rows);
    if (grids.empty())
      return fail(Code::invalid,
                  "yolo: output {} has {} rows, an input of {} x {} has other counts of cells at "
                  "strides 8, 16, 32 (and 64)",
                  describe({&output, 1}), table.rows, input_.width, input_.height);
    return grids;
  }

  std::vector<Candidate> candidates_of(const Table& table, const Columns& columns) const {
    std::vector<Candidate> candidates;
    if (settings_.form == HeadForm::final) {
      select_listed(table, candidates);
    } else {
      const auto least = thresholds_of(model_, settings_, static_cast<int>(columns.classes));
      select(table, 0,
             {.first_class = columns.first_class,
              .classes = columns.classes,
              .objectness = columns.objectness,
              .least = least},
             candidates);
    }
    keep_best(candidates);
    return candidates;
  }

  void select_listed(const Table& table, std::vector<Candidate>& candidates) const {
    for (int64_t row = 0; row < table.rows; ++row) {
      const auto label = label_of_number(table.at(row, 5));
      if (counts_as(model_, settings_, label, table.at(row, 4)))
        candidates.push_back({table.at(row, 4), label, row});
    }
  }

  double width() const { return settings_.units == Units::pixels ? input_.width : 1; }
  double height() const { return settings_.units == Units::pixels ? input_.height : 1; }

  Box box_of(const Table& table, int64_t row, std::span<const Grid> grids) const {
    const float raw[] = {table.at(row, 0), table.at(row, 1), table.at(row, 2), table.at(row, 3)};
    if (settings_.form == HeadForm::final)
      return box_between(raw[0], raw[1], raw[2], raw[3], width(), height());
    if (grids.empty()) return box_around(raw[0], raw[1], raw[2], raw[3], width(), height());
    const auto cell = cell_of(grids, row);
    return box_around((raw[0] + cell.column) * cell.across, (raw[1] + cell.row) * cell.down,
                      std::exp(static_cast<double>(raw[2])) * cell.across,
                      std::exp(static_cast<double>(raw[3])) * cell.down, input_.width,
                      input_.height);
  }

  std::vector<Keypoint> keypoints_of(const Table& table, int64_t row,
                                     const Columns& columns) const {
    std::vector<Keypoint> points(static_cast<size_t>(settings_.keypoints));
    auto column = columns.keypoints;
    for (auto& point : points) {
      point.x = static_cast<float>(table.at(row, column) / width());
      point.y = static_cast<float>(table.at(row, column + 1) / height());
      if (columns.point_values == 3) point.score = table.at(row, column + 2);
      column += columns.point_values;
    }
    return points;
  }

  // Cells of the prototypes whose corner lies in the box, inside where the weighted sum of the
  // prototypes is above 0.
  static Mask mask_of(const Table& table, int64_t row, const Columns& columns,
                      const Map& prototypes, const Box& box) {
    const auto first = [](float edge, int cells) {
      return std::clamp(
          static_cast<int>(std::ceil(std::clamp(edge, 0.0F, 1.0F) * static_cast<float>(cells))), 0,
          cells);
    };
    const int left = first(box.left, prototypes.columns);
    const int top = first(box.top, prototypes.rows);
    const int right = first(box.right, prototypes.columns);
    const int bottom = first(box.bottom, prototypes.rows);
    Mask mask;
    mask.width = right - left;
    mask.height = bottom - top;
    const double across = prototypes.columns;
    const double down = prototypes.rows;
    mask.place = {left / across, top / down, mask.width / across, mask.height / down};
    std::vector<float> sums(static_cast<size_t>(mask.width) * mask.height);
    for (int64_t k = 0; k < columns.coefficient_count; ++k) {
      const auto weight = table.at(row, columns.coefficients + k);
      auto* sum = sums.data();
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x)
          *sum++ += weight * prototypes.table.at(int64_t{y} * prototypes.columns + x, k);
    }
    for (const auto sum : sums) mask.cells.push_back(sum > 0 ? 1 : 0);
    return mask;
  }

  Model model_;
  DecoderSettings settings_;
  PictureShape input_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_yolo_decoder(const Model& model,
                                                   const DecoderSettings& settings) {
  const auto input = TRY(input_of(model, "yolo"));
  switch (settings.form) {
    case HeadForm::none:
      return fail(Code::invalid,
                  "decoder.form: yolo needs one, legal are exponential (v3, v4), squared (v5, v7), "
                  "distribution (raw v8, v9, v11), offsets (YOLOX), rows (v5, v6, v7), columns "
                  "(v8, v9, v11), final (v10)");
    case HeadForm::exponential:
    case HeadForm::squared:
    case HeadForm::distribution:
      return make_yolo_map_decoder(model, settings);
    default:
      return std::make_unique<YoloDecoder>(model, settings, input);
  }
}

}  // namespace turnstone
