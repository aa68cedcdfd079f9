#include "ops/requantize.h"

#include <array>
#include <limits>

#include "ops/fixed_point.h"
#include "ops/joined_sum.h"
#include "ops/nest.h"
#include "ops/rescale.h"

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

// Finds the floats for one channel. Result and multiply-add both never fall where the sum rises and
// has one sign, so they agree everywhere if they do on both sides of each place where the result
// changes, on both sides of zero and at the ends.
class ProductJoiner {
 public:
  ProductJoiner(const Call& call, int32_t multiplier, int32_t shift)
      : multiplier_(multiplier),
        shift_(shift),
        step_(call.text("rounding") == "once" ? scaled_once : scaled),
        zero_(call.i("zero")),
        limits_{call.i("low"), call.i("high")},
        factor_(std::ldexp(multiplier, shift - 31)) {
    for (auto level = limits_.low + 1; level <= limits_.high; ++level) {
      const auto at = least_sum(level);
      decide(at - 1), decide(at);
    }
    for (const auto sum : {least, int64_t{-1}, int64_t{0}, most}) decide(sum);
  }

  std::optional<JoinedProduct> find() const {
    for (const bool ignores_sign : {true, false})
      for (const auto move : {0, 1, -1, 2, -2, 3, -3})
        if (const auto found = find(moved(static_cast<float>(factor_), move), ignores_sign))
          return found;
    return std::nullopt;
  }

 private:
  static constexpr int64_t least = std::numeric_limits<int32_t>::min();
  static constexpr int64_t most = std::numeric_limits<int32_t>::max();

  struct Decided {
    int32_t sum = 0;
    int64_t result = 0;
  };
  struct Range {
    double low = 0, high = 0;
  };

  int64_t result(int64_t sum) const {
    return std::clamp(step_(static_cast<int32_t>(sum), multiplier_, shift_) + zero_, limits_.low,
                      limits_.high);
  }

  void decide(int64_t sum) {
    if (sum >= least && sum <= most) decided_.push_back({static_cast<int32_t>(sum), result(sum)});
  }

  // The least sum whose result is at least `level`; one more than the largest if none is.
  int64_t least_sum(int64_t level) const {
    auto low = least, high = most + 1;
    // The roundings move it by less than this from where the real number passes the middle.
    constexpr double near = 8;
    const double middle = (static_cast<double>(level - zero_) - 0.5) / factor_;
    if (std::fabs(middle) < static_cast<double>(most) - near) {
      const auto below = static_cast<int64_t>(middle - near);
      const auto above = static_cast<int64_t>(middle + near);
      if (result(below) < level) low = below + 1;
      if (result(above) >= level) high = above;
    }
    while (low < high) {
      const auto middle_sum = low + (high - low) / 2;
      if (result(middle_sum) >= level)
        high = middle_sum;
      else
        low = middle_sum + 1;
    }
    return low;
  }

  std::optional<JoinedProduct> find(float factor, bool ignores_sign) const {
    auto above = Range{static_cast<double>(zero_) - 1, static_cast<double>(zero_) + 1};
    auto below = above;
    for (const auto& [sum, result] : decided_) {
      auto& range = sum < 0 ? below : above;
      const double rest = static_cast<double>(result) - static_cast<double>(factor) * sum;
      if (result > limits_.low) range.low = std::max(range.low, rest - 0.5);
      if (result < limits_.high) range.high = std::min(range.high, rest + 0.5);
    }
    if (ignores_sign)
      above = below = {std::max(above.low, below.low), std::min(above.high, below.high)};
    for (const double part : {0.5, 0.25, 0.75}) {
      const auto inside = [&](const Range& range) {
        return static_cast<float>(range.low + part * (range.high - range.low));
      };
      const JoinedProduct joined = {factor, inside(above), inside(below)};
      if (agrees(joined)) return joined;
    }
    return std::nullopt;
  }

  bool agrees(const JoinedProduct& joined) const {
    return std::ranges::all_of(decided_, [&](const Decided& decided) {
      return std::clamp(joined.of(decided.sum), limits_.low, limits_.high) == decided.result;
    });
  }

  int32_t multiplier_ = 0, shift_ = 0;
  int32_t (*step_)(int32_t, int32_t, int) = nullptr;
  int64_t zero_ = 0;
  IntegerRange limits_;
  double factor_ = 0;
  std::vector<Decided> decided_;
};

}  // namespace

std::optional<JoinedProduct> joined_product(const Call& call, int32_t multiplier, int32_t shift) {
  constexpr int64_t most_levels = 255;
  const bool is_byte_range = call.i("high") - call.i("low") <= most_levels;
  // All multiply-adds fit 32 bits.
  if (!is_byte_range || multiplier < 0 || shift > -1) return std::nullopt;
  return ProductJoiner(call, multiplier, std::max(shift, -31)).find();
}

// Half of what is shifted out rounds to nearest, and half of what the first of two roundings takes
// away rounds that; halves go away from zero, which is one unit of the first rounding less.
// What is below zero does not count where the limits cut it off.
bool FoldedProduct::depends_on_sign(const Call& call) {
  return call.text("rounding") == "twice" && call.i("low") < call.i("zero");
}

std::optional<FoldedProduct> folded_product(const Call& call, int32_t multiplier, int32_t shift,
                                            int64_t zero) {
  // All sums of 32 bits fit 62 beside a sign, and what is added has to.
  constexpr int most_bits = 62;
  const int right = -std::max(shift, -31);
  if (multiplier < 0 || right < 1) return std::nullopt;
  const double half = std::ldexp(1.0, 30 + right);
  if (half * (2 * std::fabs(static_cast<double>(zero)) + 1) > std::ldexp(1.0, most_bits - 1))
    return std::nullopt;
  const auto first = call.text("rounding") == "twice" ? int64_t{1} << 30 : 0;
  return FoldedProduct{multiplier, (2 * zero + 1) * (int64_t{1} << (30 + right)) + first,
                       right - 1};
}

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
