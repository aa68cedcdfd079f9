#include <algorithm>

#include "ops/narrow.h"
#include "ops/nest.h"

namespace turnstone {
namespace {

Shape leading(const Type& type) { return {type.shape.begin(), type.shape.end() - 2}; }

bool has_reals(const Call& call) {
  const auto a = call.in[0].dtype;
  const auto b = call.in[1].dtype;
  return (a == DType::f32 || a == DType::bf16) && (b == DType::f32 || is_narrow(b));
}

Result<std::vector<Type>> infer(const Call& call) {
  const auto& a = call.in[0];
  const auto& b = call.in[1];
  if (!has_reals(call) && (a.dtype != DType::i32 || b.dtype != DType::i32))
    return fail(Code::unsupported,
                "operands are {} and {}, wanted: f32 or bf16 and f32, f16 or bf16, or both i32",
                print(a), print(b));
  for (const auto& type : call.in) {
    if (type.rank() < 2)
      return fail(Code::invalid, "an operand is {}, wanted: two dimensions or more", print(type));
  }
  if (a.shape.back() != b.shape[b.shape.size() - 2])
    return fail(Code::invalid, "a: {} has rows of {}, b: {} has columns of {}", print(a),
                a.shape.back(), print(b), b.shape[b.shape.size() - 2]);
  auto shape = TRY(broadcast(leading(a), leading(b)));
  shape.push_back(a.shape[a.shape.size() - 2]);
  shape.push_back(b.shape.back());
  return std::vector<Type>{{has_reals(call) ? DType::f32 : DType::i32, shape}};
}

// Extents of one product [rows, depth] x [depth, columns], and where each operand's matrices lie.
struct Product {
  int64_t rows, depth, columns;
  Shape batches, a_strides, b_strides;
};

Shape scaled(Shape strides, int64_t factor) {
  for (auto& stride : strides) stride *= factor;
  return strides;
}

Product product_of(const Call& call) {
  const auto& a = call.in[0];
  Product p{a.shape[a.shape.size() - 2],
            a.shape.back(),
            call.in[1].shape.back(),
            leading(call.out[0]),
            {},
            {}};
  p.a_strides = scaled(repeated_strides(leading(a), p.batches), p.rows * p.depth);
  p.b_strides = scaled(repeated_strides(leading(call.in[1]), p.batches), p.depth * p.columns);
  return p;
}

// Sums in `Sum`; those of integers wrap around.
template <class Element, class Sum>
void eval_as(const Call& call, const Tensor& in_a, const Tensor& in_b, Tensor& out) {
  const auto p = product_of(call);
  const auto a = in_a.as<Element>();
  const auto b = in_b.as<Element>();
  auto y = out.mutable_as<Element>();
  for (int64_t i = 0; i < out.size(); ++i) {
    const auto batch = place_of(p.batches, i / (p.rows * p.columns));
    const auto row = i / p.columns % p.rows;
    const auto a_at = offset_of(batch, p.a_strides) + row * p.depth;
    const auto b_at = offset_of(batch, p.b_strides) + i % p.columns;
    Sum sum = 0;
    for (int64_t k = 0; k < p.depth; ++k)
      sum += static_cast<Sum>(a[static_cast<size_t>(a_at + k)]) *
             static_cast<Sum>(b[static_cast<size_t>(b_at + k * p.columns)]);
    y[static_cast<size_t>(i)] = static_cast<Element>(sum);
  }
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  if (has_reals(call)) return eval_as<float, double>(call, widened(in[0]), widened(in[1]), out[0]);
  eval_as<int32_t, uint32_t>(call, in[0], in[1], out[0]);
}

// Adds row after row of b to a row of the result, so that neighbours are worked on together.
void emit(const Call& call, CWriter& c) {
  const auto p = product_of(call);
  const bool floats = has_reals(call);
  // Integers without sign, whose sums may wrap around.
  const std::string_view type = floats ? "float" : "uint32_t";
  const auto element = [&](size_t operand) {
    return floats ? c_type(call.in[operand].dtype) : type;
  };
  emit_nest(c, p.batches, [&] {
    c.line("const {0} *const a = (const {0} *)in0 + {1};", element(0), c_offset(p.a_strides));
    c.line("const {0} *const b = (const {0} *)in1 + {1};", element(1), c_offset(p.b_strides));
    c.line("{} *const y = ({} *)out0 + {};", type, type,
           c_offset(scaled(strides_of(p.batches), p.rows * p.columns)));
    c.loop("row", p.rows, [&] {
      c.loop("j", p.columns, [&] { c.line("y[row * {} + j] = 0;", p.columns); });
      c.loop("k", p.depth, [&] {
        c.line("const {} factor = {};", type,
               widened_text(call.in[0].dtype, fmt::format("a[row * {} + k]", p.depth)));
        c.loop("j", p.columns, [&] {
          c.line("y[row * {} + j] += factor * {};", p.columns,
                 widened_text(call.in[1].dtype, fmt::format("b[k * {} + j]", p.columns)));
        });
      });
    });
  });
}

Sample sample(std::mt19937& rng) {
  const auto depth = pick(rng, 1, 20);
  const bool floats = rng() % 4 > 0;
  static constexpr DType reals[] = {DType::f32, DType::f32, DType::bf16, DType::f16};
  const auto a = !floats ? DType::i32 : reals[rng() % 3];
  const auto b = !floats ? DType::i32 : reals[rng() % 4];
  auto batches = pick_shape(rng, 0, 2, 3);
  const auto with = [&](DType type, int64_t rows, int64_t columns) {
    auto shape = batches;
    for (auto& extent : shape)
      if (rng() % 3 == 0) extent = 1;
    if (!shape.empty() && rng() % 3 == 0) shape.erase(shape.begin());
    shape.push_back(rows);
    shape.push_back(columns);
    return Type{type, shape};
  };
  return {.in = {with(a, pick(rng, 1, 9), depth), with(b, depth, pick(rng, 1, 40))},
          .attrs = {},
          .low = floats ? -1.0 : -1e9,
          .high = floats ? 1.0 : 1e9};
}

}  // namespace

extern const OpDef matmul_op{
    .name = "matmul",
    .doc =
        "matrix products of the last two dimensions; the leading ones are repeated to each other; "
        "those of reals are f32",
    .arity = 2,
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
    .tolerance = {1e-5, 1e-5},
};

}  // namespace turnstone
