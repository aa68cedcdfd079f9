#include <array>

#include "ops/fixed_point.h"
#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  if (!is_byte(x.dtype)) return fail(Code::unsupported, "x is {}, wanted: i8 or u8", print(x));
  if (x.rank() < 1 || x.shape.back() < 1 || x.shape.back() > 4095)
    return fail(Code::invalid, "x is {}, wanted: a last dimension of 1 to 4095", print(x));
  const auto to = parse_dtype(call.text("to"));
  if (!to || !is_byte(*to))
    return fail(Code::invalid, "to=\"{}\" is none of i8, u8", call.text("to"));
  if (call.i("multiplier") < 0 || call.i("multiplier") > INT32_MAX || call.i("shift") < 0 ||
      call.i("shift") > 31)
    return fail(Code::invalid, "multiplier={} shift={} is outside [0, 2^31) and [0, 31]",
                call.i("multiplier"), call.i("shift"));
  if (call.i("diff_min") > 0 || call.i("diff_min") < INT32_MIN)
    return fail(Code::invalid, "diff_min={} is outside [-2^31, 0]", call.i("diff_min"));
  return std::vector<Type>{{*to, x.shape}};
}

// exp(x) with 31 bits behind the point, for x in [-1/4, 0) with 31 bits: the Taylor series around
// -1/8.
int32_t exp_near_zero(int32_t x) {
  constexpr int32_t exp_of_eighth = 1895147668;  // exp(-1/8)
  constexpr int32_t third = 715827883;
  const int32_t a = x + (1 << 28);
  const int32_t square = high_product(a, a);
  const int32_t cube = high_product(square, a);
  const int32_t fourth = shift_rounding(high_product(square, square), 2);
  const int32_t rest = shift_rounding(high_product(fourth + cube, third) + square, 1);
  return exp_of_eighth + high_product(exp_of_eighth, a + rest);
}

// exp(x) with 31 bits behind the point, for x <= 0 with 26: the part below 1/4 as above, each bit
// of the rest as a factor.
int32_t exp_of(int32_t x) {
  constexpr int32_t quarter = 1 << 24;
  constexpr std::array<int32_t, 7> factors = {1672461947, 1302514674, 790015084, 290630308,
                                              39332535,   720401,     242};  // exp(-2^(i-2))
  if (x == 0) return std::numeric_limits<int32_t>::max();
  const int32_t low = (x & (quarter - 1)) - quarter;
  int32_t result = exp_near_zero(low * 32);
  const auto rest = static_cast<uint32_t>(low) - static_cast<uint32_t>(x);
  for (size_t i = 0; i < factors.size(); ++i)
    if (rest >> (24 + i) & 1) result = high_product(result, factors[i]);
  return result;
}

// The exponential of each distance 0..255 below the largest element; 0 where it is left out.
std::array<int32_t, 256> powers_of(const Call& call) {
  std::array<int32_t, 256> powers = {};
  const auto multiplier = static_cast<int32_t>(call.i("multiplier"));
  for (int32_t distance = 0; distance < 256; ++distance) {
    if (-distance < call.i("diff_min")) continue;
    const auto raised = static_cast<uint32_t>(-distance) << call.i("shift");
    powers[static_cast<size_t>(distance)] =
        exp_of(high_product(static_cast<int32_t>(raised), multiplier));
  }
  return powers;
}

// 2^31 / (sum / 2^(31 - leading zeros)), by Newton's method.
int32_t reciprocal_of(int32_t shifted) {
  const int32_t half = (1 << 30) + shifted / 2;
  int32_t x = 1515870810 + high_product(half, -1010580540);  // 48/17 - 32/17 * half
  for (int i = 0; i < 3; ++i) {
    const int32_t error = (1 << 29) - high_product(half, x);
    x += high_product(x, error) * 4;
  }
  return x >= 1 << 30 ? std::numeric_limits<int32_t>::max() : x * 2;
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto powers = powers_of(call);
  const auto n = call.in[0].shape.back();
  const int64_t least = call.out[0].dtype == DType::i8 ? -128 : 0;
  for (int64_t first = 0; first < in[0].size(); first += n) {
    int64_t top = in[0].integer_at(first);
    for (int64_t k = 1; k < n; ++k) top = std::max(top, in[0].integer_at(first + k));
    const auto power = [&](int64_t k) {
      return powers[static_cast<size_t>(top - in[0].integer_at(first + k))];
    };
    int32_t sum = 0;  // 19 bits behind the point
    for (int64_t k = 0; k < n; ++k) sum += shift_rounding(power(k), 12);
    const int zeros = __builtin_clz(static_cast<uint32_t>(sum));
    const auto factor =
        reciprocal_of(static_cast<int32_t>((static_cast<uint32_t>(sum) << zeros) - (1U << 31)));
    const int right = 35 - zeros;
    for (int64_t k = 0; k < n; ++k) {
      // A half of 2^-31 or less: of several hundred equal elements each has less than half a step.
      const auto share = right > 31 ? 0 : shift_rounding(high_product(factor, power(k)), right);
      out[0].set_integer(first + k, std::clamp<int64_t>(share + least, least, least + 255));
    }
  }
}

