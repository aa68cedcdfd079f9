#include "ops/fixed_point.h"
#include "ops/nest.h"

namespace turnstone {
namespace {

Result<DType> target(const Call& call) {
  const auto to = parse_dtype(call.text("to"));
  if (to)
    for (const auto type : {DType::i8, DType::u8, DType::i16, DType::i32})
      if (*to == type) return type;
  return fail(Code::invalid, "to=\"{}\" is none of i8, u8, i16, i32", call.text("to"));
}

Result<std::vector<Type>> infer(const Call& call) {
  for (const auto& type : call.in)
    if (type.dtype != DType::i32)
      return fail(Code::unsupported, "an operand is {}, wanted: i32", print(type));
  const auto& x = call.in[0];
  const auto& multiplier = call.in[1];
  const auto channels = x.shape.empty() ? 1 : x.shape.back();
  if (multiplier.shape != call.in[2].shape || multiplier.rank() != 1 ||
      (multiplier.shape[0] != 1 && multiplier.shape[0] != channels))
    return fail(Code::invalid, "multiplier {} and shift {} are not both [1] or [{}] for x: {}",
                print(multiplier), print(call.in[2]), channels, print(x));
  const auto to = TRY(target(call));
  const auto low = call.i("low");
  const auto high = call.i("high");
  Tensor limits(to, {2});
  limits.set_integer(0, low), limits.set_integer(1, high);
  if (low > high || limits.integer_at(0) != low || limits.integer_at(1) != high)
    return fail(Code::invalid, "[{}, {}] is not a range of {}", low, high, print(to));
  if (call.text("rounding") != "twice" && call.text("rounding") != "once")
    return fail(Code::invalid, "rounding=\"{}\" is none of twice, once", call.text("rounding"));
  if (call.i("zero") < -32768 || call.i("zero") > 65535)
    return fail(Code::invalid, "zero={} is outside [-32768, 65535]", call.i("zero"));
  return std::vector<Type>{{to, x.shape}};
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto x = in[0].as<int32_t>();
  const auto multiplier = in[1].as<int32_t>();
  const auto shift = in[2].as<int32_t>();
  const auto step = call.text("rounding") == "once" ? scaled_once : scaled;
  for (size_t i = 0; i < x.size(); ++i) {
    const auto channel = i % multiplier.size();
    const auto value =
        static_cast<uint32_t>(step(x[i], multiplier[channel], std::clamp(shift[channel], -31, 30)));
    const auto moved = static_cast<int32_t>(value + static_cast<uint32_t>(call.i("zero")));
    out[0].set_integer(static_cast<int64_t>(i),
                       std::clamp<int64_t>(moved, call.i("low"), call.i("high")));
  }
}

// One vector of results; `form` and `n` are "" or "_n" and ", how many".
void emit_vector(const Call& call, CWriter& c, bool each, std::string_view form,
                 std::string_view n) {
  const auto operand = [&](int i, std::string_view name) {
    if (each)
      c.line("const vi {} = vi_load{}(in{} + k{});", name, form, i, n);
    else
      c.line("const vi {} = vi_set(in{}[0]);", name, i);
  };
  operand(1, "multiplier");
  operand(2, "shift");
  c.line("const vi x = vi_load{}(in0 + at + k{});", form, n);
  c.line("const vi moved = {}(x, multiplier, vi_clamp(shift, -31, 30)) + {};",
         requantize_function(call.text("rounding")), c_integer(call.i("zero")));
  const auto type = call.out[0].dtype;
  c.line("vi_store{}{}(out0 + at + k, vi_clamp(moved, {}, {}){});",
         type == DType::i32 ? "" : fmt::format("_{}", print(type)), form, c_integer(call.i("low")),
         c_integer(call.i("high")), n);
}

void emit(const Call& call, CWriter& c) {
  const auto total = count(call.in[0].shape);
  const bool each = call.in[1].shape[0] != 1;
  const auto row = each ? call.in[1].shape[0] : total;
  if (total == 0) return;
  c.need("requantize");
  c.block(fmt::format("for (long at = 0; at < {}; at += {})", total, row), [&] {
    emit_vectors(c, row, [&](auto form, auto& n) { emit_vector(call, c, each, form, n); });
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 0, 3, 40);
  const auto channels = shape.empty() || rng() % 2 ? 1 : shape.back();
  const auto to = pick_type(rng, {DType::i8, DType::u8, DType::i16, DType::i32});
  const int64_t low = to == DType::u8 ? 0 : -128;
  Sample drawn{.in = {{DType::i32, shape}, {DType::i32, {channels}}, {DType::i32, {channels}}},
               .attrs = {{"rounding", std::string(rng() % 2 ? "once" : "twice")},
                         {"zero", pick(rng, low, low + 255)},
                         {"low", rng() % 2 ? low : low + 30},
                         {"high", low + (rng() % 2 ? 255 : 100)},
                         {"to", std::string(print(to))}}};
  for (const auto& type : drawn.in) drawn.fixed.emplace_back(type.dtype, type.shape);
  for (auto& x : drawn.fixed[0].mutable_as<int32_t>())
    x = static_cast<int32_t>(rng()) >> pick(rng, 0, 20);
  for (auto& m : drawn.fixed[1].mutable_as<int32_t>())
    m = static_cast<int32_t>(rng() % 16 == 0 ? 0 : pick(rng, 1 << 30, (int64_t{1} << 31) - 1));
  for (auto& s : drawn.fixed[2].mutable_as<int32_t>())
    s = static_cast<int32_t>(rng() % 8 ? pick(rng, -12, -1) : pick(rng, -31, 5));
  return drawn;
}

}  // namespace

extern const OpDef requantize_op{
    .name = "requantize",
    .doc =
        "x * multiplier * 2^(shift - 31) + zero, limited to [low, high]; multiplier and shift are "
        "for each channel, the last dimension, or for all. The shift is limited to [-31, 30]. "
        "Rounds "
        "twice, at multiplier and shift, or once at both, as TFLite's operators do",
    .arity = 3,
    .attrs = {{"zero", int64_t{0}, "integer of the result that stands for zero"},
              {"low", int64_t{-128}, "least result"},
              {"high", int64_t{127}, "largest result"},
              {"rounding", std::string("twice"), "twice or once"},
              {"to", std::string("i8"), "element type of the result: i8, u8, i16 or i32"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
};

}  // namespace turnstone
