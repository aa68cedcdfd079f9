#include <algorithm>

#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  const auto& scale = call.in[1];
  const auto& zero = call.in[2];
  const bool known = x.dtype == DType::i8 || x.dtype == DType::u8 || x.dtype == DType::i16 ||
                     x.dtype == DType::u16 || x.dtype == DType::i32;
  if (!known || scale.dtype != DType::f32 || zero.dtype != DType::i32)
    return fail(Code::unsupported,
                "operands are {}, {} and {}, wanted: i8, u8, i16, u16 or i32, then f32, then i32",
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

// 32-bit integers in double, where differences are exact and the product is rounded once.
std::string vector_form(const Call& call, std::span<const std::string> x) {
  return fmt::format("v_reals_{}({}, {}, {})", call.in[0].dtype == DType::i32 ? "wide" : "each",
                     x[0], x[2], x[1]);
}

// A run of elements, each with scales of its own or all with those of `channel`.
void emit_run(const Call& call, CWriter& c, int64_t n, bool each) {
  const auto type = call.in[0].dtype;
  const auto suffix = type == DType::i32 ? "" : fmt::format("_{}", print(type));
  emit_vectors(c, n, [&](auto form, auto& rest) {
    const auto load = [&](std::string_view kind, std::string_view name) {
      return each ? fmt::format("{}_load{}({} + k{})", kind, form, name, rest)
                  : fmt::format("{}_set({}[channel])", kind, name);
    };
    const std::string x[] = {fmt::format("vi_load{}{}(x + k{})", suffix, form, rest),
                             load("vf", "in1"), load("vi", "in2")};
    c.line("vf_store{}(y + k, {}{});", form, vector_form(call, x), rest);
  });
}

void emit(const Call& call, CWriter& c) {
  const auto e = channels_of(call);
  const bool each = e.n > 1 && e.inner == 1;
  const auto run = each ? e.n : e.inner;
  const auto type = c_type(call.in[0].dtype);
  c.need("rescale");
  c.loop("outer", e.outer, [&] {
    c.loop("channel", each ? 1 : e.n, [&] {
      c.line("const {} *const x = in0 + (outer * {} + channel) * {};", type, each ? 1 : e.n, run);
      c.line("float *const y = out0 + (outer * {} + channel) * {};", each ? 1 : e.n, run);
      if (call.in[0].dtype != DType::u16) return emit_run(call, c, run, each);
      c.loop("k", run, [&] {  // of which there is no load
        const auto at = each ? "k" : "channel";
        c.line("y[k] = (float)(x[k] - in2[{0}]) * in1[{0}];", at);
      });
    });
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 1, 4, 6);
  const auto rank = static_cast<int64_t>(shape.size());
  const auto axis = pick(rng, -rank, rank - 1);
  const auto channels = rng() % 3 == 0 ? 1 : shape[static_cast<size_t>(*normal_axis(axis, rank))];
  return {
      .in = {{pick_type(rng, {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32}), shape},
             {DType::f32, {channels}},
             {DType::i32, {channels}}},
      .attrs = {{"axis", axis}},
      .low = -100,
      .high = 200};
}

constexpr Elementwise forms = {.vector = vector_form, .math = "rescale"};

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
    .mixed = &forms,
};

}  // namespace turnstone