void emit_reciprocal(CWriter& c) {
  const auto product = [](std::string_view a, std::string_view b) {
    return fmt::format("(int32_t)(((int64_t){} * {} + (1LL << 30)) >> 31)", a, b);
  };
  c.line("const int zeros = __builtin_clz((uint32_t)sum);");
  c.line("const int32_t shifted = (int32_t)(((uint32_t)sum << zeros) - (1u << 31));");
  c.line("const int32_t half = (1 << 30) + shifted / 2;");
  c.line("int32_t x = 1515870810 + {};", product("half", "-1010580540"));
  c.loop("i", 3, [&] {
    c.line("const int32_t error = (1 << 29) - {};", product("half", "x"));
    c.line("x += {} * 4;", product("x", "error"));
  });
  c.line("const int32_t factor = x >= 1 << 30 ? INT32_MAX : x * 2;");
  c.line("const int right = 35 - zeros;");
  c.line("const int32_t mask = (int32_t)((1LL << (right & 31)) - 1);  // not read beyond 31");
}

// The exponentials are a table: a byte has 255 distances below the largest one.
void emit(const Call& call, CWriter& c) {
  const auto n = call.in[0].shape.back();
  const auto least = call.out[0].dtype == DType::i8 ? -128 : 0;
  std::string powers;
  for (const auto power : powers_of(call))
    powers += fmt::format("{}{}", powers.empty() ? "" : ", ", power);
  c.line("static const int32_t powers[256] = {{{}}};", powers);
  c.block(
      fmt::format("for (long first = 0; first < {}; first += {})", count(call.in[0].shape), n),
      [&] {
        c.line("int top = in0[first];");
        c.loop("k", 1, n, 1, [&] { c.line("top = in0[first + k] > top ? in0[first + k] : top;"); });
        c.line("int32_t sum = 0;");
        c.loop("k", n, [&] {
          c.line("const int32_t power = powers[top - in0[first + k]];");
          c.line("sum += (power >> 12) + ((power & 4095) > 2047);");
        });
        emit_reciprocal(c);
        c.loop("k", n, [&] {
          c.line("const int32_t power = powers[top - in0[first + k]];");
          c.line("const int32_t high = (int32_t)(((int64_t)factor * power + (1LL << 30)) >> 31);");
          c.line(
              "const int32_t share = right > 31 ? 0 : (high >> right) + ((high & mask) > mask >> "
              "1);");
          c.line("out0[first + k] = ({})((share > 255 ? 255 : share) + {});",
                 c_type(call.out[0].dtype), c_integer(least));
        });
      });
}

Sample sample(std::mt19937& rng) {
  auto shape = pick_shape(rng, 1, 3, 4);
  const bool many = rng() % 8 == 0;  // of equal elements: shares below half a step
  shape.back() = many ? pick(rng, 500, 1100) : pick(rng, 1, 60);
  const auto shift = pick(rng, 20, 26);
  return {.in = {{pick_type(rng, {DType::i8, DType::u8}), shape}},
          .attrs = {{"multiplier", pick(rng, 1 << 30, (int64_t{1} << 31) - 1)},
                    {"shift", shift},
                    {"diff_min", -((int64_t{31} << 26) >> shift)},
                    {"to", std::string(rng() % 2 ? "i8" : "u8")}},
          .low = many        ? 100.0
                 : rng() % 2 ? -128.0
                             : 60.0,
          .high = many ? 100.0 : 255.0};
}

}  // namespace

extern const OpDef quantized_softmax_op{
    .name = "quantized_softmax",
    .doc =
        "softmax of integers over the last dimension in steps of 1/256, the least integer of the "
        "type being 0; bit for bit as TFLite's reference",
    .attrs = {{"multiplier", int64_t{1} << 30,
               "a step of x is multiplier * 2^(shift - 31) units of 2^-26"},
              {"shift", int64_t{24}, "0 to 31"},
              {"diff_min", int64_t{-248},
               "elements that are less than the largest by more count as 0"},
              {"to", std::string("i8"), "element type of the result: i8 or u8"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
};

}  // namespace turnstone
