#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/guarded.h"
#include "kernels/harness.h"

namespace turnstone {
namespace {

struct Element {
  std::string_view type, suffix, vector, name;  // of C, of the functions
  double low, high;
};
const Element elements[] = {{"float", "", "vf", "f32", -1e30, 1e30},
                            {"int", "", "vi", "i32", -2147483648.0, 2147483647.0},
                            {"signed char", "_i8", "vi", "i8", -128, 127},
                            {"unsigned char", "_u8", "vi", "u8", 0, 255},
                            {"short", "_i16", "vi", "i16", -32768, 32767}};

// For every element type and n: the first n elements moved through a vector to 32 bits and back.
std::string text_for(const Machine& machine) {
  auto text = paste(machine, {"vector"});
  for (const auto& e : elements)
    for (int n = 0; n <= machine.lanes; ++n) {
      const auto wide = e.vector == "vf" ? "float" : "int";
      text += fmt::format(
          "void load_{0}_{1}(const {2} *x, {3} *y) {{ {4}_store(y, {4}_load{5}_n(x, {1})); }}\n"
          "void store_{0}_{1}(const {3} *x, {2} *y) {{ {4}_store{5}_n(y, {4}_load(x), {1}); }}\n",
          e.name, n, e.type, wide, e.vector, e.suffix);
    }
  return text +
         "void join(const float *a, const float *b, float *y) {\n"
         "  vf_store(y, vf_min(vf_load(a), vf_load(b)));\n"
         "  vf_store(y + LANES, vf_max(vf_load(a), vf_load(b)));\n"
         "  vf_store(y + 2 * LANES, vf_clamp(vf_load(a), 0, 6));\n"
         "  vf_store(y + 3 * LANES, vf_abs(vf_load(a)));\n}\n"
         "void reduce(const float *a, float *y) {\n"
         "  y[0] = vf_sum(vf_load(a)), y[1] = vf_highest(vf_load(a)), y[2] = "
         "vf_lowest(vf_load(a));\n"
         "  y[3] = (float)vi_sum(vi_of_vf(vf_load(a)));\n}\n";
}

class Vector : public testing::TestWithParam<Machine> {};

template <class Narrow, class Wide>
void check_moves(const Compiled& compiled, const Element& e, int lanes) {
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  for (int n = 0; n <= lanes; ++n) {
    SCOPED_TRACE(fmt::format("{} of {}", n, e.name));
    const auto count = static_cast<size_t>(n), all = static_cast<size_t>(lanes);
    Guarded<Narrow> in(count), out(count);
    Guarded<Wide> wide(all);
    in.fill(random, e.low, e.high);
    compiled.find<void(const Narrow*, Wide*)>(fmt::format("load_{}_{}", e.name, n))(in.data(),
                                                                                    wide.data());
    for (size_t i = 0; i < all; ++i) ASSERT_EQ(wide[i], i < count ? Wide{in[i]} : Wide{0}) << i;
    const double beyond = sizeof(Narrow) < sizeof(Wide) ? 3 : 1;  // saturation
    wide.fill(random, beyond * e.low - beyond + 1, beyond * e.high);
    compiled.find<void(const Wide*, Narrow*)>(fmt::format("store_{}_{}", e.name, n))(wide.data(),
                                                                                     out.data());
    for (size_t i = 0; i < count; ++i)
      ASSERT_EQ(static_cast<double>(out[i]),
                std::clamp(static_cast<double>(wide[i]), e.low, e.high))
          << i;
    ASSERT_TRUE(in.is_intact() && out.is_intact() && wide.is_intact());
  }
}

TEST_P(Vector, PartialMovesTouchTheirElementsOnlyAndSaturate) {
  const auto& machine = GetParam();
  const Compiled compiled(machine, text_for(machine));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  check_moves<float, float>(compiled, elements[0], machine.lanes);
  check_moves<int32_t, int32_t>(compiled, elements[1], machine.lanes);
  check_moves<int8_t, int32_t>(compiled, elements[2], machine.lanes);
  check_moves<uint8_t, int32_t>(compiled, elements[3], machine.lanes);
  check_moves<int16_t, int32_t>(compiled, elements[4], machine.lanes);
}

TEST_P(Vector, MinimumAndMaximumGiveTheSecondWhenOneIsNaNAndClampKeepsIt) {
  const auto& machine = GetParam();
  if (!machine.runs) GTEST_SKIP() << "this computer cannot run " << machine.name;
  const Compiled compiled(machine, text_for(machine));
  ASSERT_TRUE(compiled.is_loaded());
  const auto lanes = static_cast<size_t>(machine.lanes);
  std::vector<float> a(lanes, 7), b(lanes, -3), y(4 * lanes);
  a[0] = NAN, a[1] = -2, b[2] = NAN, a[3] = -0.0f;
  compiled.find<void(const float*, const float*, float*)>("join")(a.data(), b.data(), y.data());
  EXPECT_EQ(y[0], -3);
  EXPECT_EQ(y[1], -3);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[lanes], -3);
  EXPECT_EQ(y[lanes + 1], -2);
  EXPECT_TRUE(std::isnan(y[lanes + 2]));
  EXPECT_TRUE(std::isnan(y[2 * lanes]));
  EXPECT_EQ(y[2 * lanes + 1], 0);
  EXPECT_EQ(y[2 * lanes + 2], 6);
  EXPECT_EQ(y[3 * lanes + 1], 2);
  EXPECT_FALSE(std::signbit(y[3 * lanes + 3]));
}

TEST_P(Vector, ReductionsTakeEveryLaneOnce) {
  const auto& machine = GetParam();
  if (!machine.runs) GTEST_SKIP() << "this computer cannot run " << machine.name;
  const Compiled compiled(machine, text_for(machine));
  ASSERT_TRUE(compiled.is_loaded());
  const auto lanes = static_cast<size_t>(machine.lanes);
  for (size_t at = 0; at < lanes; ++at) {
    std::vector<float> a(lanes), y(4);
    for (size_t i = 0; i < lanes; ++i) a[i] = static_cast<float>(1 << i);
    const float sum = static_cast<float>((1 << lanes) - 1);
    std::swap(a[at], a[0]);
    compiled.find<void(const float*, float*)>("reduce")(a.data(), y.data());
    EXPECT_EQ(y, (std::vector<float>{sum, static_cast<float>(1 << (lanes - 1)), 1, sum}));
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, Vector, testing::ValuesIn(machines()), machine_name);

}  // namespace
}  // namespace turnstone
