#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/guarded.h"
#include "kernels/harness.h"
#include "kernels/narrow.h"

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

// Vectors that become bytes together, as many as one to four.
std::string row_text(const Machine& machine) {
  auto text = paste(machine, {"vector"});
  for (int n = 1; n <= 4 * machine.lanes; ++n)
    text += fmt::format(
        "void row_i8_{0}(const int *x, signed char *y) {{ vi_store_row_i8(y, (const vi *)x, {0}); "
        "}}\n"
        "void row_u8_{0}(const int *x, unsigned char *y) {{ vi_store_row_u8(y, (const vi *)x, "
        "{0}); "
        "}}\n",
        n);
  return text;
}

template <class Narrow>
void check_rows(const Compiled& compiled, const std::string& name, int lanes) {
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  const auto least = static_cast<double>(std::numeric_limits<Narrow>::min());
  const auto most = static_cast<double>(std::numeric_limits<Narrow>::max());
  for (int n = 1; n <= 4 * lanes; ++n) {
    alignas(64) int x[64];
    for (auto& value : x) value = static_cast<int>(random()) >> random() % 31;
    x[random() % 64] = std::numeric_limits<int>::min();
    x[random() % 64] = std::numeric_limits<int>::max();
    Guarded<Narrow> y(static_cast<size_t>(n));
    compiled.find<void(const int*, Narrow*)>(fmt::format("row_{}_{}", name, n))(x, y.data());
    for (int i = 0; i < n; ++i)
      ASSERT_EQ(static_cast<double>(y[static_cast<size_t>(i)]),
                std::clamp(static_cast<double>(x[i]), least, most))
          << i << " of " << n << " " << name;
    ASSERT_TRUE(y.is_intact());
  }
}

TEST_P(Vector, RowsOfSeveralVectorsAreNarrowedInOrder) {
  const auto& machine = GetParam();
  if (machine.lanes < 8)
    GTEST_SKIP() << "vectors of " << machine.name << " are narrowed one by one";
  const Compiled compiled(machine, row_text(machine));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  check_rows<int8_t>(compiled, "i8", machine.lanes);
  check_rows<uint8_t>(compiled, "u8", machine.lanes);
}

std::string widening_text(const Machine& machine) {
  auto text = paste(machine, {"vector"});
  for (const auto* type : {"f16", "bf16"})
    text += fmt::format(
        "void widen_{0}(const {0} *x, float *y, long n) {{\n"
        "  for (long i = 0; i < n; i += LANES) vf_store(y + i, vf_load_{0}(x + i));\n}}\n"
        "void widen_some_{0}(const {0} *x, float *y, int n) {{ vf_store(y, vf_load_{0}_n(x, n)); "
        "}}\n"
        "float widen_one_{0}(const {0} *x) {{ return f32_of_{0}(*x); }}\n",
        type);
  return text +
         "void fill_bf16(const bf16 *x, float *y) { vf_store(y, vf_set_bf16(*x)); }\n"
         "void round_bf16(const float *x, bf16 *y, int n) {\n"
         "  vf_store_bf16_n(y, vf_rounded_bf16(vf_load_n(x, n)), n);\n}\n"
         "bf16 round_one_bf16(const float *x) { return bf16_of_f32(*x); }\n";
}

