#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/harness.h"

namespace turnstone {
namespace {

// A vector function of one argument, what it should give, and the error its file states, in ulp;
// another one under the argument `far`; and any error less than `least`, or such a part of x.
struct Function {
  std::string_view name;
  double (*reference)(double);
  double error;
  double least = 0;
  double far = -INFINITY;
  double far_error = 0;
  double least_part = 0;

  double most(double x) const { return x < far ? far_error : error; }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double silu(double x) { return std::isinf(x) ? x : x * sigmoid(x); }
double rsqrt(double x) { return 1 / std::sqrt(x); }

const Function functions[] = {
    {"exp", std::exp, 1.5},
    {"log", std::log, 1.5},
    {"sigmoid", sigmoid, 9, 0x1p-125, -20, 23},
    {"silu", silu, 9, 0, -20, 23, 0x1p-125},
    {"tanh", std::tanh, 2},
    {"erf", std::erf, 7},
    {"sin", std::sin, 1.5},
    {"cos", std::cos, 1.5},
    {"sqrt", std::sqrt, 0.5},
    {"rsqrt", rsqrt, 1.5},
    {"floor", std::floor, 0},
    {"ceil", std::ceil, 0},
    {"trunc", std::trunc, 0},
    {"round", std::nearbyint, 0},
};

std::string text_for(const Machine& machine) {
  auto text = paste(machine, {"vector", "math/exp", "math/log", "math/sigmoid", "math/tanh",
                              "math/erf", "math/sin", "math/sqrt", "math/round", "math/pow"});
  for (const auto& function : functions)
    text += fmt::format(
        "void {0}_all(const float *x, float *y, long n) {{\n"
        "  for (long i = 0; i < n; i += LANES) vf_store(y + i, v_{0}(vf_load(x + i)));\n}}\n",
        function.name);
  return text +
         "void pow_all(const float *x, const float *y, float *z, long n) {\n"
         "  for (long i = 0; i < n; i += LANES)\n"
         "    vf_store(z + i, v_pow(vf_load(x + i), vf_load(y + i)));\n}\n";
}

// The machines whose arithmetic the stated errors hold for: fused multiply-add.
std::vector<Machine> fused_machines() {
  auto all = machines();
  all[0].flags = "--target=x86_64-linux-gnu -march=x86-64-v2 -mavx -mfma";
  all[0].runs = all[1].runs;
  std::erase_if(all, [](const Machine& m) {
    return m.feature == KernelFeature::avx512_vnni || m.feature == KernelFeature::avx_vnni;
  });
  return all;
}

const float special[] = {0.0f,
                         -0.0f,
                         1.0f,
                         -1.0f,
                         2.0f,
                         -2.0f,
                         3.0f,
                         -3.0f,
                         0.5f,
                         -0.5f,
                         2.5f,
                         -1.5f,
                         1e-45f,
                         -1e-45f,
                         1.17549435e-38f,
                         8388607.5f,
                         -8388609.0f,
                         16777217.0f,
                         88.7228f,
                         -103.97f,
                         std::numeric_limits<float>::max(),
                         std::numeric_limits<float>::lowest(),
                         std::numeric_limits<float>::infinity(),
                         -std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::quiet_NaN()};

// Distance of `got` from `want`, in units of the last place of the float next to `want`; a number
// for a NaN, or the other zero or infinity when both are exact, counts as infinite.
double distance(float got, double want) {
  const auto nearest = static_cast<float>(want);
  if (std::isnan(nearest) || std::isnan(got))
    return std::isnan(nearest) && std::isnan(got) ? 0 : INFINITY;
  if (std::bit_cast<uint32_t>(got) == std::bit_cast<uint32_t>(nearest) &&
      (std::isinf(nearest) || want == nearest))
    return 0;
  if (want == 0 || std::isinf(want)) return INFINITY;
  if (std::signbit(got) != std::signbit(nearest)) return INFINITY;
  const double most = std::ldexp(1.0, 128), size = std::min(std::abs(want), most);
  const double value = std::isinf(got) ? most : std::abs(double{got});
  const int exponent = std::max(std::ilogb(std::min(size, most / 2)), -126);
  return std::abs(value - size) / std::ldexp(1.0, exponent - 23);
}

// Whether a vector keeps the number: that of 32-bit ARM takes denormal floats for 0,
// on the way to a small number too.
bool is_kept(const Machine& machine, double x) {
  return machine.name != "armv7" || x == 0 || !(std::abs(x) < 1e-35);
}

class Math : public testing::TestWithParam<Machine> {};

TEST_P(Math, StaysWithinTheStatedErrorOverAllFloats) {
  const auto& machine = GetParam();
  const Compiled compiled(machine, text_for(machine));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  constexpr size_t count = 1 << 16;  // one float of every 65536, at a random place
  std::vector<float> x(count), y(count);
  for (size_t i = 0; i < count; ++i)
    x[i] = std::bit_cast<float>(static_cast<uint32_t>(i << 16 | (random() & 0xffff)));
  for (size_t i = 0; i < std::size(special); ++i) x[i] = special[i];
  for (const auto& function : functions) {
    auto run = compiled.find<void(const float*, float*, long)>(std::string(function.name) + "_all");
    ASSERT_TRUE(run);
    run(x.data(), y.data(), count);
    for (size_t i = 0; i < count; ++i) {
      const auto want = function.reference(x[i]);
      if (!is_kept(machine, x[i]) || !is_kept(machine, want)) continue;
      const auto part = function.least_part * std::abs(double{x[i]});
      if (std::abs(y[i] - want) < std::max(function.least, part)) continue;
      ASSERT_LE(distance(y[i], want), function.most(x[i]))
          << fmt::format("{}({} = {:a}) = {}, not {}", function.name, x[i], x[i], y[i], want);
    }
  }
}

TEST_P(Math, PowIsRightAtSpecialValuesAndWithinOneUlp) {
  const auto& machine = GetParam();
  if (!machine.runs) GTEST_SKIP() << "this computer cannot run " << machine.name;
  const Compiled compiled(machine, text_for(machine));
  ASSERT_TRUE(compiled.is_loaded());
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  std::vector<float> x, y;
  for (float a : special)
    for (float b : special) {
      x.push_back(a);
      y.push_back(b);
    }
  while (x.size() < 1 << 15) {
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(random())));
    const double span = x.size() % 2 ? 2 : 100;
    y.push_back(static_cast<float>(span * (static_cast<double>(random()) / 4294967296.0 - 0.5)));
  }
  std::vector<float> z(x.size());
  auto run = compiled.find<void(const float*, const float*, float*, long)>("pow_all");
  ASSERT_TRUE(run);
  run(x.data(), y.data(), z.data(), static_cast<long>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    const auto want = std::pow(double{x[i]}, double{y[i]});
    if (!is_kept(machine, x[i]) || !is_kept(machine, y[i]) || !is_kept(machine, want)) continue;
    ASSERT_LE(distance(z[i], want), 1) << fmt::format("pow({}, {}) = {}", x[i], y[i], z[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Math, testing::ValuesIn(fused_machines()), machine_name);

}  // namespace
}  // namespace turnstone
