#include "ops/elementwise.h"
#include "ops/fixed_point.h"
#include "ops/joined_sum.h"
#include "ops/nest.h"

namespace turnstone {
namespace {

Result<> check_range(const Call& call, std::string_view name, int64_t low, int64_t high) {
  if (call.i(name) >= low && call.i(name) <= high) return {};
  return fail(Code::invalid, "{}={} is outside [{}, {}]", name, call.i(name), low, high);
}

Result<std::vector<Type>> infer(const Call& call) {
  const auto& a = call.in[0];
  const auto& b = call.in[1];
  if (!is_byte(a.dtype) || a.dtype != b.dtype)
    return fail(Code::unsupported, "operands are {} and {}, wanted: both i8 or both u8", print(a),
                print(b));
  const int64_t least = a.dtype == DType::i8 ? -128 : 0;
  for (const auto* name : {"a_zero", "b_zero", "zero", "low", "high"})
    TRY(check_range(call, name, least, least + 255));
  for (const auto* name : {"a_multiplier", "b_multiplier", "multiplier"})
    TRY(check_range(call, name, -INT32_MAX, INT32_MAX));
  for (const auto* name : {"a_shift", "b_shift", "shift"}) TRY(check_range(call, name, -31, 31));
  TRY(check_range(call, "left_shift", 0, 22));
  if (call.i("low") > call.i("high"))
    return fail(Code::invalid, "low={} is above high={}", call.i("low"), call.i("high"));
  return std::vector<Type>{{a.dtype, TRY(broadcast(a.shape, b.shape))}};
}

int32_t whole(const Call& call, std::string_view name) {
  return static_cast<int32_t>(call.i(name));
}

// How the stored numbers of an operand come to the common scale.
struct Operand {
  int32_t zero = 0, raise = 1, multiplier = 0;
  int shift = 0;
  int32_t of(int64_t stored) const {
    return scaled((static_cast<int32_t>(stored) - zero) * raise, multiplier, shift);
  }
};

// What a call says, read once for many elements.
struct Sum {
  explicit Sum(const Call& call)
      : a{whole(call, "a_zero"), 1 << call.i("left_shift"), whole(call, "a_multiplier"),
          whole(call, "a_shift")},
        b{whole(call, "b_zero"), 1 << call.i("left_shift"), whole(call, "b_multiplier"),
          whole(call, "b_shift")},
        multiplier(whole(call, "multiplier")),
        shift(whole(call, "shift")),
        zero(call.i("zero")),
        limits{call.i("low"), call.i("high")} {}

  // The result of two stored numbers.
  int64_t of(int64_t stored_a, int64_t stored_b) const {
    const auto sum = static_cast<uint32_t>(a.of(stored_a)) + static_cast<uint32_t>(b.of(stored_b));
    const auto y = int64_t{scaled(static_cast<int32_t>(sum), multiplier, shift)};
    return std::clamp(y + zero, limits.low, limits.high);
  }

