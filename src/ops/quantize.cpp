#include <algorithm>
#include <cmath>

#include "ops/nest.h"
#include "ops/rescale.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  if (x.dtype != DType::f32) return fail(Code::unsupported, "x is {}, wanted: f32", print(x));
  const auto to = parse_dtype(call.text("to"));
  if (!to || is_float(*to) || *to == DType::boolean || size_of(*to) > 2)
    return fail(Code::invalid, "to=\"{}\" is none of i8, u8, i16, u16", call.text("to"));
  TRY(check_scale(call, "scale"));
  if (!range_of(*to).contains(call.i("zero")))
    return fail(Code::invalid, "zero={} is outside {}", call.i("zero"), print(*to));
  if (call.text("rounding") != "away" && call.text("rounding") != "even")
    return fail(Code::invalid, "rounding=\"{}\" is none of away, even", call.text("rounding"));
  return std::vector<Type>{{*to, x.shape}};
}

bool is_even(const Call& call) { return call.text("rounding") == "even"; }

float scale_of(const Call& call) { return static_cast<float>(call.real("scale")); }

int64_t away_from_zero(float steps, int64_t zero, IntegerRange limits) {
  const auto least = static_cast<float>(limits.low - zero);
  const auto most = static_cast<float>(limits.high - zero);
  return static_cast<int64_t>(std::round(steps > least ? std::min(steps, most) : least)) + zero;
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto limits = range_of(call.out[0].dtype);
  const auto stored = is_even(call) ? stored_steps : away_from_zero;
  const auto x = in[0].as<float>();
  for (size_t i = 0; i < x.size(); ++i)
    out[0].set_integer(static_cast<int64_t>(i),
                       stored(x[i] / scale_of(call), call.i("zero"), limits));
}

std::string vector_form(const Call& call, std::span<const std::string> x) {
  const auto limits = range_of(call.out[0].dtype);
  return fmt::format("v_steps{}({} / {}, {}, {}, {})", is_even(call) ? "" : "_away", x[0],
                     c_float(scale_of(call)), c_integer(call.i("zero")), c_integer(limits.low),
                     c_integer(limits.high));
}

void emit(const Call& call, CWriter& c) {
  const auto n = count(call.in[0].shape);
  const auto to = call.out[0].dtype;
  c.need("rescale");
  if (to == DType::u16)  // of which there is no store
    return c.loop("k", n, [&] {
      const std::string x[] = {"vf_set(in0[k])"};
      c.line("out0[k] = (uint16_t)({})[0];", vector_form(call, x));
    });
  emit_vectors(c, n, [&](auto form, auto& rest) {
    const std::string x[] = {fmt::format("vf_load{}(in0 + k{})", form, rest)};
    c.line("vi_store_{}{}(out0 + k, {}{});", print(to), form, vector_form(call, x), rest);
  });
}

Sample sample(std::mt19937& rng) {
  const auto to = pick_type(rng, {DType::i8, DType::u8, DType::i16, DType::u16});
  static constexpr double scales[] = {0.5, 0.0078125, 0.037, 1.0};
  const auto limits = range_of(to);
  return {.in = {{DType::f32, pick_shape(rng, 0, 3, 9)}},
          .attrs = {{"scale", scales[rng() % 4]},
                    {"zero", pick(rng, limits.low, limits.high)},
                    {"rounding", std::string(rng() % 2 ? "even" : "away")},
                    {"to", std::string(print(to))}},
          .low = -40,
          .high = 40};
}

constexpr Elementwise forms = {.vector = vector_form, .math = "rescale"};

}  // namespace

extern const OpDef quantize_op{
    .name = "quantize",
    .doc = "x / scale, rounded, + zero, limited to the type",
    .attrs = {{"scale", 1.0, "distance of neighbouring integers"},
              {"zero", int64_t{0}, "integer that stands for zero"},
              {"rounding", std::string("away"),
               "where halves go: away from zero, or to the even neighbour"},
              {"to", std::string("u8"), "element type of the result: i8, u8, i16 or u16"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
    .mixed = &forms,
};

}  // namespace turnstone
