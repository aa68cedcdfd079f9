#include "codegen/schedule.h"

#include <algorithm>

namespace turnstone {
namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// A part of the work that takes less than about 20 us is done before another thread wakes up.
constexpr uint64_t flops_worth_a_thread = 2'000'000;

bool has_feature(KernelFeature needs, const Target& target) {
  switch (needs) {
    case KernelFeature::baseline:
      return true;
    case KernelFeature::avx2:
      return target.arch == Arch::x86_64 && target.lanes >= 8;
    case KernelFeature::avx512:
      return target.arch == Arch::x86_64 && target.lanes >= 16;
    case KernelFeature::avx512_vnni:
      return false;
  }
  return false;
}

const KernelRow* find_row(std::string_view name, std::string_view type, const Target& target) {
  for (const auto& row : kernel_rows())
    if (row.name == name && row.type == type && row.lanes == target.lanes &&
        has_feature(row.needs, target))
      return &row;
  return nullptr;
}

KernelTile find_tile(std::string_view name, const Target& target) {
  for (const auto& tile : kernel_tiles())
    if (tile.machine == target.tiles && tile.name == name && tile.lanes == target.lanes)
      return tile;
  return {target.tiles, name, target.lanes, 4, 4, 1};
}

// The least rows with which `pixels` need no more tiles than with `most`.
int even_rows(int64_t pixels, int most) {
  const auto tiles = ceil_div(pixels, most);
  return static_cast<int>(ceil_div(pixels, tiles));
}

void choose_matrix_tile(const MatrixShape& shape, const KernelRow& row, const Target& target,
                        Schedule& s) {
  const auto tile = find_tile(row.name, target);
  const auto vectors_needed = ceil_div(shape.channels, target.lanes);
  s.vectors = static_cast<int>(std::min<int64_t>(tile.vectors, vectors_needed));
  int rows = tile.rows;
  if (vectors_needed == 1) rows = row.rows.to;
  const auto run = shape.is_flat() ? shape.pixels : shape.conv->out_columns;
  if (run == 1 && vectors_needed > s.vectors)
    s.vectors = static_cast<int>(std::min<int64_t>(row.vectors.to, vectors_needed));
  s.rows = even_rows(run, std::min(rows, row.rows.to));
  // Half of the second-level cache for pixels, the rest for weights and results.
  const auto tile_bytes = std::max<int64_t>(1, s.rows * shape.depth * 4);
  s.block = std::max<int64_t>(1, target.l2_bytes / 2 / tile_bytes);
}

int64_t padded_bytes(const ConvShape& c, int64_t element) {
  return c.batch * (c.rows + c.top + c.bottom) * (c.columns + c.left + c.right) * c.channels *
         element;
}

bool has_pads(const Window& w) { return w.top || w.left || w.bottom || w.right; }

bool schedule_matrix(const Graph& graph, const Group& group, const Target& target, Schedule& s) {
  const auto shape = matrix_shape(graph, *group.anchor);
  const auto* row =
      shape.integers ? find_row("gemm/pairs", "i16", target) : find_row("gemm/fma", "f32", target);
  if (!row) return false;
  s.kind = Schedule::Kind::matrix;
  s.kernel = row->name;
  s.lanes = target.lanes;
  choose_matrix_tile(shape, *row, target, s);
  if (shape.conv && (shape.integers || has_pads(*shape.conv))) {
    s.layout = ReadAs::padded;
    // The kernel for pairs reads one element more than there are.
    s.local_bytes += padded_bytes(*shape.conv, shape.integers ? 2 : 4) + 64;
  }
  if (!shape.constant_weights)
    s.local_bytes += shape.batches * ceil_div(shape.channels, s.lanes) * s.lanes * shape.depth * 4;
  return true;
}

bool schedule_depthwise(const Group& group, const Target& target, Schedule& s) {
  const auto type = group.anchor->call.in[0].dtype;
  const auto* row =
      find_row(type == DType::f32 ? "depthwise/fma" : "depthwise/widen", print(type), target);
  if (!row) return false;
  const auto c = conv_shape(group.anchor->call);
  auto tile = find_tile(row->name, target);
  // Large windows and integers make long code: smaller tiles keep clang quick.
  const bool large = c.kernel_rows * c.kernel_columns > 9 || type != DType::f32;
  if (large) tile.rows = 1, tile.columns = std::min(tile.columns, 4);
  s.kind = Schedule::Kind::depthwise;
  s.kernel = row->name;
  s.lanes = target.lanes;
  s.rows = c.out_rows % tile.rows == 0 && c.row_stride == 1 && c.column_stride == 1 ? tile.rows : 1;
  s.columns = static_cast<int>(std::min<int64_t>(tile.columns, c.out_columns));
  return true;
}

}  // namespace