  Operand a, b;
  int32_t multiplier = 0;
  int shift = 0;
  int64_t zero = 0;
  IntegerRange limits;
};

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto& shape = call.out[0].shape;
  const auto a_strides = repeated_strides(call.in[0].shape, shape);
  const auto b_strides = repeated_strides(call.in[1].shape, shape);
  const Sum sum(call);
  for (int64_t i = 0; i < out[0].size(); ++i) {
    const auto place = place_of(shape, i);
    out[0].set_integer(i, sum.of(in[0].integer_at(offset_of(place, a_strides)),
                                 in[1].integer_at(offset_of(place, b_strides))));
  }
}

double factor_of(int32_t multiplier, int shift) {
  return std::ldexp(static_cast<double>(multiplier), shift - 31);
}

std::optional<JoinedSum> joined(const Call& call) {
  const Sum sum(call);
  const auto range = range_of(call.in[0].dtype);
  const double factor = factor_of(sum.multiplier, sum.shift) * sum.a.raise;
  StoredSum stored = {.ranges = {range, range},
                      .a_factor = factor_of(sum.a.multiplier, sum.a.shift) * factor,
                      .b_factor = factor_of(sum.b.multiplier, sum.b.shift) * factor,
                      .limits = sum.limits,
                      .result = [&](int64_t a, int64_t b) { return sum.of(a, b); }};
  stored.added =
      static_cast<double>(sum.zero) - sum.a.zero * stored.a_factor - sum.b.zero * stored.b_factor;
  return joined_sum(stored, {0, 0});
}

std::string vector_form(const Call& call, std::span<const std::string> x) {
  const auto raised = [&](std::string_view name, std::string_view zero) {
    return fmt::format("({} - {}) * {}", name, c_integer(call.i(zero)), 1 << call.i("left_shift"));
  };
  const auto factor = [&](std::string_view multiplier, std::string_view shift) {
    return fmt::format("(struct v_factor){{{}, {}}}", c_integer(call.i(multiplier)),
                       c_integer(call.i(shift)));
  };
  const auto limits = fmt::format("{}, {}", c_integer(call.i("low")), c_integer(call.i("high")));
  auto separate = fmt::format("v_quantized_sum({}, {}, {}, {}, {}, {}, {})", raised(x[0], "a_zero"),
                              factor("a_multiplier", "a_shift"), raised(x[1], "b_zero"),
                              factor("b_multiplier", "b_shift"), factor("multiplier", "shift"),
                              c_integer(call.i("zero")), limits);
  const auto sum = joined(call);
  if (!sum) return separate;
  return fmt::format(
      "(V_JOINS ? vi_clamp(vi_nearest({}), {}) : {})",
      c_joined_sum(*sum, fmt::format("vf_of_vi({})", x[0]), fmt::format("vf_of_vi({})", x[1])),
      limits, separate);
}

void emit(const Call& call, CWriter& c) {
  const auto raised = [&](std::string_view x, std::string_view zero) {
    return fmt::format("((int32_t){} - {}) * {}", x, c_integer(call.i(zero)),
                       1 << call.i("left_shift"));
  };
  emit_elements(c, call.in, call.out[0], nullptr, [&](CWriter& w, auto x) {
    w.line("const int32_t a = {};",
           c_scaled(raised(x[0], "a_zero"), call.i("a_multiplier"), call.i("a_shift")));
    w.line("const int32_t b = {};",
           c_scaled(raised(x[1], "b_zero"), call.i("b_multiplier"), call.i("b_shift")));
    w.line("const int64_t y = (int64_t){} + {};",
           c_scaled("a + b", call.i("multiplier"), call.i("shift")), c_integer(call.i("zero")));
    return fmt::format("({0})(y < {1} ? {1} : y > {2} ? {2} : y)", c_type(call.out[0].dtype),
                       c_integer(call.i("low")), c_integer(call.i("high")));
  });
}

Sample sample(std::mt19937& rng) {
  const auto type = pick_type(rng, {DType::i8, DType::u8});
  const int64_t least = type == DType::i8 ? -128 : 0;
  const auto shape = pick_shape(rng, 0, 4, 6);
  const auto operand = [&] {
    auto own = shape;
    for (auto& extent : own)
      if (rng() % 4 == 0) extent = 1;
    return Type{type, own};
  };
  const auto factor = [&] { return pick(rng, 1 << 30, (int64_t{1} << 31) - 1); };
  return {.in = {operand(), operand()},
          .attrs = {{"a_zero", pick(rng, least, least + 255)},
                    {"b_zero", pick(rng, least, least + 255)},
                    {"a_multiplier", factor()},
                    {"a_shift", pick(rng, -4, 0)},
                    {"b_multiplier", rng() % 4 ? factor() : -factor()},
                    {"b_shift", pick(rng, -4, 0)},
                    {"multiplier", factor()},
                    {"shift", pick(rng, -20, -16)},
                    {"zero", pick(rng, least, least + 255)},
                    {"low", least + pick(rng, 0, 1) * 20},
                    {"high", least + 255}},
          .low = -128,
          .high = 255};
}

constexpr Elementwise forms = {.vector = vector_form, .math = "quantized"};

}  // namespace

extern const OpDef quantized_add_op{
    .name = "quantized_add",
    .doc =
        "a + b on integers of different scales: each is brought to a common scale, the sum to that "
        "of the result. Bit for bit as TFLite; a negative b_multiplier subtracts",
    .arity = 2,
    .attrs = {{"a_zero", int64_t{0}, "integer of a that stands for zero"},
              {"b_zero", int64_t{0}, "integer of b that stands for zero"},
              {"a_multiplier", int64_t{1} << 30, "a's factor is a_multiplier * 2^(a_shift - 31)"},
              {"a_shift", int64_t{0}, "-31 to 31"},
              {"b_multiplier", int64_t{1} << 30, "b's factor is b_multiplier * 2^(b_shift - 31)"},
              {"b_shift", int64_t{0}, "-31 to 31"},
              {"left_shift", int64_t{20}, "bits that a and b are raised by before they are scaled"},
              {"multiplier", int64_t{1} << 30, "the sum's factor is multiplier * 2^(shift - 31)"},
              {"shift", int64_t{-18}, "-31 to 31"},
              {"zero", int64_t{0}, "integer of the result that stands for zero"},
              {"low", int64_t{0}, "least result"},
              {"high", int64_t{127}, "largest result"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
    .mixed = &forms,
};

}  // namespace turnstone
