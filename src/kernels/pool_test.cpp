#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/guarded.h"
#include "kernels/harness.h"

namespace turnstone {
namespace {

std::string type_of(std::string_view type) {
  return type == "f32" ? "float" : type == "i8" ? "signed char" : "unsigned char";
}

// The pooling rows of a machine, each for all lanes and for one less.
std::vector<std::pair<KernelRow, int>> pools_of(const Machine& machine) {
  std::vector<std::pair<KernelRow, int>> pools;
  for (const auto& row : kernel_rows())
    if (row.name.starts_with("pool/") && row.needs == machine.feature)
      for (int channels : {row.lanes, row.lanes - 1}) pools.emplace_back(row, channels);
  return pools;
}

std::string name_of(const KernelRow& row, int channels) {
  return fmt::format("{}_{}_{}", std::string(row.name.substr(5)), row.type, channels);
}

std::string instantiate(const KernelRow& row, int channels) {
  const bool whole = row.type != "f32";
  return fmt::format(
             "#define NAME {0}_kernel\n#define INPUT {1}\n#define CHANNELS {2}\n"
             "#define EPILOGUE_ARGUMENTS , {3} *y\n#define STORE(value) {4}(y, value, {2});\n",
             name_of(row, channels), type_of(row.type), channels, whole ? "int" : "float",
             whole ? "vi_store_n" : "vf_store_n") +
         std::string(kernel_text(row.name)) +
         fmt::format(
             "void {0}(const {1} *x, long row_step, long pixel, long rows, long columns, {2} *y) "
             "{{\n  {0}_kernel(x, row_step, pixel, rows, columns, y);\n}}\n",
             name_of(row, channels), type_of(row.type), whole ? "int" : "float");
}

template <class X, class Sum>
void compare(const Compiled& compiled, const KernelRow& row, int channels, long rows,
             long columns) {
  SCOPED_TRACE(fmt::format("{} window {}x{}", name_of(row, channels), rows, columns));
  std::mt19937 random(static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed()));
  const long pixel = channels + 2, row_step = (columns + 1) * pixel;
  Guarded<X> x(static_cast<size_t>((rows - 1) * row_step + (columns - 1) * pixel + channels));
  Guarded<Sum> y(static_cast<size_t>(channels));
  x.fill(random, std::is_same_v<X, float> ? -9 : double{std::numeric_limits<X>::min()},
         std::is_same_v<X, float> ? -1 : double{std::numeric_limits<X>::max()});
  using Function = void(const X*, long, long, long, long, Sum*);
  compiled.find<Function>(name_of(row, channels))(x.data(), row_step, pixel, rows, columns,
                                                  y.data());
  for (long n = 0; n < channels; ++n) {
    double most = -1e9, sum = 0;
    for (long r = 0; r < rows; ++r)
      for (long c = 0; c < columns; ++c) {
        const double input = x[static_cast<size_t>(r * row_step + c * pixel + n)];
        most = std::max(most, input);
        sum += input;
      }
    const double got = y[static_cast<size_t>(n)];
    const double tolerance = row.name == "pool/sum" && row.type == "f32" ? 1e-4 : 0;
    ASSERT_NEAR(got, row.name == "pool/max" ? most : sum, tolerance) << n;
  }
  EXPECT_TRUE(x.is_intact() && y.is_intact());
}

class Pool : public testing::TestWithParam<Machine> {};

TEST_P(Pool, AgreesWithTheNaiveLoop) {
  const auto& machine = GetParam();
  const auto pools = pools_of(machine);
  if (pools.empty()) GTEST_SKIP() << "no pooling row is for " << machine.name << " alone";
  auto text = paste(machine, {"vector"});
  for (const auto& [row, channels] : pools) text += instantiate(row, channels);
  const Compiled compiled(machine, text);
  if (!machine.runs) GTEST_SKIP() << machine.name << " compiles; this computer cannot run it";
  ASSERT_TRUE(compiled.is_loaded());
  for (const auto& [row, channels] : pools)
    for (auto [rows, columns] : {std::pair{1L, 1L}, {1L, 3L}, {3L, 1L}, {2L, 2L}, {7L, 5L}}) {
      if (row.type == "f32") compare<float, float>(compiled, row, channels, rows, columns);
      if (row.type == "i8") compare<int8_t, int32_t>(compiled, row, channels, rows, columns);
      if (row.type == "u8") compare<uint8_t, int32_t>(compiled, row, channels, rows, columns);
    }
}

INSTANTIATE_TEST_SUITE_P(Machines, Pool, testing::ValuesIn(machines()), machine_name);

}  // namespace
}  // namespace turnstone
