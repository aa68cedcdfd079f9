#include <algorithm>
#include <cmath>

#include "exchange/tflite/families.h"

namespace turnstone::tflite {
namespace {

constexpr int64_t most_parts = 4096;

Value sliced(Fold& g, Value x, std::vector<int64_t> starts, std::vector<int64_t> extents,
             std::vector<int64_t> steps = {}) {
  if (steps.empty()) steps.assign(starts.size(), 1);
  return g.call("slice", {x},
                {{"starts", std::move(starts)},
                 {"extents", std::move(extents)},
                 {"steps", std::move(steps)}});
}

Result<> as_many(const std::vector<int64_t>& list, std::string_view what, const Shape& shape) {
  if (list.size() == shape.size()) return {};
  return fail(Code::invalid, "{} {} has {} numbers for x: {}", what, print(list), list.size(),
              print(shape));
}

// A size of -1 reaches to the end.
Result<Values> slice(Node& n, Fold& g) {
  TRY(n.arity(3, 3));
  const auto shape = n.shape(0);
  const auto starts = TRY(n.known_integers(1, "begin"));
  auto sizes = TRY(n.known_integers(2, "size"));
  TRY(as_many(starts, "begin", shape));
  TRY(as_many(sizes, "size", shape));
  for (size_t d = 0; d < shape.size(); ++d) {
    if (starts[d] < 0 || starts[d] > shape[d])
      return fail(Code::invalid, "begin {} is outside x: {}", print(starts), print(shape));
    if (sizes[d] == -1) sizes[d] = shape[d] - starts[d];
    if (sizes[d] < 0 || sizes[d] > shape[d] - starts[d])
      return fail(Code::invalid, "size {} from {} is outside x: {}", print(sizes), print(starts),
                  print(shape));
  }
  return sliced(g, n.in(0), starts, sizes);
}

bool has_bit(int32_t mask, size_t bit) { return bit < 31 && (mask >> bit & 1) != 0; }

// What STRIDED_SLICE does, spec by spec: each spec covers a dimension of x, or makes a new one.
class StridedSlice {
 public:
  StridedSlice(const fbs::StridedSliceOptions& options, Shape shape)
      : options_(options), shape_(std::move(shape)) {}

  Result<> read(const std::vector<int64_t>& begin, const std::vector<int64_t>& end,
                const std::vector<int64_t>& steps) {
    const auto specs = begin.size();
    if (end.size() != specs || steps.size() != specs)
      return fail(Code::invalid, "begin, end and strides have {}, {} and {} numbers", specs,
                  end.size(), steps.size());
    size_t made = 0;
    for (size_t i = 0; i < specs; ++i)
      made += has_bit(options_.new_axis_mask(), i) || has_bit(options_.ellipsis_mask(), i);
    bool wide = false;
    for (size_t i = 0; i < specs; ++i) {
      if (has_bit(options_.ellipsis_mask(), i)) {
        if (std::exchange(wide, true)) return fail(Code::invalid, "there are two ellipses");
        while (starts.size() + specs - made - covered_ < shape_.size()) whole();
      } else if (has_bit(options_.new_axis_mask(), i)) {
        result.push_back(1);
      } else {
        if (starts.size() == shape_.size())
          return fail(Code::invalid, "there are more ranges than dimensions of x: {}",
                      print(shape_));
        TRY(range(i, begin[i], end[i], steps[i]));
        ++covered_;
      }
    }
    while (starts.size() < shape_.size()) whole();
    return {};
  }

  std::vector<int64_t> starts, extents, steps;
  Shape result;

 private:
  void whole() {
    extents.push_back(shape_[starts.size()]);
    result.push_back(extents.back());
    starts.push_back(0);
    steps.push_back(1);
  }

  Result<> range(size_t i, int64_t begin, int64_t end, int64_t step) {
    const auto extent = shape_[starts.size()];
    if (step == 0) return fail(Code::invalid, "stride {} is 0", i);
    const auto low = step > 0 ? 0 : -1;
    const auto high = step > 0 ? extent : extent - 1;
    const auto bound = [&](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? at + extent : at, low, high);
    };
    const bool single = has_bit(options_.shrink_axis_mask(), i);
    auto first = bound(begin);
    if (has_bit(options_.begin_mask(), i) && !single) first = step > 0 ? 0 : extent - 1;
    if (options_.offset()) end += begin;
    auto last = bound(end);
    if (has_bit(options_.end_mask(), i)) last = step > 0 ? extent : -1;
    if (single && (first < 0 || first >= extent))
      return fail(Code::invalid, "index {} is outside x: {}", begin, print(shape_));
    const auto span = step > 0 ? last - first : first - last;
    const auto stride = step > 0 ? step : -std::max(step, -INT64_MAX);
    starts.push_back(first);
    steps.push_back(std::clamp<int64_t>(step, -extent - 1, extent + 1));
    extents.push_back(single ? 1 : span > 0 ? (span - 1) / stride + 1 : 0);
    if (extents.back() == 0) starts.back() = 0;
    if (!single) result.push_back(extents.back());
    return {};
  }

