#include <algorithm>

#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  const auto& scale = call.in[1];
  const auto& zero = call.in[2];
  const bool known = x.dtype == DType::i8 || x.dtype == DType::u8 || x.dtype == DType::i16 ||
                     x.dtype == DType::i32;
  if (!known || scale.dtype != DType::f32 || zero.dtype != DType::i32)
    return fail(Code::unsupported,
                "operands are {}, {} and {}, wanted: i8, u8, i16 or i32, then f32, then i32",
                print(x), print(scale), print(zero));
  if (scale.rank() != 1 || scale.shape != zero.shape)
    return fail(Code::invalid, "scale {} and zero {} are not lists of one length", print(scale),
                print(zero));
  if (scale.shape[0] == 1) return std::vector<Type>{{DType::f32, x.shape}};
  const auto axis = static_cast<size_t>(TRY(normal_axis(call.i("axis"), x.rank())));
  if (scale.shape[0] != x.shape[axis])
    return fail(Code::invalid, "{} scales for the {} elements of axis {} of x: {}", scale.shape[0],
                x.shape[axis], axis, print(x));
  return std::vector<Type>{{DType::f32, x.shape}};
}

// x as [outer, channel, inner], each channel with its scale.
Extents channels_of(const Call& call) {
  if (call.in[1].shape[0] == 1) return {1, 1, count(call.in[0].shape)};
  return extents_of(call);
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto e = channels_of(call);
  for (int64_t i = 0; i < in[0].size(); ++i) {
    const auto channel = i / e.inner % e.n;
    const auto steps = in[0].integer_at(i) - in[2].integer_at(channel);
    out[0].set_real(i, in[1].real_at(channel) * static_cast<double>(steps));
  }
}

// In double, where differences of 32-bit integers are exact and the product is rounded once.
void emit(const Call& call, CWriter& c) {
  const auto e = channels_of(call);
  c.loop("outer", e.outer, [&] {
    c.loop("channel", e.n, [&] {
      c.line("const double zero = in2[channel], scale = in1[channel];");
      c.loop("inner", e.inner, [&] {
        c.line("const long at = (outer * {} + channel) * {} + inner;", e.n, e.inner);
        c.line("out0[at] = (float)(scale * (in0[at] - zero));");
      });
    });
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 1, 4, 6);
  const auto rank = static_cast<int64_t>(shape.size());
  const auto axis = pick(rng, -rank, rank - 1);
  const auto channels = rng() % 3 == 0 ? 1 : shape[static_cast<size_t>(*normal_axis(axis, rank))];
  return {.in = {{pick_type(rng, {DType::i8, DType::u8, DType::i16, DType::i32}), shape},
                 {DType::f32, {channels}},
                 {DType::i32, {channels}}},
          .attrs = {{"axis", axis}},
          .low = -100,
          .high = 200};
}

}  // namespace

extern const OpDef dequantize_op{
    .name = "dequantize",
    .doc = "(x - zero) * scale as f32; scale and zero are for each index along `axis`, or for all",
    .arity = 3,
    .attrs = {{"axis", int64_t{-1}, "dimension of the scales; negative counts from the end"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
};

}  // namespace turnstone
