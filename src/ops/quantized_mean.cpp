#include "ops/fixed_point.h"
#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  if (!is_byte(x.dtype)) return fail(Code::unsupported, "x is {}, wanted: i8 or u8", print(x));
  Shape shape = x.shape;
  std::vector<bool> reduced(shape.size(), false);
  for (const auto axis : call.ints("axes")) {
    const auto d = static_cast<size_t>(TRY(normal_axis(axis, x.rank())));
    if (reduced[d])
      return fail(Code::invalid, "axes {} name a dimension twice", print(call.ints("axes")));
    reduced[d] = true;
    shape[d] = 1;
  }
  if (count(x.shape) == 0 || count(x.shape) / count(shape) > 1 << 23)
    return fail(Code::unsupported, "the mean of {} elements of x: {} is not exact",
                count(x.shape) / std::max<int64_t>(count(shape), 1), print(x));
  const int64_t least = x.dtype == DType::i8 ? -128 : 0;
  for (const auto* name : {"x_zero", "zero"})
    if (call.i(name) < least || call.i(name) > least + 255)
      return fail(Code::invalid, "{}={} is outside [{}, {}]", name, call.i(name), least,
                  least + 255);
  if (call.i("multiplier") < 0 || call.i("multiplier") > INT32_MAX || call.i("shift") < -31 ||
      call.i("shift") > 31)
    return fail(Code::invalid, "multiplier={} shift={} is outside [0, 2^31) and [-31, 31]",
                call.i("multiplier"), call.i("shift"));
  return std::vector<Type>{{x.dtype, shape}};
}

// The factor of the sum: that of the mean over the number of elements, cut to 31 bits.
struct Factor {
  int64_t n = 1;
  int32_t multiplier = 0;
  int shift = 0;
};

Factor factor_of(const Call& call) {
  Factor factor{count(call.in[0].shape) / count(call.out[0].shape), 0, 0};
  const auto own = static_cast<int>(call.i("shift"));
  const int spare =
      std::min(63 - __builtin_clzll(static_cast<unsigned long long>(factor.n)), 31 + own);
  factor.multiplier = static_cast<int32_t>((call.i("multiplier") << spare) / factor.n);
  factor.shift = own - spare;
  return factor;
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto factor = factor_of(call);
  const auto strides = repeated_strides(call.out[0].shape, call.in[0].shape);
  std::vector<int32_t> sums(static_cast<size_t>(out[0].size()), 0);
  for (int64_t i = 0; i < in[0].size(); ++i)
    sums[static_cast<size_t>(offset_of(place_of(in[0].shape(), i), strides))] +=
        static_cast<int32_t>(in[0].integer_at(i) - call.i("x_zero"));
  const int64_t least = call.in[0].dtype == DType::i8 ? -128 : 0;
  for (size_t i = 0; i < sums.size(); ++i) {
    const auto mean = int64_t{scaled(sums[i], factor.multiplier, factor.shift)} + call.i("zero");
    out[0].set_integer(static_cast<int64_t>(i), std::clamp(mean, least, least + 255));
  }
}

void emit(const Call& call, CWriter& c) {
  const auto factor = factor_of(call);
  const auto& from = call.in[0].shape;
  const auto& to = call.out[0].shape;
  const auto source = strides_of(from);
  std::string at = "0";
  const auto reduce = [&](const auto& self, size_t d) -> void {
    if (d == from.size()) return c.line("sum += in0[{}];", at);
    const bool reduced = to[d] == 1 && from[d] != 1;
    at += fmt::format(" + {} * {}{}", source[d], reduced ? "j" : "i", d);
    if (!reduced) return self(self, d + 1);
    c.loop(fmt::format("j{}", d), from[d], [&] { self(self, d + 1); });
  };
  emit_nest(c, to, [&] {
    c.line("int32_t sum = {};", c_integer(-call.i("x_zero") * factor.n));
    reduce(reduce, 0);
    c.line("const int64_t mean = (int64_t){} + {};",
           c_scaled("sum", factor.multiplier, factor.shift), c_integer(call.i("zero")));
    const int64_t least = call.in[0].dtype == DType::i8 ? -128 : 0;
    c.line("out0[{0}] = ({1})(mean < {2} ? {2} : mean > {3} ? {3} : mean);",
           c_offset(strides_of(to)), c_type(call.out[0].dtype), c_integer(least),
           c_integer(least + 255));
  });
}

Sample sample(std::mt19937& rng) {
  const auto type = pick_type(rng, {DType::i8, DType::u8});
  const int64_t least = type == DType::i8 ? -128 : 0;
  const auto shape = pick_shape(rng, 1, 4, 7);
  std::vector<int64_t> axes;
  for (int64_t d = 0; d < static_cast<int64_t>(shape.size()); ++d)
    if (rng() % 2) axes.push_back(d);
  return {.in = {{type, shape}},
          .attrs = {{"axes", axes},
                    {"x_zero", pick(rng, least, least + 255)},
                    {"multiplier", pick(rng, 1 << 30, (int64_t{1} << 31) - 1)},
                    {"shift", rng() % 5 ? pick(rng, -2, 2) : pick(rng, -31, -28)},
                    {"zero", pick(rng, least, least + 255)}},
          .low = -128,
          .high = 255};
}

}  // namespace

extern const OpDef quantized_mean_op{
    .name = "quantized_mean",
    .doc =
        "mean of integers along `axes`, brought to the scale of the result, bit for bit as "
        "TFLite's "
        "reference",
    .attrs = {{"axes", std::vector<int64_t>{},
               "dimensions that become 1; negative counts from the end"},
              {"x_zero", int64_t{0}, "integer of x that stands for zero"},
              {"multiplier", int64_t{1} << 30,
               "scale of x / scale of the result is multiplier * 2^(shift - 31)"},
              {"shift", int64_t{1}, "-31 to 31"},
              {"zero", int64_t{0}, "integer of the result that stands for zero"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .sample = sample,
};

}  // namespace turnstone
