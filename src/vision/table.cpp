#include "vision/table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vision/outputs.h"
#include "vision/suppress.h"

namespace turnstone {
namespace {

constexpr float nothing = -std::numeric_limits<float>::infinity();

// A little less than `least` wants, so that rounding loses no row: survivors are checked exactly.
float raw_least(float least, bool logits) {
  if (!logits) return least;
  const auto raw = logit(least);
  return std::isinf(raw) ? raw : raw - 1e-3F * std::max(std::fabs(raw), 1.0F);
}

float score_of(float raw, bool logits) { return logits ? sigmoid(raw) : raw; }

void add(float raw, int label, int64_t row, int index, const Selection& selection, float weight,
         std::vector<Candidate>& found) {
  const auto score = score_of(raw, selection.logits) * weight;
  if (score >= selection.least[label]) found.push_back({score, label, row, index});
}

std::vector<float> raw_thresholds(const Selection& selection) {
  std::vector<float> raw;
  for (const auto least : selection.least) raw.push_back(raw_least(least, selection.logits));
  return raw;
}

void select_every_label(const Table& table, int index, const Selection& selection,
                        std::vector<Candidate>& found) {
  const auto least = raw_thresholds(selection);
  for (int64_t label = 0; label < selection.classes; ++label)
    for (int64_t row = 0; row < table.rows; ++row) {
      const auto raw = table.at(row, selection.first_class + label);
      if (raw >= least[label]) add(raw, static_cast<int>(label), row, index, selection, 1, found);
    }
}

// The best of the labels that reach their threshold, label by label: numbers of a label lie close.
void select_by_columns(const Table& table, int index, const Selection& selection,
                       std::vector<Candidate>& found) {
  const auto least = raw_thresholds(selection);
  std::vector<float> best(static_cast<size_t>(table.rows), nothing);
  std::vector<int> labels(static_cast<size_t>(table.rows), -1);
  for (int64_t label = 0; label < selection.classes; ++label) {
    const auto* values = table.data + (selection.first_class + label) * table.column_step;
    for (int64_t row = 0; row < table.rows; ++row) {
      const auto value = values[row * table.row_step];
      if (value >= least[label] && (value > best[row] || labels[row] < 0)) {
        best[row] = value;
        labels[row] = static_cast<int>(label);
      }
    }
  }
  for (int64_t row = 0; row < table.rows; ++row)
    if (labels[row] >= 0) add(best[row], labels[row], row, index, selection, 1, found);
}

// The same, row by row, and with an objectness that lets most rows be passed over.
void select_by_rows(const Table& table, int index, const Selection& selection,
                    std::vector<Candidate>& found) {
  const auto lowest = std::ranges::min(selection.least);
  const auto least_object = raw_least(lowest, selection.logits);
  for (int64_t row = 0; row < table.rows; ++row) {
    float weight = 1;
    if (selection.objectness >= 0) {
      const auto raw = table.at(row, selection.objectness);
      if (!(raw >= least_object)) continue;
      weight = score_of(raw, selection.logits);
    }
    float best = nothing;
    int best_label = -1;
    for (int64_t label = 0; label < selection.classes; ++label) {
      const auto raw = table.at(row, selection.first_class + label);
      if (!(raw > best) || score_of(raw, selection.logits) * weight < selection.least[label])
        continue;
      best = raw;
      best_label = static_cast<int>(label);
    }
    if (best_label >= 0) add(best, best_label, row, index, selection, weight, found);
  }
}

}  // namespace

void select(const Table& table, int index, const Selection& selection,
            std::vector<Candidate>& found) {
  CHECK(std::cmp_equal(selection.least.size(), selection.classes) && selection.classes > 0);
  if (selection.every_label) return select_every_label(table, index, selection, found);
  if (selection.objectness < 0 && table.row_step < table.column_step)
    return select_by_columns(table, index, selection, found);
  select_by_rows(table, index, selection, found);
}

void keep_best(std::vector<Candidate>& candidates) {
  if (candidates.size() <= most_candidates) return;
  std::erase_if(candidates, [](const Candidate& one) { return !std::isfinite(one.score); });
  if (candidates.size() <= most_candidates) return;
  std::vector<float> scores;
  for (const auto& one : candidates) scores.push_back(one.score);
  const auto last = scores.begin() + most_candidates - 1;
  std::ranges::nth_element(scores, last, std::greater<>());
  auto room =
      static_cast<int64_t>(most_candidates) -
      std::ranges::count_if(scores.begin(), last + 1, [&](float score) { return score > *last; });
  std::erase_if(candidates, [&](const Candidate& one) {
    return one.score < *last || (one.score == *last && room-- <= 0);
  });
}

float logit(float score) {
  if (score <= 0) return nothing;
  if (score >= 1) return score > 1 ? -nothing : 16.64F;  // 1 - 2^-25 rounds to 1
  return std::log(score / (1 - score));
}

Layout layout_of(const Model& model, const DecoderSettings& settings) {
  if (settings.layout != Layout::none) return settings.layout;
  if (!model.inputs.empty() && model.inputs[0].layout == Layout::nhwc) return Layout::nhwc;
  return Layout::nchw;
}

Result<Map> map_of(const OutputView& output, std::span<const float> numbers, Layout layout) {
  constexpr int64_t most_extent = 16'384;
  const auto shape = output.shape;
  if (shape.size() != 3 && shape.size() != 4)
    return fail(Code::invalid, "output {} is no map, legal are 3 and 4 extents",
                describe({&output, 1}));
  const bool planar = layout != Layout::nhwc;
  const bool single = shape.size() == 3;
  const auto rows = single || !planar ? shape[1] : shape[2];
  const auto columns = single || !planar ? shape[2] : shape[3];
  const auto channels = single ? 1 : shape[planar ? 1 : 3];
  if (rows < 1 || columns < 1 || channels < 1 || rows > most_extent || columns > most_extent)
    return fail(Code::invalid, "output {} has a map of {} x {} cells, legal are 1..{}",
                describe({&output, 1}), columns, rows, most_extent);
  const auto cells = rows * columns;
  return Map{{.data = numbers.data(),
              .rows = cells,
              .columns = channels,
              .row_step = planar ? 1 : channels,
              .column_step = planar ? cells : 1},
             static_cast<int>(columns),
             static_cast<int>(rows)};
}

std::vector<Grid> grids_of(const PictureShape& input, int64_t count) {
  for (const auto& strides : {std::vector{8, 16, 32}, std::vector{8, 16, 32, 64}}) {
    std::vector<Grid> grids;
    int64_t cells = 0;
    for (const auto stride : strides) {
      const Grid grid{cells, (input.width + stride - 1) / stride,
                      (input.height + stride - 1) / stride, static_cast<double>(stride)};
      cells += int64_t{grid.columns} * grid.rows;
      grids.push_back(grid);
    }
    if (cells == count) return grids;
  }
  return {};
}

Cell cell_at(int64_t index, int columns, double across, double down) {
  const auto row = index / columns;
  return {static_cast<double>(index - row * columns), static_cast<double>(row), across, down};
}

Cell cell_of(std::span<const Grid> grids, int64_t index) {
  size_t which = 0;
  while (which + 1 < grids.size() && index >= grids[which + 1].first) ++which;
  const auto& grid = grids[which];
  return cell_at(index - grid.first, grid.columns, grid.stride, grid.stride);
}

double expectation(const float* values, int64_t step, int bins) {
  float largest = nothing;
  for (int i = 0; i < bins; ++i) largest = std::max(largest, values[i * step]);
  double sum = 0;
  double mean = 0;
  for (int i = 0; i < bins; ++i) {
    const double weight = std::exp(static_cast<double>(values[i * step]) - largest);
    sum += weight;
    mean += weight * i;
  }
  return mean / sum;
}

Box box_around(double x, double y, double across, double down, double width, double height) {
  return box_between(x - across / 2, y - down / 2, x + across / 2, y + down / 2, width, height);
}

Box box_between(double left, double top, double right, double bottom, double width, double height) {
  return {static_cast<float>(left / width), static_cast<float>(top / height),
          static_cast<float>(right / width), static_cast<float>(bottom / height)};
}

Box within_input(const Box& box) {
  const auto inside = [](float side) { return std::clamp(side, 0.0F, 1.0F); };
  return {inside(box.left), inside(box.top), inside(box.right), inside(box.bottom)};
}

Result<PictureShape> input_of(const Model& model, std::string_view who) {
  if (model.inputs.empty()) return fail(Code::invalid, "{} needs a model with an input", who);
  return TRY(picture_shape(model.inputs[0]), std::string(who));
}

}  // namespace turnstone
