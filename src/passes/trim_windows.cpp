#include "ops/conv.h"
#include "passes/pass.h"

namespace turnstone {
namespace {

// One direction of a window.
struct Line {
  int64_t extent, kernel, stride, dilation, before, after, out;
};

// Whether tap k meets the picture in any place of the result.
bool meets(const Line& line, int64_t k) {
  for (int64_t at = 0; at < line.out; ++at) {
    const auto from = at * line.stride - line.before + k * line.dilation;
    if (from >= 0 && from < line.extent) return true;
  }
  return false;
}

// The taps [first, last) that are needed: those at both ends that see nothing but the zeros around
// the picture are not, as far as there are pads to be taken off with them.
std::pair<int64_t, int64_t> needed(const Line& line) {
  int64_t first = 0;
  int64_t last = line.kernel;
  while (last - first > 1 && !meets(line, first) && line.before >= (first + 1) * line.dilation)
    ++first;
  while (last - first > 1 && !meets(line, last - 1) &&
         line.after >= (line.kernel - last + 1) * line.dilation)
    --last;
  return {first, last};
}

}  // namespace

// conv(x, w) of wide dilation on a small picture -> conv(x, the part of w that meets the picture)
std::optional<Value> trim_windows(Draft& graph, Value, const Made& made) {
  if (made.op() != "conv" || !graph.constant_of(made.in[1])) return {};
  const auto c = conv_shape(made.call);
  const auto [row, row_end] =
      needed({c.rows, c.kernel_rows, c.row_stride, c.row_dilation, c.top, c.bottom, c.out_rows});
  const auto [column, column_end] = needed({c.columns, c.kernel_columns, c.column_stride,
                                            c.column_dilation, c.left, c.right, c.out_columns});
  if (row_end - row == c.kernel_rows && column_end - column == c.kernel_columns) return {};
  const auto& shape = made.call.in[1].shape;
  const std::vector<int64_t> starts = {0, row, column, 0};
  const std::vector<int64_t> extents = {shape[0], row_end - row, column_end - column, shape[3]};
  const auto weights =
      graph.call("slice", {made.in[1]},
                 {{"starts", starts}, {"extents", extents}, {"steps", std::vector<int64_t>(4, 1)}});
  auto attrs = made.call.attrs;
  attrs.find("pads")->second =
      std::vector<int64_t>{c.top - row * c.row_dilation, c.left - column * c.column_dilation,
                           c.bottom - (c.kernel_rows - row_end) * c.row_dilation,
                           c.right - (c.kernel_columns - column_end) * c.column_dilation};
  return graph.call("conv", {made.in[0], weights}, attrs);
}

}  // namespace turnstone
