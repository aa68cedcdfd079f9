#include "codegen/freestanding.h"

namespace turnstone {
namespace {

constexpr std::string_view memory_text = R"(
#define HIDDEN __attribute__((visibility("hidden")))
typedef __SIZE_TYPE__ size_type;
HIDDEN void *memcpy(void *restrict to, const void *restrict from, size_type n);
HIDDEN void *memmove(void *to, const void *from, size_type n);
HIDDEN void *memset(void *to, int byte, size_type n);
HIDDEN int memcmp(const void *a, const void *b, size_type n);

typedef unsigned char block __attribute__((vector_size(32), aligned(1), may_alias));

void *memcpy(void *restrict to, const void *restrict from, size_type n) {
  unsigned char *t = to;
  const unsigned char *f = from;
  for (; n >= 32; n -= 32, t += 32, f += 32) *(block *)t = *(const block *)f;
  for (; n; --n) *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, size_type n) {
  unsigned char *t = to;
  const unsigned char *f = from;
  if (t <= f || t >= f + n) {
    for (; n; --n) *t++ = *f++;
  } else {
    while (n--) t[n] = f[n];
  }
  return to;
}

void *memset(void *to, int byte, size_type n) {
  unsigned char *t = to;
  block all = {0};
  all = all + (unsigned char)byte;
  for (; n >= 32; n -= 32, t += 32) *(block *)t = all;
  for (; n; --n) *t++ = (unsigned char)byte;
  return to;
}

int memcmp(const void *a, const void *b, size_type n) {
  const unsigned char *x = a, *y = b;
  for (; n; --n, ++x, ++y)
    if (*x != *y) return *x < *y ? -1 : 1;
  return 0;
}
)";

// Of 32-bit ARM: 64-bit division and conversion, by the names and the calling convention of its
// run-time ABI, which passes floats in core registers. A pair of 64-bit results is a vector, which
// comes back in r0 to r3.
constexpr std::string_view arm_text = R"(
#define HELPER HIDDEN __attribute__((pcs("aapcs")))
typedef unsigned long long wide;
typedef wide wide_pair __attribute__((vector_size(16)));

HELPER wide_pair __aeabi_uldivmod(wide n, wide d);
HELPER wide_pair __aeabi_ldivmod(long long n, long long d);
HELPER double __aeabi_ul2d(wide x);
HELPER double __aeabi_l2d(long long x);
HELPER float __aeabi_ul2f(wide x);
HELPER float __aeabi_l2f(long long x);
HELPER wide __aeabi_d2ulz(double x);
HELPER long long __aeabi_d2lz(double x);
HELPER wide __aeabi_f2ulz(float x);
HELPER long long __aeabi_f2lz(float x);

static int leading_zeros(wide x) {
  const unsigned high = (unsigned)(x >> 32);
  return high ? __builtin_clz(high) : 32 + (x ? __builtin_clz((unsigned)x) : 32);
}

/* {quotient, rest}; by 0: {0, n}. */
wide_pair __aeabi_uldivmod(wide n, wide d) {
  if (!((n | d) >> 32) && d) {
    const unsigned a = (unsigned)n, b = (unsigned)d;
    return (wide_pair){a / b, a % b};
  }
  wide quotient = 0;
  if (d && n >= d)
    for (int i = leading_zeros(d) - leading_zeros(n); i >= 0; --i)
      if (n >= d << i) {
        n -= d << i;
        quotient |= 1ull << i;
      }
  return (wide_pair){quotient, n};
}

wide_pair __aeabi_ldivmod(long long n, long long d) {
  const wide n_sign = (wide)(n >> 63), d_sign = (wide)(d >> 63), sign = n_sign ^ d_sign;
  const wide_pair all = __aeabi_uldivmod(((wide)n ^ n_sign) - n_sign, ((wide)d ^ d_sign) - d_sign);
  return (wide_pair){(all[0] ^ sign) - sign, (all[1] ^ n_sign) - n_sign};
}

/* The halves are exact, so that only their sum is rounded. */
double __aeabi_ul2d(wide x) {
  return (double)(unsigned)(x >> 32) * 4294967296.0 + (double)(unsigned)x;
}
double __aeabi_l2d(long long x) {
  return (double)(int)(x >> 32) * 4294967296.0 + (double)(unsigned)x;
}

/* What a double cannot hold leaves a bit behind, so that the float is rounded once. */
float __aeabi_ul2f(wide x) {
  if (x >> 53) return (float)__aeabi_ul2d(x >> 11 | ((x & 0x7ff) != 0)) * 2048.0f;
  return (float)__aeabi_ul2d(x);
}
float __aeabi_l2f(long long x) {
  const float size = __aeabi_ul2f(x < 0 ? -(wide)x : (wide)x);
  return x < 0 ? -size : size;
}

/* To zero; what does not fit gives the nearest that does, and NaN gives 0. */
wide __aeabi_d2ulz(double x) {
  if (!(x > 0)) return 0;
  if (x >= 18446744073709551616.0) return ~0ull;
  const unsigned high = (unsigned)(x * (1.0 / 4294967296.0));
  return (wide)high << 32 | (unsigned)(x - (double)high * 4294967296.0);
}
long long __aeabi_d2lz(double x) {
  const wide size = __aeabi_d2ulz(x < 0 ? -x : x), most = 1ull << 63;
  if (size >= most) return (long long)(x < 0 ? most : most - 1);
  return x < 0 ? -(long long)size : (long long)size;
}
wide __aeabi_f2ulz(float x) { return __aeabi_d2ulz((double)x); }
long long __aeabi_f2lz(float x) { return __aeabi_d2lz((double)x); }
)";

}  // namespace

std::string freestanding_text(Arch arch) {
  auto text = std::string(memory_text);
  if (arch == Arch::armv7) text += arm_text;
  return text;
}

}  // namespace turnstone
