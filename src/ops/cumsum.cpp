#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  if (x.dtype != DType::f32 && x.dtype != DType::i32 && x.dtype != DType::i64)
    return fail(Code::unsupported, "x is {}, wanted: f32, i32 or i64", print(x));
  TRY(normal_axis(call.i("axis"), x.rank()));
  return std::vector<Type>{x};
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto [outer, along, inner] = extents_of(call);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      double real = 0;
      uint64_t whole = 0;
      for (int64_t k = 0; k < along; ++k) {
        const auto at = (o * along + k) * inner + i;
        if (is_float(in[0].dtype()))
          out[0].set_real(at, real += in[0].real_at(at));
        else
          out[0].set_integer(
              at, static_cast<int64_t>(whole += static_cast<uint64_t>(in[0].integer_at(at))));
      }
    }
}

void emit(const Call& call, CWriter& c) {
  const auto [outer, along, inner] = extents_of(call);
  c.loop("o", outer, [&] {
    c.loop("i", inner, [&] {
      c.line("{} sum = 0;", c_type(call.in[0].dtype));
      c.loop("k", along, [&] {
        c.line("const long at = (o * {} + k) * {} + i;", along, inner);
        c.line("out0[at] = sum += in0[at];");
      });
    });
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 1, 4, 6);
  const auto rank = static_cast<int64_t>(shape.size());
  return {.in = {{pick_type(rng, {DType::f32, DType::i32, DType::i64}), shape}},
          .attrs = {{"axis", pick(rng, -rank, rank - 1)}}};
}

}  // namespace

extern const OpDef cumsum_op{
    .name = "cumsum",
    .doc = "each element with all before it along `axis` added",
    .attrs = {{"axis", int64_t{0}, "dimension that is summed; negative counts from the end"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
    .tolerance = {.relative = 1e-6, .absolute = 2e-6},
};

}  // namespace turnstone
