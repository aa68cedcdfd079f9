#include "passes/product_inputs.h"

#include <algorithm>

#include "ops/conv.h"

namespace turnstone {
namespace {

// Takes positions one after the other, and keeps some of them.
class Collector {
 public:
  // Positions of each of `tensors`, which have `count`; `most` rows in all.
  Collector(int64_t tensors, int64_t count, int64_t width, int64_t most)
      : count_(count),
        kept_(std::min(count, std::max<int64_t>(most / tensors, 1))),
        found_{Tensor(DType::f32, {tensors * kept_, width}),
               std::vector<double>(static_cast<size_t>(width))},
        total_(tensors * count) {}

  // Row `position` of one tensor; in order.
  void add(int64_t position, std::span<const float> row) {
    for (size_t i = 0; i < row.size(); ++i) found_.mean[i] += row[i];
    if (position != next_ * count_ / kept_) return;
    std::ranges::copy(row, found_.rows.mutable_as<float>().begin() + rows_++ * std::ssize(row));
    next_ = (next_ + 1) % kept_;
  }

  ProductInputs take() {
    for (auto& mean : found_.mean) mean /= static_cast<double>(total_);
    return std::move(found_);
  }

 private:
  int64_t count_, kept_;
  ProductInputs found_;
  int64_t total_;
  int64_t next_ = 0;  // of the rows of a tensor that are kept
  int64_t rows_ = 0;
};

// The window in front of output `position`, counted over pictures, rows and columns.
void copy_window(const ConvShape& shape, std::span<const float> x, int64_t position, int64_t group,
                 std::span<float> row) {
  const auto column = position % shape.out_columns;
  const auto out_row = position / shape.out_columns % shape.out_rows;
  const auto picture = position / (shape.out_columns * shape.out_rows);
  const auto channels = shape.group_channels();
  auto to = row.begin();
  for (int64_t r = 0; r < shape.kernel_rows; ++r)
    for (int64_t c = 0; c < shape.kernel_columns; ++c, to += channels) {
      const auto in_row = out_row * shape.row_stride + r * shape.row_dilation - shape.top;
      const auto in_column = column * shape.column_stride + c * shape.column_dilation - shape.left;
      if (in_row < 0 || in_row >= shape.rows || in_column < 0 || in_column >= shape.columns) {
        std::fill_n(to, channels, 0.0F);
        continue;
      }
      const auto at =
          ((picture * shape.rows + in_row) * shape.columns + in_column) * shape.channels +
          group * channels;
      std::copy_n(x.begin() + at, channels, to);
    }
}

std::vector<ProductInputs> conv_inputs(const Made& made, const std::vector<Tensor>& inputs,
                                       int64_t most) {
  const auto shape = conv_shape(made.call);
  const auto positions = shape.batch * shape.out_rows * shape.out_columns;
  std::vector<float> row(
      static_cast<size_t>(shape.kernel_rows * shape.kernel_columns * shape.group_channels()));
  std::vector<ProductInputs> groups;
  for (int64_t group = 0; group < shape.groups; ++group) {
    Collector collector(std::ssize(inputs), positions, std::ssize(row), most);
    for (const auto& input : inputs)
      for (int64_t position = 0; position < positions; ++position) {
        copy_window(shape, input.as<float>(), position, group, row);
        collector.add(position, row);
      }
    groups.push_back(collector.take());
  }
  return groups;
}

std::vector<ProductInputs> matmul_inputs(const Made& made, const std::vector<Tensor>& inputs,
                                         int64_t most) {
  const auto& weights = made.call.in[1].shape;
  const auto width = weights[weights.size() - 2];
  if (count(weights) != width * weights.back() || width == 0) return {};
  const auto positions = inputs.front().size() / width;
  Collector collector(std::ssize(inputs), positions, width, most);
  for (const auto& input : inputs)
    for (int64_t position = 0; position < positions; ++position)
      collector.add(position, input.as<float>().subspan(static_cast<size_t>(position * width),
                                                        static_cast<size_t>(width)));
  return {collector.take()};
}

}  // namespace

std::vector<ProductInputs> product_inputs(const Made& made, const std::vector<Tensor>& inputs,
                                          int64_t most) {
  if (inputs.empty() || inputs.front().size() == 0 || count(made.call.out[0].shape) == 0) return {};
  return made.op() == "conv" ? conv_inputs(made, inputs, most) : matmul_inputs(made, inputs, most);
}

}  // namespace turnstone
