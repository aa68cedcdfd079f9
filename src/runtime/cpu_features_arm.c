#if !defined(__x86_64__)

#include <sys/auxv.h>

#include "runtime/cpu_features.h"
#include "runtime/module.h"

uint64_t ts_cpu_features(void) {
  uint64_t features = 0;
#if defined(__aarch64__)
  /* Bits of the kernel's interface; older C libraries lack names for some. */
  const unsigned long dot_product = 1ul << 20, half_scalar = 1ul << 9, half_vector = 1ul << 10;
  const unsigned long matrix_int8 = 1ul << 13;
  const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  if (first & dot_product) features |= TS_CPU_NEON_DOTPROD;
  if (first & half_scalar && first & half_vector) features |= TS_CPU_NEON_FP16;
  if (second & matrix_int8) features |= TS_CPU_NEON_I8MM;
#elif defined(__arm__)
  const unsigned long neon = 1ul << 12, vfpv4 = 1ul << 16, division = 1ul << 17;
  const unsigned long all = neon | vfpv4 | division;
  if ((getauxval(AT_HWCAP) & all) == all) features |= TS_CPU_NEON_VFPV4;
#endif
  return features;
}

bool ts_cpu_permit(uint64_t features) {
  (void)features;
  return true;
}

#endif

/* The file is empty on x86 otherwise, which C does not allow. */
typedef int ts_cpu_features_arm_file;