  const fbs::StridedSliceOptions& options_;
  Shape shape_;
  size_t covered_ = 0;
};

Result<Values> strided_slice(Node& n, Fold& g) {
  TRY(n.arity(4, 4));
  StridedSlice s(*TRY(n.options<fbs::StridedSliceOptions>()), n.shape(0));
  TRY(s.read(TRY(n.known_integers(1, "begin")), TRY(n.known_integers(2, "end")),
             TRY(n.known_integers(3, "strides"))));
  return g.reshape(sliced(g, n.in(0), s.starts, s.extents, s.steps), s.result);
}

// Consecutive parts of x along one dimension.
Result<Values> parts_of(Node& n, Fold& g, Value x, int64_t axis,
                        const std::vector<int64_t>& sizes) {
  if (sizes.size() != n.results())
    return fail(Code::invalid, "{} parts are made for {} results", sizes.size(), n.results());
  auto extents = g.shape(x);
  const auto d = static_cast<size_t>(axis);
  std::vector<int64_t> starts(extents.size(), 0);
  std::vector<Value> parts;
  for (const auto size : sizes) {
    extents[d] = size;
    parts.push_back(sliced(g, x, starts, extents));
    starts[d] += size;
  }
  return parts;
}

Result<Values> split(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto axis = TRY(normal_axis(TRY(n.known_integer(0, "the axis")), n.rank(1)));
  const int64_t parts = TRY(n.options<fbs::SplitOptions>())->num_splits();
  const auto extent = n.shape(1)[static_cast<size_t>(axis)];
  if (parts < 1 || parts > most_parts || extent % parts != 0)
    return fail(Code::invalid, "{} equal parts of dimension {} of x: {} are asked for", parts, axis,
                print(n.shape(1)));
  const std::vector sizes(static_cast<size_t>(parts), extent / parts);
  return parts_of(n, g, n.in(1), axis, sizes);
}

// One size of -1 takes what is left.
Result<Values> split_v(Node& n, Fold& g) {
  TRY(n.arity(3, 3));
  const auto axis = TRY(normal_axis(TRY(n.known_integer(2, "the axis")), n.rank(0)));
  auto sizes = TRY(n.known_integers(1, "the sizes"));
  auto left = n.shape(0)[static_cast<size_t>(axis)];
  const auto open = std::ranges::find(sizes, -1);
  for (auto size = sizes.begin(); size != sizes.end(); ++size) {
    if (size == open) continue;
    if (*size < 0 || *size > left)
      return fail(Code::invalid, "sizes {} do not fit dimension {} of x: {}", print(sizes), axis,
                  print(n.shape(0)));
    left -= *size;
  }
  if (open != sizes.end()) *open = std::exchange(left, 0);
  if (left != 0)
    return fail(Code::invalid, "sizes {} do not fill dimension {} of x: {}", print(sizes), axis,
                print(n.shape(0)));
  return parts_of(n, g, n.in(0), axis, sizes);
}

Result<Values> unpack(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto axis = TRY(normal_axis(TRY(n.options<fbs::UnpackOptions>())->axis(), n.rank(0)));
  auto shape = n.shape(0);
  const auto extent = shape[static_cast<size_t>(axis)];
  if (extent > most_parts)
    return fail(Code::unsupported, "x: {} has {} parts, most {}", print(shape), extent, most_parts);
  const std::vector<int64_t> sizes(static_cast<size_t>(extent), 1);
  auto parts = TRY(parts_of(n, g, n.in(0), axis, sizes));
  shape.erase(shape.begin() + axis);
  for (auto& part : parts.list) part = g.reshape(part, shape);
  return parts;
}

Result<Values> reverse_v2(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  const auto shape = n.shape(0);
  std::vector<int64_t> starts(shape.size(), 0);
  std::vector<int64_t> steps(shape.size(), 1);
  for (const auto axis : TRY(n.known_integers(1, "the axes"))) {
    const auto d = static_cast<size_t>(TRY(normal_axis(axis, n.rank(0))));
    if (shape[d] == 0) continue;
    starts[d] = shape[d] - 1;
    steps[d] = -1;
  }
  return sliced(g, n.in(0), starts, shape, steps);
}

constexpr Row rows[] = {
    {fbs::BuiltinOperator_REVERSE_V2, reverse_v2},
    {fbs::BuiltinOperator_SLICE, slice},
    {fbs::BuiltinOperator_SPLIT, split},
    {fbs::BuiltinOperator_SPLIT_V, split_v},
    {fbs::BuiltinOperator_STRIDED_SLICE, strided_slice},
    {fbs::BuiltinOperator_UNPACK, unpack},
};

}  // namespace

std::span<const Row> slices() { return rows; }

}  // namespace turnstone::tflite