// Every finite number of a type, by vectors and one by one; and parts of a vector.
template <class Narrow>
void check_widening(const Compiled& compiled, const std::string& type, int lanes) {
  std::vector<Narrow> all;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    Narrow one;
    one.bits = static_cast<uint16_t>(bits);
    const bool is_finite = type == "f16" ? (bits & 0x7c00) != 0x7c00 : (bits & 0x7f80) != 0x7f80;
    if (is_finite) all.push_back(one);
  }
  ASSERT_EQ(all.size() % 16, 0u);
  std::vector<float> wide(all.size());
  compiled.find<void(const Narrow*, float*, long)>("widen_" + type)(all.data(), wide.data(),
                                                                    static_cast<long>(all.size()));
  auto* one = compiled.find<float(const Narrow*)>("widen_one_" + type);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(wide[i], static_cast<double>(all[i])) << type << " " << all[i].bits;
    ASSERT_EQ(std::signbit(wide[i]), (all[i].bits & 0x8000) != 0) << type << " " << all[i].bits;
    ASSERT_EQ(one(&all[i]), wide[i]) << type << " " << all[i].bits;
  }
  for (int n = 0; n <= lanes; ++n) {
    Guarded<Narrow> in(static_cast<size_t>(n));
    for (int i = 0; i < n; ++i) in[static_cast<size_t>(i)] = Narrow(i + 1.0);
    std::vector<float> out(static_cast<size_t>(lanes), -1);
    compiled.find<void(const Narrow*, float*, int)>("widen_some_" + type)(in.data(), out.data(), n);
    for (int i = 0; i < lanes; ++i)
      ASSERT_EQ(out[static_cast<size_t>(i)], i < n ? static_cast<float>(i + 1) : 0) << type;
  }
}

TEST_P(Vector, RealsOf16BitsAreWidenedExactly) {
  const auto& machine = GetParam();
  const Compiled compiled(machine, widening_text(machine));
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  check_widening<Half16>(compiled, "f16", machine.lanes);
  check_widening<Upper>(compiled, "bf16", machine.lanes);
  const Upper x(-1.5);
  std::vector<float> filled(static_cast<size_t>(machine.lanes));
  compiled.find<void(const Upper*, float*)>("fill_bf16")(&x, filled.data());
  for (const auto value : filled) EXPECT_EQ(value, -1.5f);
}

TEST_P(Vector, ReductionToBf16RoundsHalvesToEven) {
  const auto& machine = GetParam();
  if (!machine.runs) GTEST_SKIP() << "this computer cannot run " << machine.name;
  const Compiled compiled(machine, widening_text(machine));
  ASSERT_TRUE(compiled.is_loaded());
  const float x[] = {1.0f,           0x1.01p0f, 0x1.03p0f,    0x1.010002p0f,
                     -0x1.01p0f,     0.0f,      -0.0f,        0x1p-149f,
                     0x1.ffp127f,    -INFINITY, 0x1.fep127f,  -0x1.feff00p127f,
                     0x1.8001p-133f, 6.0f,      0x1.05p-100f, -123456.0f};
  const double want[] = {1.0,      1.0, 0x1.04p0,    0x1.02p0,  -1.0,       0.0,
                         -0.0,     0.0, INFINITY,    -INFINITY, 0x1.fep127, -0x1.fep127,
                         0x1p-132, 6.0, 0x1.04p-100, -0x1.e2p16};
  auto* round = compiled.find<void(const float*, Upper*, int)>("round_bf16");
  auto* one = compiled.find<uint16_t(const float*)>("round_one_bf16");
  for (size_t at = 0; at < std::size(x); at += static_cast<size_t>(machine.lanes)) {
    Guarded<Upper> y(static_cast<size_t>(machine.lanes));
    round(x + at, y.data(), machine.lanes);
    for (size_t i = 0; i < static_cast<size_t>(machine.lanes); ++i) {
      EXPECT_EQ(static_cast<double>(y[i]), want[at + i]) << x[at + i];
      EXPECT_EQ(std::signbit(static_cast<double>(y[i])), std::signbit(want[at + i]));
      EXPECT_EQ(one(x + at + i), y[i].bits) << x[at + i];
    }
  }
  std::vector<float> all(static_cast<size_t>(machine.lanes), NAN);
  for (int n = 0; n <= machine.lanes; ++n) {
    Guarded<Upper> y(static_cast<size_t>(n));
    round(all.data(), y.data(), n);
    for (int i = 0; i < n; ++i)
      EXPECT_TRUE(std::isnan(static_cast<double>(y[static_cast<size_t>(i)])));
    EXPECT_TRUE(y.is_intact());
  }
  uint32_t bits = 0x7fffffff;
  float nan = 0;
  std::memcpy(&nan, &bits, sizeof nan);
  Upper narrow;
  narrow.bits = one(&nan);
  EXPECT_TRUE(std::isnan(static_cast<double>(narrow)));
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
