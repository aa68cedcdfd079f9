#include <algorithm>

#include "ops/nest.h"

namespace turnstone {
namespace {

Result<> check_lengths(const Call& call) {
  const auto& x = call.in[0];
  for (const auto* name : {"starts", "extents", "steps"})
    if (call.ints(name).size() != x.shape.size())
      return fail(Code::invalid, "{} {} does not have one number for each dimension of x: {}", name,
                  print(call.ints(name)), print(x));
  return {};
}

Result<std::vector<Type>> infer(const Call& call) {
  TRY(check_lengths(call));
  const auto& x = call.in[0];
  for (size_t d = 0; d < x.shape.size(); ++d) {
    const auto start = call.ints("starts")[d];
    const auto extent = call.ints("extents")[d];
    const auto step = call.ints("steps")[d];
    if (step == 0) return fail(Code::invalid, "the step of dimension {} is 0", d);
    if (extent < 0 || extent > x.shape[d])
      return fail(Code::invalid, "extent {} of dimension {} is outside [0, {}] for x: {}", extent,
                  d, x.shape[d], print(x));
    if (extent == 0) continue;
    if (start < 0 || start >= x.shape[d])
      return fail(Code::invalid, "start {} of dimension {} is outside [0, {}) for x: {}", start, d,
                  x.shape[d], print(x));
    const auto room = step > 0 ? x.shape[d] - 1 - start : start;
    const auto size = step > 0 ? static_cast<uint64_t>(step) : -static_cast<uint64_t>(step);
    if (static_cast<uint64_t>(extent - 1) > static_cast<uint64_t>(room) / size)
      return fail(Code::invalid, "{} steps of {} from {} leave dimension {} of x: {}", extent - 1,
                  step, start, d, print(x));
  }
  return std::vector<Type>{{x.dtype, call.ints("extents")}};
}

// Where the first element lies in x, and how far apart neighbours are.
struct Walk {
  int64_t first = 0;
  Shape strides;
};

Walk walk_of(const Call& call) {
  Walk walk{0, strides_of(call.in[0].shape)};
  for (size_t d = 0; d < walk.strides.size(); ++d) {
    walk.first += call.ints("starts")[d] * walk.strides[d];
    walk.strides[d] = call.out[0].shape[d] == 1 ? 0 : walk.strides[d] * call.ints("steps")[d];
  }
  return walk;
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto walk = walk_of(call);
  const auto size = size_of(call.in[0].dtype);
  for (int64_t i = 0; i < out[0].size(); ++i) {
    const auto at = walk.first + offset_of(place_of(call.out[0].shape, i), walk.strides);
    std::copy_n(in[0].bytes() + at * size, size, out[0].mutable_bytes() + i * size);
  }
}

// The innermost dimensions that lie in one piece in x and in the result are copied at once.
size_t first_whole(const Walk& walk, const Shape& shape) {
  const auto packed = strides_of(shape);
  size_t d = shape.size();
  while (d > 0 && (shape[d - 1] == 1 || walk.strides[d - 1] == packed[d - 1])) --d;
  return d;
}

int64_t parts(const Call& call) {
  const auto& shape = call.out[0].shape;
  const auto whole = first_whole(walk_of(call), shape);
  return parts_of({shape.begin(), shape.begin() + static_cast<long>(whole)});
}

void emit(const Call& call, CWriter& c) {
  auto walk = walk_of(call);
  const auto& shape = call.out[0].shape;
  const auto whole = first_whole(walk, shape);
  const auto n = count_between(shape, whole, shape.size());
  auto target = strides_of(shape);
  target.resize(whole);
  walk.strides.resize(whole);
  emit_parts(c, {shape.begin(), shape.begin() + static_cast<long>(whole)}, [&] {
    if (n == 1)
      c.line("out0[{}] = in0[{} + {}];", c_offset(target), walk.first, c_offset(walk.strides));
    else
      c.line("__builtin_memcpy(out0 + {}, in0 + {} + {}, {});", c_offset(target), walk.first,
             c_offset(walk.strides), n * size_of(call.in[0].dtype));
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 0, 5, 6);
  std::vector<int64_t> starts, extents, steps;
  for (const auto extent : shape) {
    const auto step = pick(rng, 0, 2) == 0 ? 1 : pick(rng, 1, 3);
    const bool back = rng() % 4 == 0;
    const auto start = rng() % 3 == 0 ? (back ? extent - 1 : 0) : pick(rng, 0, extent - 1);
    const auto most = (back ? start : extent - 1 - start) / step + 1;
    starts.push_back(start);
    steps.push_back(back ? -step : step);
    extents.push_back(rng() % 2 ? most : pick(rng, 1, most));
  }
  return {.in = {{pick_type(rng, {DType::f32, DType::u8, DType::i64, DType::boolean}), shape}},
          .attrs = {{"starts", starts}, {"extents", extents}, {"steps", steps}}};
}

}  // namespace

extern const OpDef slice_op{
    .name = "slice",
    .doc = "element i of each dimension is element starts + i * steps of x",
    .attrs = {{"starts", std::vector<int64_t>{}, "first index along each dimension"},
              {"extents", std::vector<int64_t>{}, "number of elements along each dimension"},
              {"steps", std::vector<int64_t>{}, "distance of elements, negative to walk back"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .parts = parts,
    .sample = sample,
};

}  // namespace turnstone
