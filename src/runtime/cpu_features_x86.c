#if defined(__x86_64__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cpu_features.h"
#include "runtime/module.h"

enum { eax, ebx, ecx, edx };

typedef struct {
  uint32_t leaf1[4], leaf7[4], leaf7_1[4], extended1[4];
  uint64_t xcr0; /* register states that the kernel saves */
} ts_cpuid;

static uint64_t read_xcr0(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static ts_cpuid read_cpuid(void) {
  ts_cpuid id = {.xcr0 = 0};
  __get_cpuid(1, &id.leaf1[eax], &id.leaf1[ebx], &id.leaf1[ecx], &id.leaf1[edx]);
  __get_cpuid(0x80000001, &id.extended1[eax], &id.extended1[ebx], &id.extended1[ecx],
              &id.extended1[edx]);
  if (__get_cpuid_count(7, 0, &id.leaf7[eax], &id.leaf7[ebx], &id.leaf7[ecx], &id.leaf7[edx]) &&
      id.leaf7[eax] >= 1)
    __get_cpuid_count(7, 1, &id.leaf7_1[eax], &id.leaf7_1[ebx], &id.leaf7_1[ecx], &id.leaf7_1[edx]);
  if (id.leaf1[ecx] & bit_OSXSAVE) id.xcr0 = read_xcr0();
  return id;
}

static bool has(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

static bool saves(const ts_cpuid* id, uint64_t states) { return (id->xcr0 & states) == states; }

static bool has_v2(const ts_cpuid* id) {
  const uint32_t cx16 = 1 << 13, lahf = 1;
  return has(id->leaf1[ecx], bit_SSE3 | bit_SSSE3 | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT | cx16) &&
         has(id->extended1[ecx], lahf);
}

static bool has_v3(const ts_cpuid* id) {
  const uint64_t ymm = 0x6;
  const uint32_t movbe = 1 << 22, lzcnt = 1 << 5;
  return saves(id, ymm) && has(id->leaf1[ecx], bit_AVX | bit_FMA | bit_F16C | movbe) &&
         has(id->leaf7[ebx], bit_AVX2 | bit_BMI | bit_BMI2) && has(id->extended1[ecx], lzcnt);
}

static bool has_v4(const ts_cpuid* id) {
  const uint64_t zmm = 0xe6;
  return saves(id, zmm) && has(id->leaf7[ebx], bit_AVX512F | bit_AVX512BW | bit_AVX512CD |
                                                   bit_AVX512DQ | bit_AVX512VL);
}

static bool has_tiles(const ts_cpuid* id) {
  const uint64_t tiles = 3 << 17;
  return saves(id, tiles) && has(id->leaf7[edx], 1 << 24);
}

uint64_t ts_cpu_features(void) {
  const ts_cpuid id = read_cpuid();
  uint64_t features = 0;
  if (has_v2(&id)) features |= TS_CPU_SSE4;
  if (has_v3(&id)) {
    features |= TS_CPU_AVX2_FMA;
    if (has(id.leaf7_1[eax], 1 << 4)) features |= TS_CPU_AVX_VNNI;
  }
  if (has_v3(&id) && has_v4(&id)) {
    features |= TS_CPU_AVX512;
    if (has(id.leaf7[ecx], 1 << 11)) features |= TS_CPU_AVX512_VNNI;
    if (has(id.leaf7_1[eax], 1 << 5)) features |= TS_CPU_AVX512_BF16;
    if (has(id.leaf7[edx], 1 << 23)) features |= TS_CPU_AVX512_FP16;
  }
  if (has_tiles(&id)) {
    if (has(id.leaf7[edx], 1 << 25)) features |= TS_CPU_AMX_INT8;
    if (has(id.leaf7[edx], 1 << 22)) features |= TS_CPU_AMX_BF16;
  }
  return features;
}

/* Linux lets a process use the tile registers only after it asked, since they make each of its
 * signal frames 8 KB larger. */
bool ts_cpu_permit(uint64_t features) {
  const long request_permission = 0x1023, tile_data = 18;
  if (!(features & (TS_CPU_AMX_INT8 | TS_CPU_AMX_BF16))) return true;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

#endif

/* The file of another architecture is empty otherwise, which C does not allow. */
typedef int ts_cpu_features_x86_file;
