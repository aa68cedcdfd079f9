#include "codegen/freestanding.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/process.h"
#include "codegen/target.h"

namespace turnstone {
namespace {

// Compares the helpers of 32-bit ARM, under names of their own, with those of the C compiler's
// library, on numbers around every power of two. Returns the place of the first difference.
constexpr std::string_view arm_main = R"(
static unsigned long long numbers[400];
static double reals[820];

int main(void) {
  int n = 0, m = 0;
  for (int i = 0; i < 64; ++i)
    for (int j = -3; j < 3; ++j) numbers[n++] = (1ull << i) + (unsigned long long)(j * (1ll << i / 3));
  for (int i = 0; i < n; ++i) {
    const volatile wide x = numbers[i];
    const volatile long long s = (long long)x;
    if (own_ul2d(x) != (double)x) return 1;
    if (own_l2d(s) != (double)s) return 2;
    if (own_ul2f(x) != (float)x) return 3;
    if (own_l2f(s) != (float)s) return 4;
    reals[m++] = (double)s, reals[m++] = (double)s * 0.3;
    for (int j = 0; j < n; ++j) {
      const volatile wide y = numbers[j];
      const volatile long long t = (long long)y;
      if (!y) continue;
      const wide_pair whole = own_uldivmod(x, y), sign = own_ldivmod(s, t);
      if (whole[0] != x / y || whole[1] != x % y) return 5;
      if (t == -1 && x == 1ull << 63) continue;
      if ((long long)sign[0] != s / t || (long long)sign[1] != s % t) return 6;
    }
  }
  for (int i = 0; i < m; ++i) {
    const volatile double x = reals[i];
    const volatile float f = (float)x;
    if (x < 9.2e18 && x > -9.2e18 && own_d2lz(x) != (long long)x) return 7;
    if (f < 9.2e18f && f > -9.2e18f && own_f2lz(f) != (long long)f) return 8;
    if (x >= 0 && own_d2ulz(x) != (unsigned long long)x) return 9;
    if (f >= 0 && own_f2ulz(f) != (unsigned long long)f) return 10;
  }
  return 0;
}
)";

TEST(Freestanding, HelpersOf32BitArmComputeAsTheCompilersOwn) {
  const auto gcc = find_program({"arm-linux-gnueabihf-gcc"}), qemu = find_program({"qemu-arm"});
  if (gcc.empty() || qemu.empty())
    GTEST_SKIP() << "gcc-arm-linux-gnueabihf or qemu-user is not installed";
  auto text = freestanding_text(Arch::armv7);
  for (auto at = text.find("__aeabi_"); at != std::string::npos; at = text.find("__aeabi_", at))
    text.replace(at, 8, "own_");
  const auto target = *find_target("armv7");
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(write_file(folder.path() / "main.c", text + std::string(arm_main)));
  const auto compiled = run_process({"clang-19", "--target=" + target.triple, target.cpu, "-O1",
                                     "-ffreestanding", "-fno-builtin", "-c", "main.c"},
                                    folder.path());
  ASSERT_TRUE(compiled && compiled->status == 0) << compiled->output;
  const auto linked = run_process({gcc, "-static", "main.o", "-o", "main"}, folder.path());
  ASSERT_TRUE(linked && linked->status == 0) << linked->output;
  EXPECT_EQ(run_process({qemu, "./main"}, folder.path())->status, 0);
}

}  // namespace
}  // namespace turnstone
