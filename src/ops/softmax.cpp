#include <cmath>
#include <limits>

#include "ops/nest.h"

namespace turnstone {
namespace {

Result<std::vector<Type>> infer(const Call& call) {
  const auto& x = call.in[0];
  if (x.dtype != DType::f32) return fail(Code::unsupported, "x is {}, wanted: f32", print(x));
  const auto axis = call.i("axis");
  if (axis < -x.rank() || axis >= x.rank())
    return fail(Code::invalid, "axis {} is outside [{}, {}) for x: {}", axis, -x.rank(), x.rank(),
                print(x));
  return std::vector<Type>{x};
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto e = extents_of(call);
  const auto x = in[0].as<float>();
  auto y = out[0].mutable_as<float>();
  for (int64_t o = 0; o < e.outer * e.inner; ++o) {
    const auto first = o / e.inner * e.n * e.inner + o % e.inner;
    const auto at = [&](int64_t k) { return static_cast<size_t>(first + k * e.inner); };
    double top = -std::numeric_limits<double>::infinity();
    for (int64_t k = 0; k < e.n; ++k) top = x[at(k)] > top ? x[at(k)] : top;
    double sum = 0;
    for (int64_t k = 0; k < e.n; ++k) sum += std::exp(x[at(k)] - top);
    for (int64_t k = 0; k < e.n; ++k) y[at(k)] = static_cast<float>(std::exp(x[at(k)] - top) / sum);
  }
}

// Adds the vector `power` to `sum`, and keeps in `lost` what rounding takes away (Kahan 1965):
// thousands of classes in four lanes would else cost two digits.
void emit_addition(CWriter& c, std::string_view sum) {
  c.line("const vf more = power - lost;");
  c.line("const vf next = {} + more;", sum);
  c.line("lost = (next - {}) - more;", sum);
  c.line("{} = next;", sum);
}

// From so many vectors on, what rounding takes away from a sum counts.
constexpr int64_t many_vectors = 64;

// Rows of n neighbours: vectors run along the row.
void emit_rows(const Extents& e, CWriter& c) {
  c.block("for (long o = from; o < to; ++o)", [&] {
    c.line("const float *const x = in0 + o * {};", e.n);
    c.line("float *const y = out0 + o * {};", e.n);
    c.line("const int rest = (int)({} % LANES);", e.n);
    c.line("long k = 0;");
    c.line("vf tops = vf_set(-__builtin_inff()), more_tops = tops;");
    c.block(fmt::format("for (; k + 2 * LANES <= {}; k += 2 * LANES)", e.n), [&] {
      c.line("tops = vf_max(vf_load(x + k), tops);");
      c.line("more_tops = vf_max(vf_load(x + k + LANES), more_tops);");
    });
    c.line("float top = vf_highest(vf_max(more_tops, tops));");
    c.line("for (; k < {}; ++k) top = x[k] > top ? x[k] : top;", e.n);
    c.line("vf sums = vf_set(0), lost = vf_set(0);");
    c.block(fmt::format("for (k = 0; k + LANES <= {}; k += LANES)", e.n), [&] {
      c.line("const vf power = v_exp(vf_load(x + k) - top);");
      c.line("vf_store(y + k, power);");
      c.block(fmt::format("if ({} > {} * LANES)", e.n, many_vectors),
              [&] { emit_addition(c, "sums"); });
      c.block("else", [&] { c.line("sums = sums + power;"); });
    });
    c.line("float sum = vf_sum(sums);");
    c.block("if (rest > 0)", [&] {
      c.line("const vf power = v_exp(vf_load_n(x + k, rest) - top);");
      c.line("vf_store_n(y + k, power, rest);");
      c.line("for (; k < {}; ++k) sum += y[k];", e.n);
    });
    c.line("const vf share = vf_set(1 / sum);");
    c.line("(void)lost;");
    c.line("for (k = 0; k + LANES <= {0}; k += LANES) vf_store(y + k, vf_load(y + k) * share);",
           e.n);
    c.line("if (rest > 0) vf_store_n(y + k, vf_load_n(y + k, rest) * share, rest);");
  });
}

// One vector of `inner` neighbours that are summed apart.
void emit_columns(const Extents& e, CWriter& c, std::string_view form, std::string_view n) {
  const auto load = [&](std::string_view at) {
    return fmt::format("vf_load{}({}{})", form, at, n);
  };
  const auto at = [&](std::string_view base) { return fmt::format("{} + k * {}", base, e.inner); };
  c.line("vf top = vf_set(-__builtin_inff());");
  c.loop("k", e.n, [&] { c.line("top = vf_max({}, top);", load(at("x"))); });
  c.line("vf sum = vf_set(0), lost = vf_set(0);");
  c.loop("k", e.n, [&] {
    c.line("const vf power = v_exp({} - top);", load(at("x")));
    c.line("vf_store{}({}, power{});", form, at("y"), n);
    emit_addition(c, "sum");
  });
  c.loop("k", e.n, [&] { c.line("vf_store{}({}, {} / sum{});", form, at("y"), load(at("y")), n); });
}

int64_t parts(const Call& call) { return extents_of(call).outer; }

void emit(const Call& call, CWriter& c) {
  const auto e = extents_of(call);
  c.need("math/exp");
  if (e.inner == 1) return emit_rows(e, c);
  c.block("for (long o = from; o < to; ++o)", [&] {
    c.block(fmt::format("for (long j = 0; j < {}; j += LANES)", e.inner), [&] {
      c.line("const float *const x = in0 + o * {} + j;", e.n * e.inner);
      c.line("float *const y = out0 + o * {} + j;", e.n * e.inner);
      c.block(fmt::format("if (j + LANES <= {})", e.inner), [&] { emit_columns(e, c, "", ""); });
      c.block(fmt::format("if (j + LANES > {})", e.inner),
              [&] { emit_columns(e, c, "_n", fmt::format(", {} - j", e.inner)); });
    });
  });
}

Sample sample(std::mt19937& rng) {
  auto shape = pick_shape(rng, 1, 4, 6);
  if (rng() % 2) shape.back() = pick(rng, 1, 40);
  const bool many = rng() % 8 == 0;  // about alike, so that each adds to the sum
  if (many) shape = {2, pick(rng, 3000, 7000)};
  const auto rank = static_cast<int64_t>(shape.size());
  return {.in = {{DType::f32, shape}},
          .attrs = {{"axis", rng() % 2 ? -1 : pick(rng, -rank, rank - 1)}},
          .low = many ? -1.0 : -30.0,
          .high = many ? 1.0 : 30.0};
}

}  // namespace

extern const OpDef softmax_op{
    .name = "softmax",
    .doc = "exp(x), divided by its sum along `axis`",
    .attrs = {{"axis", int64_t{-1},
               "dimension whose elements sum to 1; negative counts from the end"}},
    .infer = infer,
    .eval = eval,
    .emit = emit,
    .parts = parts,
    .sample = sample,
    .tolerance = {6e-6, 1e-8},
};

}  // namespace turnstone
