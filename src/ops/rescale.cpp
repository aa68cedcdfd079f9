#include "ops/rescale.h"

#include "ops/nest.h"

namespace turnstone {

Result<DType> rescaled_type(const Call& call) {
  const auto to = parse_dtype(call.text("to"));
  if (to)
    for (const auto type : {DType::i8, DType::u8, DType::i16})
      if (*to == type) return type;
  return fail(Code::invalid, "to=\"{}\" is none of i8, u8, i16", call.text("to"));
}

Result<> check_limits(const Call& call, DType type) {
  const auto range = range_of(type);
  const auto low = call.i("low");
  const auto high = call.i("high");
  if (low > high || !range.contains(low) || !range.contains(high))
    return fail(Code::invalid, "[{}, {}] is not a range of {}", low, high, print(type));
  if (!range.contains(call.i("zero")))
    return fail(Code::invalid, "zero={} is outside {}", call.i("zero"), print(type));
  return {};
}

Result<> check_scale(const Call& call, std::string_view name) {
  const auto scale = static_cast<float>(call.real(name));
  if (scale > 0 && !std::isinf(scale)) return {};
  return fail(Code::invalid, "{}={} is not a positive f32", name, print(call.real(name)));
}

std::string c_limits(const Call& call) {
  return fmt::format(", {}, {}, {}", c_integer(call.i("zero")), c_integer(call.i("low")),
                     c_integer(call.i("high")));
}

namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  const auto& factor = call.in[1];
  if (x.dtype != DType::i32 || factor.dtype != DType::f32)
    return fail(Code::unsupported, "operands are {} and {}, wanted: i32, then f32", print(x),
                print(factor));
  const auto channels = x.shape.empty() ? 1 : x.shape.back();
  if (factor.rank() != 1 || (factor.shape[0] != 1 && factor.shape[0] != channels))
    return fail(Code::invalid, "factor {} is neither [1] nor [{}] for x: {}", print(factor),
                channels, print(x));
  const auto to = TRY(rescaled_type(call));
  TRY(check_limits(call, to));
  return std::vector<Type>{{to, x.shape}};
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto x = in[0].as<int32_t>();
  const auto factor = in[1].as<float>();
  const IntegerRange limits = {call.i("low"), call.i("high")};
  for (size_t i = 0; i < x.size(); ++i)
    out[0].set_integer(
        static_cast<int64_t>(i),
        stored_steps(static_cast<float>(x[i]) * factor[i % factor.size()], call.i("zero"), limits));
}

std::string vector_form(const Call& call, std::span<const std::string> x) {
  return fmt::format("v_rescale({}, {}{})", x[0], x[1], c_limits(call));
}

// One vector of results; `form` and `n` are "" or "_n" and ", how many".
void emit_vector(const Call& call, CWriter& c, bool each, std::string_view form,
                 const std::string& n) {
  if (each)
    c.line("const vf factor = vf_load{}(in1 + k{});", form, n);
  else
    c.line("const vf factor = vf_set(in1[0]);");
  c.line("const vi x = vi_load{}(in0 + at + k{});", form, n);
  const std::string names[] = {"x", "factor"};
  c.line("vi_store_{}{}(out0 + at + k, {}{});", print(call.out[0].dtype), form,
         vector_form(call, names), n);
}

void emit(const Call& call, CWriter& c) {
  const auto total = count(call.in[0].shape);
  const bool each = call.in[1].shape[0] != 1;
  const auto row = each ? call.in[1].shape[0] : total;
  if (total == 0) return;
  c.need("rescale");
  c.block(fmt::format("for (long at = 0; at < {}; at += {})", total, row), [&] {
    emit_vectors(c, row, [&](auto form, auto& n) { emit_vector(call, c, each, form, n); });
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 0, 3, 40);
  const auto channels = shape.empty() || rng() % 2 ? 1 : shape.back();
  const auto to = pick_type(rng, {DType::i8, DType::u8, DType::i16});
  const int64_t low = to == DType::u8 ? 0 : -128;
  Sample drawn{.in = {{DType::i32, shape}, {DType::f32, {channels}}},
               .attrs = {{"zero", pick(rng, low, low + 255)},
                         {"low", rng() % 2 ? low : low + 30},
                         {"high", low + (rng() % 2 ? 255 : 100)},
                         {"to", std::string(print(to))}}};
  for (const auto& type : drawn.in) drawn.fixed.emplace_back(type.dtype, type.shape);
  for (auto& x : drawn.fixed[0].mutable_as<int32_t>())
    x = static_cast<int32_t>(rng()) >> pick(rng, 0, 28);
  for (auto& f : drawn.fixed[1].mutable_as<float>())
    f = std::ldexp(static_cast<float>(pick(rng, -3, 1 << 20)),
                   static_cast<int>(-pick(rng, 18, 34)));
  return drawn;
}

constexpr Elementwise forms = {.vector = vector_form, .math = "rescale"};

}  // namespace

extern const OpDef rescale_op{
    .name = "rescale",
    .doc =
        "x * factor in f32, rounded with halves to even, + zero, limited to [low, high]; the "
        "factor is for each channel, the last dimension, or for all",
    .arity = 2,
    .attrs = {{"zero", int64_t{0}, "integer of the result that stands for zero"},
              {"low", int64_t{-128}, "least result"},
              {"high", int64_t{127}, "largest result"},
              {"to", std::string("i8"), "element type of the result: i8, u8 or i16"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
    .mixed = &forms,
};

}  // namespace turnstone
