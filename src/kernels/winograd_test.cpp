#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/harness.h"

namespace turnstone {
namespace {

// The taps g as the heads of the templates say that they are transformed.
std::vector<double> transformed(int outputs, const double* g) {
  if (outputs == 2) return {g[0], (g[0] + g[1] + g[2]) / 2, (g[0] - g[1] + g[2]) / 2, g[2]};
  return {g[0] / 4,
          -(g[0] + g[1] + g[2]) / 6,
          -(g[0] - g[1] + g[2]) / 6,
          g[0] / 24 + g[1] / 12 + g[2] / 6,
          g[0] / 24 - g[1] / 12 + g[2] / 6,
          g[2]};
}

std::string text_of(const Machine& machine) {
  auto text = paste(machine, {"vector", "winograd/two", "winograd/four"});
  for (const int outputs : {2, 4})
    text += fmt::format(
        "void filter{0}(const float *x, const float *u, float *y) {{\n"
        "  vf d[{1}], t[{1}], m[{1}], out[{0}];\n"
        "  for (int i = 0; i < {1}; ++i) d[i] = vf_load(x + i * LANES);\n"
        "  v_winograd{0}_input(d, t);\n"
        "  for (int i = 0; i < {1}; ++i) m[i] = t[i] * vf_load(u + i * LANES);\n"
        "  v_winograd{0}_output(m, out);\n"
        "  for (int i = 0; i < {0}; ++i) vf_store(y + i * LANES, out[i]);\n}}\n",
        outputs, outputs + 2);
  return text;
}

class Winograd : public testing::TestWithParam<Machine> {};

TEST_P(Winograd, TransformsMakeACorrelation) {
  const auto& machine = GetParam();
  const Compiled compiled(machine, text_of(machine));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  std::uniform_real_distribution<double> real(-1, 1);
  const auto lanes = static_cast<size_t>(machine.lanes);
  for (const int outputs : {2, 4}) {
    const auto taps = static_cast<size_t>(outputs) + 2;
    std::vector<float> x(taps * lanes), u(taps * lanes), y(static_cast<size_t>(outputs) * lanes);
    std::vector<double> g(3 * lanes);
    for (auto& value : x) value = static_cast<float>(real(random));
    for (auto& value : g) value = real(random);
    for (size_t lane = 0; lane < lanes; ++lane) {
      const auto all = transformed(outputs, &g[3 * lane]);
      for (size_t i = 0; i < taps; ++i) u[i * lanes + lane] = static_cast<float>(all[i]);
    }
    auto run =
        compiled.find<void(const float*, const float*, float*)>(fmt::format("filter{}", outputs));
    ASSERT_TRUE(run);
    run(x.data(), u.data(), y.data());
    for (size_t i = 0; i < static_cast<size_t>(outputs); ++i)
      for (size_t lane = 0; lane < lanes; ++lane) {
        double want = 0;
        for (size_t k = 0; k < 3; ++k) want += double{x[(i + k) * lanes + lane]} * g[3 * lane + k];
        EXPECT_NEAR(y[i * lanes + lane], want, 2e-5) << outputs << " outputs, " << i;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Winograd, testing::ValuesIn(machines()), machine_name);

}  // namespace
}  // namespace turnstone
