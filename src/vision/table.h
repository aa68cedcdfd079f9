// What the heads of detectors share: their numbers as a table with one row a place, the choice of
// the places worth decoding, and where these lie.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "vision/decoder.h"
#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// Numbers of one picture: a row for each anchor or cell, a column for each thing said of it. Owns
// nothing; steps count floats.
struct Table {
  const float* data = nullptr;
  int64_t rows = 0, columns = 0;
  int64_t row_step = 0, column_step = 1;
  float at(int64_t row, int64_t column) const {
    return data[row * row_step + column * column_step];
  }
};

// A row that may be a detection.
struct Candidate {
  float score = 0;  // 0..1 where the numbers are what they ought to be
  int label = -1;
  int64_t row = 0;
  int table = 0;  // index of the table, where there are several
};

// What is to be found in a table. Scores stand in `classes` columns from `first_class` on, one a
// label, and are multiplied with column `objectness` where there is one.
struct Selection {
  int64_t first_class = 0;
  int64_t classes = 0;
  int64_t objectness = -1;
  bool logits = false;           // a sigmoid makes scores of all of them
  bool every_label = false;      // of a row, not only the best
  std::span<const float> least;  // score from which a label counts, for each class
};

// Appends the rows of `table` whose score reaches its label's. Numbers that are none reach nothing.
// Applies functions only to rows that may count; allocates nothing for a row.
void select(const Table& table, int index, const Selection& selection,
            std::vector<Candidate>& found);

// Of more candidates than suppression looks at, only the best stay, in their order.
void keep_best(std::vector<Candidate>& candidates);

// Smallest x whose sigmoid is `score`, as floats: infinite for 0, some 17 for 1, none above.
float logit(float score);

// A table whose rows are the cells of a grid over the input, row by row.
struct Map {
  Table table;
  int columns = 0, rows = 0;
};

// Order of the extents of outputs with four of them: the settings', else the input's, else NCHW.
Layout layout_of(const Model& model, const DecoderSettings& settings);

// `numbers` of an output of four extents (or three behind the batch, or two: one channel) as a map.
// Errors: invalid when the output has another shape or more than 16384 cells to a side.
Result<Map> map_of(const OutputView& output, std::span<const float> numbers, Layout layout);

// A cell of a map over the input: its place in the grid and the extents of a cell in pixels.
struct Cell {
  double column = 0, row = 0;
  double across = 0, down = 0;
};

// Cell `index` of a grid of so many columns, row by row.
Cell cell_at(int64_t index, int columns, double across = 1, double down = 1);

// A grid of cells that the rows of a table count.
struct Grid {
  int64_t first = 0;  // row of its first cell
  int columns = 0, rows = 0;
  double stride = 0;  // pixels
};

// The grids of a head that says the cells of all its maps in one table: of the strides 8, 16 and
// 32, or 8, 16, 32 and 64, whichever have `count` cells on an input of these extents. None: empty.
std::vector<Grid> grids_of(const PictureShape& input, int64_t count);

// The cell that row `index` of the table stands for.
Cell cell_of(std::span<const Grid> grids, int64_t index);

// Mean of the numbers 0, 1, ..., bins - 1, weighted by the softmax of `bins` values that lie `step`
// apart: a side of a box as a distribution.
double expectation(const float* values, int64_t step, int bins);

// In fractions of an input of `width` x `height`, from the same units as these.
Box box_around(double x, double y, double across, double down, double width, double height);
Box box_between(double left, double top, double right, double bottom, double width, double height);

// The part of a box that lies within the input, for detectors that suppress only that.
Box within_input(const Box& box);

// Extents of the model's picture input. Errors: invalid: there is none, `who` wants one.
Result<PictureShape> input_of(const Model& model, std::string_view who);

}  // namespace turnstone