bool MatrixShape::is_flat() const {
  if (!conv) return true;
  return conv->kernel_rows == 1 && conv->kernel_columns == 1 && conv->row_stride == 1 &&
         conv->column_stride == 1 && !has_pads(*conv);
}

MatrixShape matrix_shape(const Graph& graph, const Made& made) {
  MatrixShape shape;
  shape.constant_weights = graph.constant_of(made.in[1]) != nullptr;
  if (made.op() == "conv") {
    shape.conv = conv_shape(made.call);
    shape.pixels = shape.conv->batch * shape.conv->out_rows * shape.conv->out_columns;
    shape.depth = shape.conv->kernel_rows * shape.conv->kernel_columns * shape.conv->channels;
    shape.channels = shape.conv->out_channels;
    shape.integers = made.call.out[0].dtype == DType::i32;
    return shape;
  }
  const auto& a = made.call.in[0].shape;
  const auto& b = made.call.in[1].shape;
  const auto& out = made.call.out[0].shape;
  shape.depth = a.back();
  shape.channels = b.back();
  const auto all = count(out) / shape.channels;
  if (count(b) == shape.depth * shape.channels) {
    shape.pixels = all;
    return shape;
  }
  shape.pixels = a[a.size() - 2];
  shape.batches = all / shape.pixels;
  return shape;
}

Schedule schedule_of(const Graph& graph, const Group& group, const Target& target) {
  Schedule s;
  s.parallel = flops_of(graph, group) >= flops_worth_a_thread;
  const auto& made = *group.anchor;
  if (group.is_view) {
    s.kind = Schedule::Kind::view;
  } else if (made.call.op->elementwise) {
    s.kind = Schedule::Kind::elements;
  } else if (work_of(graph, made) == Work::matrix) {
    CHECK(schedule_matrix(graph, group, target, s));
  } else if (work_of(graph, made) == Work::depthwise) {
    CHECK(schedule_depthwise(group, target, s));
  } else {
    CHECK(group.epilogue.empty());
  }
  if (s.kind == Schedule::Kind::portable) s.parallel = false;
  return s;
}

uint64_t flops_of(const Graph& graph, const Group& group) {
  const auto& made = *group.anchor;
  const auto results = static_cast<uint64_t>(count(made.call.out[0].shape));
  if (group.is_view) return 0;
  if (made.op() == "conv") {
    const auto c = conv_shape(made.call);
    return 2 * results *
           static_cast<uint64_t>(c.kernel_rows * c.kernel_columns * c.group_channels());
  }
  if (made.op() == "matmul")
    return 2 * results * static_cast<uint64_t>(matrix_shape(graph, made).depth);
  return results * (1 + group.epilogue.size());
}

uint64_t bytes_of(const Graph& graph, const Group& group) {
  if (group.is_view) return 0;
  int64_t bytes = 0;
  for (const auto value : group.inputs) bytes += size_bytes(graph.type(value));
  for (const auto value : group.outputs) bytes += size_bytes(graph.type(value));
  return static_cast<uint64_t>(bytes);
}

std::string describe(const Graph& graph, const Group& group) {
  const auto& made = *group.anchor;
  std::string text(made.op());
  if (made.op() == "conv") {
    const auto c = conv_shape(made.call);
    text = fmt::format("{} {}x{}", c.is_depthwise() ? "depthwise" : "conv", c.kernel_rows,
                       c.kernel_columns);
    if (c.row_stride != 1 || c.column_stride != 1)
      text += fmt::format("/{}", std::max(c.row_stride, c.column_stride));
  }
  text += fmt::format(" {}->{}", print(made.call.in[0].shape),
                      print(graph.shape(group.outputs.front())));
  for (const auto* call : group.epilogue) text += fmt::format(" +{}", call->op());
  return text;
}

}  // namespace turnstone
