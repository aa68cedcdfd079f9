// The forms of YOLO that end in maps, one for each stride.
#include <algorithm>
#include <cmath>

#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

// A map, or one anchor of it.
struct Head {
  Table boxes;   // sides or distributions from column 0 on
  Table scores;  // of classes, with the objectness where there is one
  int64_t first_class = 0;
  int64_t objectness = -1;
  int columns = 0, rows = 0;
  std::array<double, 2> anchor = {};  // width, height in pixels
  double reach = 1;                   // of centres: 1 ends at the sides of the cell
};

using Sizes = std::array<std::array<double, 2>, 9>;
constexpr Sizes yolov3_anchors = {{{10, 13},
                                   {16, 30},
                                   {33, 23},
                                   {30, 61},
                                   {62, 45},
                                   {59, 119},
                                   {116, 90},
                                   {156, 198},
                                   {373, 326}}};
constexpr Sizes yolov4_anchors = {{{12, 16},
                                   {19, 36},
                                   {40, 28},
                                   {36, 75},
                                   {76, 55},
                                   {72, 146},
                                   {142, 110},
                                   {192, 243},
                                   {459, 401}}};

class YoloMapDecoder final : public Decoder {
 public:
  YoloMapDecoder(const Model& model, const DecoderSettings& settings, PictureShape input)
      : model_(model), settings_(settings), input_(input) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    std::vector<std::vector<float>> buffers(outputs.size());
    auto pieces = TRY(pieces_of(outputs, batch_index, buffers));
    const auto heads = settings_.form == HeadForm::distribution ? TRY(distribution_heads(pieces))
                                                                : TRY(anchor_heads(pieces));
    std::vector<Candidate> candidates;
    for (int i = 0; std::cmp_less(i, heads.size()); ++i) select_from(heads[i], i, candidates);
    keep_best(candidates);
    std::vector<Detection> found;
    for (const auto& one : candidates)
      found.push_back({box_of(heads[one.table], one.row), one.label, one.score});
    Scene scene;
    scene.detections = finish_detections(found, settings_, geometry);
    return scene;
  }

 private:
  // An output as one map, or as one for each anchor where it has an extent for them.
  struct Piece {
    const OutputView* output = nullptr;
    Map map;
    int64_t each = 0;  // anchors of an output with five extents
  };

  // Those of most cells first, in the model's order where equal.
  Result<std::vector<Piece>> pieces_of(std::span<const OutputView> outputs, int batch_index,
                                       std::vector<std::vector<float>>& buffers) const {
    std::vector<Piece> pieces;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const auto& output = outputs[i];
      if (output.shape.size() != 4 && output.shape.size() != 5) continue;
      const auto numbers = TRY(numbers_of(output, batch_index, buffers[i]));
      if (output.shape.size() == 4)
        pieces.push_back({&output, TRY(map_of(output, numbers, layout_of(model_, settings_)))});
      else
        pieces.push_back(TRY(apart(output, numbers)));
    }
    if (pieces.empty())
      return fail(Code::invalid, "yolo: form needs maps of four extents, the model has {}",
                  describe(outputs));
    std::ranges::stable_sort(
        pieces, [](const Piece& a, const Piece& b) { return a.map.table.rows > b.map.table.rows; });
    return pieces;
  }

  // [batch, anchors, rows, columns, numbers]: the map of the first anchor.
  static Result<Piece> apart(const OutputView& output, std::span<const float> numbers) {
    const int64_t plane[] = {1, output.shape[2], output.shape[3], output.shape[4]};
    const OutputView one{
        .name = output.name, .dtype = output.dtype, .shape = plane, .quantisation = {}};
    return Piece{&output, TRY(map_of(one, numbers, Layout::nhwc)), output.shape[1]};
  }

  // Anchors of map `index` of those sorted by size, in pixels.
  Result<std::vector<std::array<double, 2>>> anchors_of(const Map& map, size_t index) const {
    const auto& anchors = settings_.anchors;
    for (const auto& layer : anchors.layers) {
      if (layer.columns != map.columns || layer.rows != map.rows) continue;
      auto boxes = layer.boxes;
      for (auto& [width, height] : boxes) {
        width *= input_.width;
        height *= input_.height;
      }
      return boxes;
    }
    if (!anchors.layers.empty() || index > 2)
      return fail(Code::invalid, "decoder.anchors: no layer has {} columns and {} rows",
                  map.columns, map.rows);
    const auto& preset = anchors.preset == "yolov4" ? yolov4_anchors : yolov3_anchors;
    const auto first = preset.begin() + static_cast<int64_t>(3 * index);
    return std::vector(first, first + 3);
  }

  Result<std::vector<Head>> anchor_heads(const std::vector<Piece>& pieces) const {
    const auto& scales = settings_.scale_xy;
    if (scales.size() > 1 && scales.size() != pieces.size())
      return fail(Code::invalid, "decoder.scale_xy: has {} numbers, the model {} maps",
                  scales.size(), pieces.size());
    std::vector<Head> heads;
    for (size_t i = 0; i < pieces.size(); ++i) {
      const auto& [output, map, extent] = pieces[i];
      const double reach =
          settings_.form == HeadForm::squared ? 2 : scales[scales.size() > 1 ? i : 0];
      const auto anchors = TRY(anchors_of(map, i));
      const auto each = static_cast<int64_t>(anchors.size());
      const auto& whole = map.table;
      const auto columns = extent > 0 ? whole.columns : whole.columns / std::max(each, int64_t{1});
      const auto classes = columns - 5;
      const bool fits = extent > 0 ? extent == each : columns * each == whole.columns;
      if (!fits || classes < 1 || !are_labels(classes))
        return fail(Code::invalid,
                    "yolo: output {} does not hold {} anchors with 5 + {} numbers in each cell",
                    describe({output, 1}), each, model_.labels.size());
      for (int64_t k = 0; k < each; ++k) {
        auto table = whole;
        table.columns = columns;
        table.data += k * (extent > 0 ? whole.rows * columns : columns * whole.column_step);
        heads.push_back({table, table, 5, 4, map.columns, map.rows, anchors[k], reach});
      }
    }
    return heads;
  }

  bool are_labels(int64_t classes) const {
    return model_.labels.empty() || std::cmp_equal(classes, model_.labels.size());
  }

  // Boxes and scores in one map or in two of the same extents.
  Result<std::vector<Head>> distribution_heads(const std::vector<Piece>& pieces) const {
    constexpr int64_t usual_bins = 16;
    std::vector<Head> heads;
    for (size_t i = 0; i < pieces.size(); ++i) {
      const auto& map = pieces[i].map;
      const bool is_pair = i + 1 < pieces.size() && pieces[i + 1].map.columns == map.columns &&
                           pieces[i + 1].map.rows == map.rows;
      Head head{map.table, map.table, 0, -1, map.columns, map.rows};
      if (is_pair) {
        head.scores = pieces[++i].map.table;
        if (are_scores(head.boxes, *pieces[i - 1].output)) std::swap(head.boxes, head.scores);
      } else {
        const auto classes = model_.labels.empty() ? head.boxes.columns - 4 * usual_bins
                                                   : static_cast<int64_t>(model_.labels.size());
        head.boxes.columns -= classes;
        head.first_class = head.boxes.columns;
      }
      const auto classes = head.scores.columns - head.first_class;
      if (classes < 1 || !are_labels(classes) || head.boxes.columns < 4 ||
          head.boxes.columns % 4 != 0)
        return fail(Code::invalid,
                    "yolo: output {} does not hold four distributions and {} classes in each cell",
                    describe({pieces[i].output, 1}), model_.labels.size());
      heads.push_back(head);
    }
    return heads;
  }

  bool are_scores(const Table& table, const OutputView& output) const {
    const auto role = role_of(model_, output);
    if (!role.empty()) return role != "boxes";
    return std::cmp_equal(table.columns, model_.labels.size());
  }

  void select_from(const Head& head, int index, std::vector<Candidate>& candidates) const {
    const auto classes = head.scores.columns - head.first_class;
    const auto least = thresholds_of(model_, settings_, static_cast<int>(classes));
    select(head.scores, index,
           {.first_class = head.first_class,
            .classes = classes,
            .objectness = head.objectness,
            .logits = true,
            .least = least},
           candidates);
  }

  Box box_of(const Head& head, int64_t row) const {
    const auto cell = cell_at(row, head.columns, static_cast<double>(input_.width) / head.columns,
                              static_cast<double>(input_.height) / head.rows);
    if (settings_.form == HeadForm::distribution) return sides_of(head.boxes, row, cell);
    const auto raw = [&](int column) { return head.boxes.at(row, column); };
    const bool squared = settings_.form == HeadForm::squared;
    const auto centre = [&](int column, double at) {
      return sigmoid(raw(column)) * head.reach - (head.reach - 1) / 2 + at;
    };
    const auto extent = [&](int column, double anchor) {
      const double root = 2.0 * sigmoid(raw(column));
      return anchor * (squared ? root * root : std::exp(static_cast<double>(raw(column))));
    };
    return box_around(centre(0, cell.column) * cell.across, centre(1, cell.row) * cell.down,
                      extent(2, head.anchor[0]), extent(3, head.anchor[1]), input_.width,
                      input_.height);
  }

  // Distances of the sides from the middle of the cell, in cells.
  Box sides_of(const Table& table, int64_t row, const Cell& cell) const {
    const auto bins = static_cast<int>(table.columns / 4);
    const auto side = [&](int which) {
      const auto first = int64_t{which} * bins;
      if (bins == 1) return static_cast<double>(table.at(row, first));
      return expectation(table.data + row * table.row_step + first * table.column_step,
                         table.column_step, bins);
    };
    const double x = cell.column + 0.5;
    const double y = cell.row + 0.5;
    return box_between((x - side(0)) * cell.across, (y - side(1)) * cell.down,
                       (x + side(2)) * cell.across, (y + side(3)) * cell.down, input_.width,
                       input_.height);
  }

  Model model_;
  DecoderSettings settings_;
  PictureShape input_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_yolo_map_decoder(const Model& model,
                                                       const DecoderSettings& settings) {
  const auto input = TRY(input_of(model, "yolo"));
  return std::make_unique<YoloMapDecoder>(model, settings, input);
}

}  // namespace turnstone
