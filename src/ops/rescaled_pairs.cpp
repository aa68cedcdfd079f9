// rescaled_add and rescaled_mul: two operands of integers that stand for real numbers.
#include "ops/elementwise.h"
#include "ops/joined_sum.h"
#include "ops/nest.h"
#include "ops/rescale.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  for (const auto& type : call.in)
    if (!is_byte(type.dtype))
      return fail(Code::unsupported, "operands are {} and {}, wanted: i8 or u8", print(call.in[0]),
                  print(call.in[1]));
  const auto to = TRY(rescaled_type(call));
  TRY(check_limits(call, to));
  for (const auto* name : {"a_scale", "b_scale", "scale"}) TRY(check_scale(call, name));
  for (const auto* name : {"a_zero", "b_zero"})
    if (call.i(name) < -128 || call.i(name) > 255)
      return fail(Code::invalid, "{}={} is outside [-128, 255]", name, call.i(name));
  return std::vector<Type>{{to, TRY(broadcast(call.in[0].shape, call.in[1].shape))}};
}

float scale_of(const Call& call, std::string_view name) {
  return static_cast<float>(call.real(name));
}

template <bool adds>
void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto& shape = call.out[0].shape;
  const auto a_strides = repeated_strides(call.in[0].shape, shape);
  const auto b_strides = repeated_strides(call.in[1].shape, shape);
  for (int64_t i = 0; i < out[0].size(); ++i) {
    const auto place = place_of(shape, i);
    const float a = real_of(in[0].integer_at(offset_of(place, a_strides)), call.i("a_zero"),
                            scale_of(call, "a_scale"));
    const float b = real_of(in[1].integer_at(offset_of(place, b_strides)), call.i("b_zero"),
                            scale_of(call, "b_scale"));
    // Two variables, so that nothing is joined.
    volatile const float both = adds ? a + b : a * b;
    out[0].set_integer(i, stored_steps(both / scale_of(call, "scale"), call.i("zero"),
                                       {call.i("low"), call.i("high")}));
  }
}

// Two integers that may come, and the sum or product of the real numbers that they stand for.
struct Pair {
  int64_t a = 0, b = 0;
  float both = 0;
};

template <bool adds>
std::vector<Pair> all_pairs(const Call& call) {
  const auto reals = [&](size_t operand, std::string_view zero, std::string_view scale) {
    std::vector<std::pair<int64_t, float>> all;
    const auto range = range_of(call.in[operand].dtype);
    for (auto k = range.low; k <= range.high; ++k)
      all.emplace_back(k, real_of(k, call.i(zero), scale_of(call, scale)));
    return all;
  };
  const auto b_reals = reals(1, "b_zero", "b_scale");
  std::vector<Pair> pairs;
  for (const auto& [a, a_real] : reals(0, "a_zero", "a_scale"))
    for (const auto& [b, b_real] : b_reals)
      pairs.push_back({a, b, adds ? a_real + b_real : a_real * b_real});
  return pairs;
}

// Whether v_over_scale divides every sum or product that may come by `scale` as a division does.
template <bool adds>
bool divides_by_inverse(const Call& call) {
  const float scale = scale_of(call, "scale");
  const float inverse = 1 / scale;
  return std::ranges::all_of(all_pairs<adds>(call), [&](const Pair& pair) {
    const float near = pair.both * inverse;
    return std::fma(std::fma(-near, scale, pair.both), inverse, near) == pair.both / scale;
  });
}

// The result before it is rounded, by the formula that eval has.
template <bool adds>
std::string separate_steps(const Call& call, std::span<const std::string> x) {
  const auto reals = [&](size_t i, std::string_view zero, std::string_view scale) {
    return fmt::format("v_reals({}, {}, {})", x[i], c_integer(call.i(zero)),
                       c_float(scale_of(call, scale)));
  };
  const auto both = fmt::format("{} {} {}", reals(0, "a_zero", "a_scale"), adds ? "+" : "*",
                                reals(1, "b_zero", "b_scale"));
  const float scale = scale_of(call, "scale");
  return divides_by_inverse<adds>(call)
             ? fmt::format("v_over_scale({}, {}, {})", both, c_float(scale), c_float(1 / scale))
             : fmt::format("({}) / {}", both, c_float(scale));
}

template <bool adds>
std::string vector_form(const Call& call, std::span<const std::string> x) {
  auto separate = fmt::format("v_steps({}{})", separate_steps<adds>(call, x), c_limits(call));
  const auto sum = adds ? joined_sum(call, {0, 0}) : std::nullopt;
  if (!sum) return separate;
  const auto joined =
      c_joined_sum(*sum, fmt::format("vf_of_vi({})", x[0]), fmt::format("vf_of_vi({})", x[1]));
  return fmt::format("(V_JOINS ? vi_clamp(vi_nearest({}), {}, {}) : {})", joined,
                     c_integer(call.i("low")), c_integer(call.i("high")), separate);
}

