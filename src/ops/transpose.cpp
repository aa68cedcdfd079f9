#include <algorithm>
#include <functional>
#include <numeric>

#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& axes = call.ints("axes");
  const auto& x = call.in[0];
  auto sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> wanted(x.shape.size());
  std::iota(wanted.begin(), wanted.end(), 0);
  if (sorted != wanted)
    return fail(Code::invalid, "axes {} is not an order of the {} dimensions of x: {}", print(axes),
                x.shape.size(), print(x));
  Shape shape;
  for (const auto axis : axes) shape.push_back(x.shape[static_cast<size_t>(axis)]);
  return std::vector<Type>{{x.dtype, shape}};
}

// Stride in x of each dimension of the result.
Shape source_strides(const Call& call) {
  const auto own = strides_of(call.in[0].shape);
  Shape strides;
  for (const auto axis : call.ints("axes")) strides.push_back(own[static_cast<size_t>(axis)]);
  return strides;
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto from = source_strides(call);
  const auto& shape = call.out[0].shape;
  const auto size = size_of(call.in[0].dtype);
  for (int64_t i = 0; i < out[0].size(); ++i) {
    int64_t at = 0;
    int64_t rest = i;
    for (size_t d = shape.size(); d-- > 0;) {
      at += rest % shape[d] * from[d];
      rest /= shape[d];
    }
    std::copy_n(in[0].bytes() + at * size, size, out[0].mutable_bytes() + i * size);
  }
}

// Neighbours in x are neighbours along dimension `near` of the result.
size_t near_dimension(const Call& call) {
  const auto& axes = call.ints("axes");
  return static_cast<size_t>(std::ranges::max_element(axes) - axes.begin());
}

constexpr int64_t side = 64;
constexpr int64_t small_side = 4;  // of squares that v_transpose moves

// Where neighbours in x become strangers, squares are moved: a run of the result and as many runs
// of x, so that what is fetched into the cache is used up before it leaves.
bool moves_squares(const Call& call) {
  const auto& shape = call.out[0].shape;
  return !shape.empty() && near_dimension(call) + 1 != shape.size() && shape.back() > side;
}

// Dimensions around the squares.
Shape shape_around(const Call& call) {
  auto shape = call.out[0].shape;
  shape[near_dimension(call)] = shape.back() = 1;
  return shape;
}

int64_t parts(const Call& call) {
  return parts_of(moves_squares(call) ? shape_around(call) : call.out[0].shape);
}

void emit(const Call& call, CWriter& c) {
  const auto& shape = call.out[0].shape;
  const auto to = strides_of(shape);
  const auto from = source_strides(call);
  const auto move = [&] { c.line("out0[{}] = in0[{}];", c_offset(to), c_offset(from)); };
  if (!moves_squares(call)) return emit_parts(c, shape, move);
  const auto near = near_dimension(call);
  const auto last = shape.size() - 1;
  const auto small = call.in[0].dtype == DType::f32 ? shape[near] / small_side * small_side : 0;
  const auto move_small = [&] {
    c.line("long i{} = first;", last);
    c.block(fmt::format("for (; i{0} + {1} <= end; i{0} += {1})", last, small_side), [&] {
      c.line("v_transpose(in0 + {}, {}, out0 + {}, {});", c_offset(from), from[last], c_offset(to),
             to[near]);
    });
    c.block(fmt::format("for (; i{0} < end; ++i{0})", last), [&] {
      c.line("for (long k = 0; k < {}; ++k) out0[{} + k * {}] = in0[{} + k];", small_side,
             c_offset(to), to[near], c_offset(from));
    });
  };
  emit_parts(c, shape_around(call), [&] {
    c.loop("first", 0, shape[last], side, [&] {
      c.line("const long end = first + {0} < {1} ? first + {0} : {1};", side, shape[last]);
      if (small > 0) c.loop(fmt::format("i{}", near), 0, small, small_side, move_small);
      if (small < shape[near])
        c.loop(fmt::format("i{}", near), small, shape[near], 1, [&] {
          c.block(fmt::format("for (long i{0} = first; i{0} < end; ++i{0})", last), move);
        });
    });
  });
}

Sample sample(std::mt19937& rng) {
  Shape shape(1 + rng() % 5);
  for (auto& extent : shape) extent = 1 + rng() % 5;
  if (rng() % 2 == 0) shape[rng() % shape.size()] = 60 + rng() % 80;
  std::vector<int64_t> axes(shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  std::shuffle(axes.begin(), axes.end(), rng);
  static constexpr DType types[] = {DType::f32, DType::i8, DType::i64};
  return {.in = {{types[rng() % 3], shape}}, .attrs = {{"axes", axes}}};
}

}  // namespace

extern const OpDef transpose_op{
    .name = "transpose",
    .doc = "dimension i of the result is dimension axes[i] of x",
    .attrs = {{"axes", std::vector<int64_t>{}, "order of the dimensions"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .parts = parts,
    .sample = sample,
};

}  // namespace turnstone
