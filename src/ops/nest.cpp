#include "ops/nest.h"

#include <algorithm>

namespace turnstone {

Shape place_of(const Shape& shape, int64_t i) {
  Shape place(shape.size());
  for (size_t d = shape.size(); d-- > 0;) {
    place[d] = i % shape[d];
    i /= shape[d];
  }
  return place;
}

int64_t offset_of(const Shape& place, const Shape& strides) {
  int64_t offset = 0;
  for (size_t d = 0; d < place.size(); ++d) offset += place[d] * strides[d];
  return offset;
}

int64_t count_between(const Shape& shape, size_t from, size_t to) {
  int64_t n = 1;
  for (size_t d = from; d < to; ++d) n *= shape[d];
  return n;
}

Extents extents_of(const Call& call) {
  const auto& shape = call.in[0].shape;
  const auto axis = static_cast<size_t>(*normal_axis(call.i("axis"), shape.size()));
  return {count_between(shape, 0, axis), shape[axis], count_between(shape, axis + 1, shape.size())};
}

std::string c_offset(const Shape& strides) {
  std::string text;
  for (size_t d = 0; d < strides.size(); ++d)
    if (strides[d] != 0)
      text += fmt::format("{}{} * i{}", text.empty() ? "" : " + ", c_integer(strides[d]), d);
  return text.empty() ? "0" : text;
}

namespace {

size_t first_long(const Shape& shape) {
  return static_cast<size_t>(std::ranges::find_if(shape, [](auto n) { return n != 1; }) -
                             shape.begin());
}

void emit_loops(CWriter& c, const Shape& shape, size_t divided, const std::function<void()>& body) {
  const std::function<void(size_t)> level = [&](size_t d) {
    if (d == shape.size()) return body();
    const auto name = fmt::format("i{}", d);
    if (d == divided)
      c.block(fmt::format("for (long {0} = from; {0} < to; ++{0})", name), [&] { level(d + 1); });
    else
      c.loop(name, shape[d], [&] { level(d + 1); });
  };
  level(0);
}

}  // namespace

void emit_nest(CWriter& c, const Shape& shape, const std::function<void()>& body) {
  emit_loops(c, shape, shape.size(), body);
}

int64_t parts_of(const Shape& shape) {
  const auto d = first_long(shape);
  return d < shape.size() ? shape[d] : 1;
}

void emit_parts(CWriter& c, const Shape& shape, const std::function<void()>& body) {
  emit_loops(c, shape, first_long(shape), body);
}

void emit_vectors(CWriter& c, int64_t n,
                  const std::function<void(std::string_view form, const std::string& n)>& one) {
  c.line("long k = 0;");
  c.block(fmt::format("for (; k + LANES <= {}; k += LANES)", n), [&] { one("", ""); });
  c.block(fmt::format("if (k < {})", n), [&] { one("_n", fmt::format(", (int)({} - k)", n)); });
}

Shape repeated_strides(const Shape& operand, const Shape& out) {
  const auto own = strides_of(operand);
  const auto shift = out.size() - operand.size();
  Shape strides(out.size(), 0);
  for (size_t d = 0; d < operand.size(); ++d)
    if (operand[d] != 1) strides[d + shift] = own[d];
  return strides;
}

int64_t pick(std::mt19937& rng, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(rng() % static_cast<uint64_t>(high - low + 1));
}

Shape pick_shape(std::mt19937& rng, int64_t least_rank, int64_t most_rank, int64_t most_extent) {
  Shape shape(static_cast<size_t>(pick(rng, least_rank, most_rank)));
  for (auto& extent : shape) extent = pick(rng, 1, most_extent);
  return shape;
}

DType pick_type(std::mt19937& rng, std::initializer_list<DType> types) {
  return types.begin()[rng() % types.size()];
}

bool is_number(DType type) {
  return type == DType::f32 || (!is_float(type) && type != DType::boolean);
}

}  // namespace turnstone
