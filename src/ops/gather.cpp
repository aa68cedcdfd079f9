#include <algorithm>

#include "ops/nest.h"

namespace turnstone {
namespace {

bool is_index(DType type) { return type == DType::i32 || type == DType::i64; }

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  const auto& indices = call.in[1];
  if (!is_index(indices.dtype))
    return fail(Code::unsupported, "indices are {}, wanted: i32 or i64", print(indices));
  const auto axis = TRY(normal_axis(call.i("axis"), x.rank()));
  if (x.shape[static_cast<size_t>(axis)] == 0)
    return fail(Code::invalid, "axis {} of x: {} is empty", axis, print(x));
  Shape shape(x.shape.begin(), x.shape.begin() + axis);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), x.shape.begin() + axis + 1, x.shape.end());
  return std::vector<Type>{{x.dtype, shape}};
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto p = extents_of(call);
  const auto bytes = p.inner * size_of(call.in[0].dtype);
  for (int64_t o = 0; o < p.outer; ++o)
    for (int64_t k = 0; k < in[1].size(); ++k) {
      auto index = in[1].integer_at(k);
      if (index < 0) index += p.n;
      index = std::clamp<int64_t>(index, 0, p.n - 1);
      std::copy_n(in[0].bytes() + (o * p.n + index) * bytes, bytes,
                  out[0].mutable_bytes() + (o * in[1].size() + k) * bytes);
    }
}

void emit(const Call& call, CWriter& c) {
  const auto p = extents_of(call);
  const auto n = count(call.in[1].shape);
  c.loop("o", p.outer, [&] {
    c.loop("k", n, [&] {
      c.line("int64_t index = in1[k];");
      c.line("if (index < 0) index += {};", p.n);
      c.line("index = index < 0 ? 0 : index > {0} ? {0} : index;", p.n - 1);
      c.line("__builtin_memcpy(out0 + (o * {} + k) * {}, in0 + (o * {} + index) * {}, {});", n,
             p.inner, p.n, p.inner, p.inner * size_of(call.in[0].dtype));
    });
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 1, 4, 6);
  const auto rank = static_cast<int64_t>(shape.size());
  return {.in = {{pick_type(rng, {DType::f32, DType::u8, DType::i64}), shape},
                 {pick_type(rng, {DType::i32, DType::i64}), pick_shape(rng, 0, 2, 5)}},
          .attrs = {{"axis", pick(rng, -rank, rank - 1)}},
          .low = -8,
          .high = 8};
}

}  // namespace

extern const OpDef gather_op{
    .name = "gather",
    .doc =
        "pieces of x at `indices` along `axis`; negative indices count from the end, others "
        "outside "
        "the dimension are moved to its nearest end",
    .arity = 2,
    .attrs = {{"axis", int64_t{0},
               "dimension that the indices replace; negative counts from the end"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
};

}  // namespace turnstone
