// rescaled_add and rescaled_mul: two operands of integers that stand for real numbers.
#include "ops/elementwise.h"
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

// Whether v_over_scale divides every sum or product that may come by `scale` as a division does.
template <bool adds>
bool divides_by_inverse(const Call& call) {
  const auto reals = [&](size_t operand, std::string_view zero, std::string_view scale) {
    std::vector<float> all;
    const auto range = range_of(call.in[operand].dtype);
    for (auto k = range.low; k <= range.high; ++k)
      all.push_back(real_of(k, call.i(zero), scale_of(call, scale)));
    return all;
  };
  const float scale = scale_of(call, "scale");
  const float inverse = 1 / scale;
  const auto b_reals = reals(1, "b_zero", "b_scale");
  for (const float a : reals(0, "a_zero", "a_scale"))
    for (const float b : b_reals) {
      const float both = adds ? a + b : a * b;
      const float near = both * inverse;
      if (std::fma(std::fma(-near, scale, both), inverse, near) != both / scale) return false;
    }
  return true;
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

// Sums that lie so near to the middle between two integers that rounding decides.
struct NearSum {
  float a = 0, b = 0;
  int64_t want = 0;
};

// One of the ways to round the factors, the nearest first.
float moved(double real, int64_t steps) {
  auto value = static_cast<float>(real);
  for (int64_t k = 0; k < std::abs(steps); ++k)
    value = std::nextafter(value, steps > 0 ? HUGE_VALF : -HUGE_VALF);
  return value;
}

}  // namespace

std::optional<JoinedSum> joined_sum(const Call& call, std::array<int64_t, 2> taken_off) {
  constexpr double near = 1e-3;  // steps, more than the factors' rounding makes of any sum
  constexpr int64_t most = 4;    // units of the last place that factors are moved by
  const IntegerRange limits = {call.i("low"), call.i("high")};
  const float a_scale = scale_of(call, "a_scale"), b_scale = scale_of(call, "b_scale");
  const float scale = scale_of(call, "scale");
  const double a_factor = double{a_scale} / scale, b_factor = double{b_scale} / scale;
  const double added = static_cast<double>(call.i("zero")) -
                       static_cast<double>(call.i("a_zero") - taken_off[0]) * a_factor -
                       static_cast<double>(call.i("b_zero") - taken_off[1]) * b_factor;
  const auto integer_of = [&](float steps) {
    return std::clamp(static_cast<int64_t>(std::nearbyint(steps)), limits.low, limits.high);
  };
  const auto each_pair = [&](auto body) {
    const auto a_range = range_of(call.in[0].dtype), b_range = range_of(call.in[1].dtype);
    for (auto a = a_range.low; a <= a_range.high; ++a)
      for (auto b = b_range.low; b <= b_range.high; ++b) {
        volatile const float both =
            real_of(a, call.i("a_zero"), a_scale) + real_of(b, call.i("b_zero"), b_scale);
        const NearSum pair = {static_cast<float>(a - taken_off[0]),
                              static_cast<float>(b - taken_off[1]),
                              stored_steps(both / scale, call.i("zero"), limits)};
        if (!body(pair)) return false;
      }
    return true;
  };
  // Far larger steps than those of the result leave no integer that could hold a sum.
  constexpr double largest_sum = 1e6;
  if (510 * (a_factor + b_factor) > largest_sum) return std::nullopt;
  std::vector<NearSum> hard;
  each_pair([&](const NearSum& pair) {
    const double steps = pair.a * a_factor + pair.b * b_factor + added;
    if (std::fabs(steps - std::floor(steps) - 0.5) < near) hard.push_back(pair);
    return true;
  });
  for (int64_t way = 0; way <= 3 * most; ++way)
    for (int64_t i = -std::min(way, most); i <= std::min(way, most); ++i)
      for (int64_t j = -std::min(way - std::abs(i), most); j <= std::min(way - std::abs(i), most);
           ++j) {
        const auto left = way - std::abs(i) - std::abs(j);
        if (left > most) continue;
        for (const auto k : {left, -left}) {
          const JoinedSum sum = {moved(a_factor, i), moved(b_factor, j), moved(added, k)};
          const auto agrees = [&](const NearSum& pair) {
            return integer_of(sum.of(pair.a, pair.b)) == pair.want;
          };
          if (std::ranges::all_of(hard, agrees) && each_pair(agrees)) return sum;
        }
      }
  return std::nullopt;
}

std::string c_joined_sum(const JoinedSum& sum, std::string_view a, std::string_view b) {
  return fmt::format("vf_fma({}, vf_set({}), vf_fma({}, vf_set({}), vf_set({})))", a,
                     c_float(sum.a_factor), b, c_float(sum.b_factor), c_float(sum.added));
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
