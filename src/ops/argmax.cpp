#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  if (!is_number(x.dtype) || x.dtype == DType::u64)
    return fail(Code::unsupported, "x is {}, wanted: f32 or integers but u64", print(x));
  const auto axis = static_cast<size_t>(TRY(normal_axis(call.i("axis"), x.rank())));
  if (call.i("last") != 0 && call.i("last") != 1)
    return fail(Code::invalid, "last={} is neither 0 nor 1", call.i("last"));
  if (x.shape[axis] == 0) return fail(Code::invalid, "axis {} of x: {} is empty", axis, print(x));
  Shape shape = x.shape;
  shape[axis] = 1;
  return std::vector<Type>{{DType::i64, shape}};
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto e = extents_of(call);
  const bool floats = in[0].dtype() == DType::f32;
  for (int64_t i = 0; i < out[0].size(); ++i) {
    const auto first = i / e.inner * e.n * e.inner + i % e.inner;
    const auto beats = [&](int64_t k, int64_t best) {
      const auto a = first + k * e.inner;
      const auto b = first + best * e.inner;
      const bool last = call.i("last") != 0;
      if (floats) {
        const auto x = in[0].real_at(a);
        const auto y = in[0].real_at(b);
        return last ? x >= y : x > y;
      }
      const auto x = in[0].integer_at(a);
      const auto y = in[0].integer_at(b);
      return last ? x >= y : x > y;
    };
    int64_t best = 0;
    for (int64_t k = 1; k < e.n; ++k)
      if (beats(k, best)) best = k;
    out[0].set_integer(i, best);
  }
}

void emit(const Call& call, CWriter& c) {
  const auto e = extents_of(call);
  c.loop("o", e.outer, [&] {
    c.loop("j", e.inner, [&] {
      c.line("const {} *const x = in0 + o * {} + j;", c_type(call.in[0].dtype), e.n * e.inner);
      c.line("long best = 0;");
      c.block(fmt::format("for (long k = 1; k < {}; ++k)", e.n), [&] {
        c.line("if (x[k * {0}] {1} x[best * {0}]) best = k;", e.inner,
               call.i("last") != 0 ? ">=" : ">");
      });
      c.line("out0[o * {} + j] = best;", e.inner);
    });
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 1, 4, 6);
  const auto rank = static_cast<int64_t>(shape.size());
  return {.in = {{pick_type(rng, {DType::f32, DType::i8, DType::u8, DType::i64}), shape}},
          .attrs = {{"axis", pick(rng, -rank, rank - 1)}, {"last", pick(rng, 0, 1)}}};
}

}  // namespace

extern const OpDef argmax_op{
    .name = "argmax",
    .doc = "index of the largest element along `axis`, as i64; the dimension becomes 1",
    .attrs = {{"axis", int64_t{0}, "dimension that is searched; negative counts from the end"},
              {"last", int64_t{0}, "of equal elements: 0 takes the first, 1 the last"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
};

}  // namespace turnstone