// Of whatever shapes; codegen has loops over vectors for those that lie beside each other.
template <bool adds>
void emit(const Call& call, CWriter& c) {
  c.need("rescale");
  emit_elements(c, call.in, call.out[0], nullptr, [&](CWriter&, auto x) {
    const std::string names[] = {fmt::format("vi_set({})", x[0]), fmt::format("vi_set({})", x[1])};
    return fmt::format("({})({})[0]", c_type(call.out[0].dtype), vector_form<adds>(call, names));
  });
}

Sample sample(std::mt19937& rng) {
  const auto shape = pick_shape(rng, 0, 4, 6);
  const auto operand = [&] {
    auto own = shape;
    for (auto& extent : own)
      if (rng() % 4 == 0) extent = 1;
    return Type{pick_type(rng, {DType::i8, DType::u8}), own};
  };
  const auto to = pick_type(rng, {DType::i8, DType::u8, DType::i16});
  const int64_t least = to == DType::u8 ? 0 : -128;
  const auto scale = [&] { return 0.001 * static_cast<double>(pick(rng, 1, 60)); };
  Sample drawn{.in = {operand(), operand()},
               .attrs = {{"a_scale", scale()},
                         {"b_scale", scale()},
                         {"scale", scale()},
                         {"zero", pick(rng, least, least + 255)},
                         {"low", least + pick(rng, 0, 1) * 20},
                         {"high", least + 255},
                         {"to", std::string(print(to))}},
               .low = -128,
               .high = 255};
  for (size_t i = 0; i < 2; ++i) {
    const auto range = range_of(drawn.in[i].dtype);
    drawn.attrs[i == 0 ? "a_zero" : "b_zero"] = pick(rng, range.low, range.high);
  }
  return drawn;
}

constexpr Elementwise add_forms = {.vector = vector_form<true>, .math = "rescale"};
constexpr Elementwise mul_forms = {.vector = vector_form<false>, .math = "rescale"};

const std::vector<AttributeDef> attributes = {
    {"a_scale", 1.0, "distance of neighbouring integers of a"},
    {"a_zero", int64_t{0}, "integer of a that stands for zero"},
    {"b_scale", 1.0, "distance of neighbouring integers of b"},
    {"b_zero", int64_t{0}, "integer of b that stands for zero"},
    {"scale", 1.0, "distance of neighbouring integers of the result"},
    {"zero", int64_t{0}, "integer of the result that stands for zero"},
    {"low", int64_t{-128}, "least result"},
    {"high", int64_t{127}, "largest result"},
    {"to", std::string("i8"), "element type of the result: i8, u8 or i16"}};

}  // namespace

std::optional<JoinedSum> joined_sum(const Call& call, std::array<int64_t, 2> taken_off) {
  const float scale = scale_of(call, "scale");
  const float a_scale = scale_of(call, "a_scale"), b_scale = scale_of(call, "b_scale");
  const auto a_zero = call.i("a_zero"), b_zero = call.i("b_zero"), zero = call.i("zero");
  StoredSum sum = {.ranges = {range_of(call.in[0].dtype), range_of(call.in[1].dtype)},
                   .a_factor = double{a_scale} / scale,
                   .b_factor = double{b_scale} / scale,
                   .limits = {call.i("low"), call.i("high")},
                   .result = {}};
  sum.added = static_cast<double>(zero) - static_cast<double>(a_zero) * sum.a_factor -
              static_cast<double>(b_zero) * sum.b_factor;
  sum.result = [=, limits = sum.limits](int64_t a, int64_t b) {
    const float both = real_of(a, a_zero, a_scale) + real_of(b, b_zero, b_scale);
    return stored_steps(both / scale, zero, limits);
  };
  return joined_sum(sum, taken_off);
}

extern const OpDef rescaled_add_op{
    .name = "rescaled_add",
    .doc =
        "a + b of integers that stand for real numbers: in f32, over `scale`, rounded with halves "
        "to even, + zero, limited to [low, high]",
    .arity = 2,
    .attrs = attributes,
    .infer = infer,
    .eval = eval<true>,
    .emit = emit<true>,
    .sample = sample,
    .mixed = &add_forms,
};

extern const OpDef rescaled_mul_op{
    .name = "rescaled_mul",
    .doc =
        "a * b of integers that stand for real numbers: in f32, over `scale`, rounded with halves "
        "to even, + zero, limited to [low, high]",
    .arity = 2,
    .attrs = attributes,
    .infer = infer,
    .eval = eval<false>,
    .emit = emit<false>,
    .sample = sample,
    .mixed = &mul_forms,
};

}  // namespace turnstone
