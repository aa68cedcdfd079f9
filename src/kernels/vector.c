/* Vectors of LANES 32-bit elements: loads, stores, conversions, selection.
 * Paste once, before every other template. Parameter: LANES = 4, 8, or 16 (16 needs AVX-512 F, BW,
 * DQ and VL). LANES stays defined. */

#if LANES != 4 && LANES != 8 && LANES != 16
#error "LANES is 4, 8 or 16"
#endif
#if LANES == 16 && !(defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__))
#error "16 lanes need AVX-512 F, BW and VL"
#endif

#define V_INLINE static inline __attribute__((always_inline, unused))
#define V_FUNCTION static inline __attribute__((unused))
#define V_UNROLL _Pragma("clang loop unroll(full)")
#define V_ROLLED _Pragma("clang loop unroll(disable)")

#if defined(__AVX512F__) || defined(__aarch64__) || defined(__riscv)
#define V_REGISTERS 32
#else
#define V_REGISTERS 16
#endif

/* No instruction takes an operand from memory; and registers are few, too. */
#if defined(__ARM_NEON) || defined(__riscv)
#define V_LOADS_APART 1
#else
#define V_LOADS_APART 0
#endif
#if V_REGISTERS == 16 && V_LOADS_APART
#define V_FEW_REGISTERS 1
#else
#define V_FEW_REGISTERS 0
#endif

/* Functions that are called and not inlined, so that what the caller keeps in registers does not
 * crowd out what their loops need: everywhere, and where registers are few. Loops that are not
 * unrolled there, since one turn has enough to hold. */
#define V_OWN static __attribute__((noinline))
#if V_FEW_REGISTERS
#define V_OWN_OF_FEW V_OWN
#define V_UNROLL_OF_MANY V_ROLLED
#else
#define V_OWN_OF_FEW V_FUNCTION
#define V_UNROLL_OF_MANY V_UNROLL
#endif

/* Ends a step of a loop whose last result is the vector v: keeps the compiler from gathering the
 * loads of many steps at the front, where they would spill. */
#if defined(__x86_64__)
#define V_BARRIER(v) __asm__ volatile("" : "+v"(v)::"memory")
#elif defined(__aarch64__) || defined(__ARM_NEON)
#define V_BARRIER(v) __asm__ volatile("" : "+w"(v)::"memory")
#else
#define V_BARRIER(v) __asm__ volatile("" ::: "memory")
#endif

/* Elements that are reals. Those of 16 bits are bits, which only the functions here give a meaning:
 * IEEE 754 binary16, and the upper half of a float. */
typedef float f32;
typedef unsigned short f16;
typedef unsigned short bf16;

#define V_PASTE(a, b) a##b
#define V_JOIN(a, b) V_PASTE(a, b)
/* Between steps whose results go to memory: where loads are apart, none of the next comes before.
 */
#if V_LOADS_APART
#define V_IN_TURN __asm__ volatile("" ::: "memory")
#else
#define V_IN_TURN ((void)0)
#endif

/* Keeps the compiler from working out, before a loop, addresses that follow from the pointer p:
 * each would need a register of its own. */
#define V_HIDE(p) __asm__ volatile("" : "+r"(p))

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int vi __attribute__((vector_size(LANES * 4)));
typedef unsigned vu __attribute__((vector_size(LANES * 4)));
typedef double vd __attribute__((vector_size(LANES * 8)));
typedef long long vl __attribute__((vector_size(LANES * 8)));
typedef char v_char __attribute__((vector_size(LANES)));
typedef signed char v_i8 __attribute__((vector_size(LANES)));
typedef unsigned char v_u8 __attribute__((vector_size(LANES)));
typedef short v_i16 __attribute__((vector_size(LANES * 2)));

/* The same in memory, at any address that suits one element. */
typedef vf vf_memory __attribute__((aligned(4), may_alias));
typedef vi vi_memory __attribute__((aligned(4), may_alias));
typedef v_i8 v_i8_memory __attribute__((aligned(1), may_alias));
typedef v_u8 v_u8_memory __attribute__((aligned(1), may_alias));
typedef v_i16 v_i16_memory __attribute__((aligned(2), may_alias));

V_INLINE vf vf_set(float value) { return value - (vf){}; }
V_INLINE vi vi_set(int value) { return value - (vi){}; }
V_INLINE vf vf_load(const float* p) { return *(const vf_memory*)p; }
V_INLINE vi vi_load(const int* p) { return *(const vi_memory*)p; }
V_INLINE void vf_store(float* p, vf v) { *(vf_memory*)p = v; }
V_INLINE void vi_store(int* p, vi v) { *(vi_memory*)p = v; }

typedef float v_f4 __attribute__((vector_size(16)));
typedef float v_f2 __attribute__((vector_size(8)));
typedef v_f4 v_f4_memory __attribute__((aligned(4), may_alias));
typedef v_f2 v_f2_memory __attribute__((aligned(4), may_alias));

/* Four rows of four elements of x, x_step elements apart, become columns of y, whose rows are
 * y_step elements apart. */
V_INLINE void v_transpose(const float* x, long x_step, float* y, long y_step) {
  const v_f4 a = *(const v_f4_memory*)x, b = *(const v_f4_memory*)(x + x_step);
  const v_f4 c = *(const v_f4_memory*)(x + 2 * x_step), d = *(const v_f4_memory*)(x + 3 * x_step);
  const v_f4 low_ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const v_f4 high_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const v_f4 low_cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const v_f4 high_cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(v_f4_memory*)y = __builtin_shufflevector(low_ab, low_cd, 0, 1, 4, 5);
  *(v_f4_memory*)(y + y_step) = __builtin_shufflevector(low_ab, low_cd, 2, 3, 6, 7);
  *(v_f4_memory*)(y + 2 * y_step) = __builtin_shufflevector(high_ab, high_cd, 0, 1, 4, 5);
  *(v_f4_memory*)(y + 3 * y_step) = __builtin_shufflevector(high_ab, high_cd, 2, 3, 6, 7);
}

#define V_INFINITY __builtin_inff()
#define V_NAN __builtin_nanf("")

#if defined(__ARM_NEON)
typedef signed char v_bytes16 __attribute__((vector_size(16)));
#endif

/* `mask` is -1 or 0 in each lane, as comparisons give it. */
V_INLINE vf v_select(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
V_INLINE vi vi_select(vi mask, vi a, vi b) { return (mask & a) | (~mask & b); }

/* a < b ? a : b, and a > b ? a : b: the second operand when one of them is a NaN. */
V_INLINE vf vf_min(vf a, vf b) { return v_select(a < b, a, b); }
V_INLINE vf vf_max(vf a, vf b) { return v_select(a > b, a, b); }
V_INLINE vi vi_min(vi a, vi b) { return __builtin_elementwise_min(a, b); }
V_INLINE vi vi_max(vi a, vi b) { return __builtin_elementwise_max(a, b); }

/* A NaN stays a NaN. */
#if LANES == 4 && defined(__ARM_NEON)
V_INLINE vf vf_clamp(vf v, float low, float high) {
  enum { float32 = 41 };
  if (low > -V_INFINITY)
    v = (vf)__builtin_neon_vmaxq_v((v_bytes16)vf_set(low), (v_bytes16)v, float32);
  if (high < V_INFINITY)
    v = (vf)__builtin_neon_vminq_v((v_bytes16)vf_set(high), (v_bytes16)v, float32);
  return v;
}
#else
V_INLINE vf vf_clamp(vf v, float low, float high) {
  return vf_min(vf_set(high), vf_max(vf_set(low), v));
}
#endif
V_INLINE vi vi_clamp(vi v, int low, int high) {
  return vi_min(vi_set(high), vi_max(vi_set(low), v));
}
/* a * b + c, rounded once where the machine can: V_JOINS. */
#if defined(__FMA__) || defined(__aarch64__) || defined(__ARM_FEATURE_FMA)
#define V_JOINS 1
#else
#define V_JOINS 0
#endif
V_INLINE vf vf_fma(vf a, vf b, vf c) {
#if V_JOINS
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
V_INLINE vf vf_abs(vf v) { return (vf)((vi)v & 0x7fffffff); }
/* The magnitude of `v` with the sign of `sign`; the sign bit of `v` must be 0. */
V_INLINE vf vf_signed(vf v, vf sign) { return (vf)((vi)v | ((vi)sign & (int)0x80000000)); }

/* sum + a * b[lane], where `lane` is a literal: on NEON. */
#if LANES == 4 && defined(__aarch64__)
#define vf_add_lane(sum, a, b, lane) \
  ((sum) + (a) * __builtin_shufflevector(b, b, lane, lane, lane, lane))
#elif LANES == 4 && defined(__ARM_NEON)
/* Rounded twice, since there is no fused one. clang does not know what an asm takes. */
#define V_ADD_LANE(lane, place)                                        \
  V_INLINE vf vf_add_lane_##lane(vf sum, vf a, vf b) {                 \
    __asm__("vmla.f32 %q0, %q1, " place : "+w"(sum) : "w"(a), "t"(b)); \
    return sum;                                                        \
  }
V_ADD_LANE(0, "%e2[0]")
V_ADD_LANE(1, "%e2[1]")
V_ADD_LANE(2, "%f2[0]")
V_ADD_LANE(3, "%f2[1]")
#define vf_add_lane(sum, a, b, lane) vf_add_lane_##lane(sum, a, b)
#endif

/* Truncates; the value must fit in an int. */
V_INLINE vi vi_of_vf(vf v) { return __builtin_convertvector(v, vi); }
V_INLINE vf vf_of_vi(vi v) { return __builtin_convertvector(v, vf); }

/* Sum, largest and smallest of the lanes, in pairs from the outside in. */
V_INLINE float vf_sum(vf v) {
#if LANES == 16
  v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
#endif
#if LANES >= 8
  const float low = (v[0] + v[4]) + (v[2] + v[6]), high = (v[1] + v[5]) + (v[3] + v[7]);
  return low + high;
#else
  return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}
V_INLINE float vf_highest(vf v) {
  float most = v[0];
  V_UNROLL for (int i = 1; i < LANES; ++i) most = v[i] > most ? v[i] : most;
  return most;
}
V_INLINE float vf_lowest(vf v) {
  float least = v[0];
  V_UNROLL for (int i = 1; i < LANES; ++i) least = v[i] < least ? v[i] : least;
  return least;
}
V_INLINE int vi_sum(vi v) {
  int sum = 0;
  V_UNROLL for (int i = 0; i < LANES; ++i) sum += v[i];
  return sum;
}

/* The first n = 0..LANES elements; the lanes behind them are zero, and memory behind them is not
 * touched. Best with a constant n. */
V_INLINE vf vf_load_n(const float* p, int n) {
  if (n >= LANES) return vf_load(p);
#if LANES == 16
  return (vf)__builtin_ia32_loadups512_mask(p, (vf){}, (unsigned short)((1u << n) - 1));
#else
  vf v = {};
#if LANES == 8
  if (n & 4) {
    v = (vf){p[0], p[1], p[2], p[3]};
    p += 4;
  }
  const int at = n & 4;
#else
  const int at = 0;
#endif
  if ((n & 3) > 0) v[at] = p[0];
  if ((n & 3) > 1) v[at + 1] = p[1];
  if ((n & 3) > 2) v[at + 2] = p[2];
  return v;
#endif
}

/* Stores the first n = 0..LANES lanes and touches nothing behind them. */
V_INLINE void vf_store_n(float* p, vf v, int n) {
  if (n >= LANES) {
    vf_store(p, v);
    return;
  }
#if LANES == 16
  __builtin_ia32_storeups512_mask(p, v, (unsigned short)((1u << n) - 1));
#else
  v_f4 rest = __builtin_shufflevector(v, v, 0, 1, 2, 3);
#if LANES == 8
  if (n & 4) {
    *(v_f4_memory*)p = rest;
    p += 4;
    rest = __builtin_shufflevector(v, v, 4, 5, 6, 7);
  }
#endif
  if (n & 2) *(v_f2_memory*)p = __builtin_shufflevector(rest, rest, 0, 1);
  if ((n & 3) == 1) p[0] = rest[0];
  if ((n & 3) == 3) p[2] = rest[2];
#endif
}

/* The same bits as vf_load_n and vf_store_n move. */
V_INLINE vi vi_load_n(const int* p, int n) {
  vi v = {};
  if (n >= LANES) return vi_load(p);
#if LANES == 16
  v = (vi)__builtin_ia32_loaddqusi512_mask(p, v, (unsigned short)((1u << n) - 1));
#else
  V_UNROLL for (int i = 0; i < LANES; ++i) if (i < n) v[i] = p[i];
#endif
  return v;
}
V_INLINE void vi_store_n(int* p, vi v, int n) {
  if (n >= LANES) {
    vi_store(p, v);
    return;
  }
#if LANES == 16
  __builtin_ia32_storedqusi512_mask(p, v, (unsigned short)((1u << n) - 1));
#else
  V_UNROLL for (int i = 0; i < LANES; ++i) if (i < n) p[i] = v[i];
#endif
}

/* Narrow elements, widened to 32 bits. */
V_INLINE vi vi_load_i8(const signed char* p) {
  return __builtin_convertvector(*(const v_i8_memory*)p, vi);
}
V_INLINE vi vi_load_u8(const unsigned char* p) {
  return __builtin_convertvector(*(const v_u8_memory*)p, vi);
}
V_INLINE vi vi_load_i16(const short* p) {
  return __builtin_convertvector(*(const v_i16_memory*)p, vi);
}

/* The first n = 0..8 bytes as a little-endian number, and back. */
V_INLINE unsigned long long v_bytes_load(const unsigned char* p, int n) {
  typedef unsigned word __attribute__((aligned(1), may_alias));
  typedef unsigned short half __attribute__((aligned(1), may_alias));
  unsigned long long bits = 0;
  if (n & 1) bits = p[n - 1];
  if (n & 2) bits = bits << 16 | *(const half*)(p + (n & 4));
  if (n & 4) bits = bits << 32 | *(const word*)p;
  return n == 8 ? *(const word*)p | (unsigned long long)*(const word*)(p + 4) << 32 : bits;
}
V_INLINE void v_bytes_store(unsigned char* p, unsigned long long bits, int n) {
  typedef unsigned word __attribute__((aligned(1), may_alias));
  typedef unsigned short half __attribute__((aligned(1), may_alias));
  if (n & 4) *(word*)p = (unsigned)bits;
  if (n & 2) *(half*)(p + (n & 4)) = (unsigned short)(bits >> 8 * (n & 4));
  if (n & 1) p[n - 1] = (unsigned char)(bits >> 8 * (n - 1));
}

/* Their first n = 0..LANES elements, zero behind. */
V_INLINE v_u8 v_u8_load_n(const unsigned char* p, int n) {
  if (n >= LANES) return *(const v_u8_memory*)p;
#if LANES == 16
  return (v_u8)__builtin_ia32_loaddquqi128_mask((const v_char*)p, (v_char){},
                                                (unsigned short)((1u << n) - 1));
#elif LANES == 8
  return (v_u8)v_bytes_load(p, n);
#else
  return (v_u8)(unsigned)v_bytes_load(p, n);
#endif
}
V_INLINE vi vi_load_u8_n(const unsigned char* p, int n) {
  return __builtin_convertvector(v_u8_load_n(p, n), vi);
}
V_INLINE vi vi_load_i8_n(const signed char* p, int n) {
  return __builtin_convertvector((v_i8)v_u8_load_n((const unsigned char*)p, n), vi);
}
V_INLINE vi vi_load_i16_n(const short* p, int n) {
  if (n >= LANES) return vi_load_i16(p);
  v_i16 v = {};
#if LANES == 16
  v = (v_i16)__builtin_ia32_loaddquhi256_mask((const v_i16*)p, v, (unsigned short)((1u << n) - 1));
#else
  V_UNROLL for (int i = 0; i < LANES; ++i) if (i < n) v[i] = p[i];
#endif
  return __builtin_convertvector(v, vi);
}

/* Narrows with saturation. */
#if LANES == 4 && defined(__ARM_NEON)
typedef short v_i16_twice __attribute__((vector_size(16)));
typedef signed char v_bytes_twice __attribute__((vector_size(8)));
V_INLINE v_i16 v_saturated_i16(vi v) {
  enum { s16 = 1 };
  return (v_i16)__builtin_neon_vqmovn_v((v_bytes16)v, s16);
}
V_INLINE v_bytes16 v_saturated_beside_any(vi v) {
  const v_i16 half = v_saturated_i16(v);
  return (v_bytes16)__builtin_shufflevector(half, half, 0, 1, 2, 3, -1, -1, -1, -1);
}
V_INLINE v_i8 v_saturated_i8(vi v) {
  enum { s8 = 0 };
  const v_bytes_twice bytes = (v_bytes_twice)__builtin_neon_vqmovn_v(v_saturated_beside_any(v), s8);
  return __builtin_shufflevector(bytes, bytes, 0, 1, 2, 3);
}
V_INLINE v_u8 v_saturated_u8(vi v) {
  enum { u8 = 16 };
  const v_bytes_twice bytes =
      (v_bytes_twice)__builtin_neon_vqmovun_v(v_saturated_beside_any(v), u8);
  return (v_u8)__builtin_shufflevector(bytes, bytes, 0, 1, 2, 3);
}
#else
V_INLINE v_i16 v_saturated_i16(vi v) {
  return __builtin_convertvector(vi_clamp(v, -32768, 32767), v_i16);
}
V_INLINE v_i8 v_saturated_i8(vi v) { return __builtin_convertvector(vi_clamp(v, -128, 127), v_i8); }
V_INLINE v_u8 v_saturated_u8(vi v) { return __builtin_convertvector(vi_clamp(v, 0, 255), v_u8); }
#endif

/* The same, stored. */
V_INLINE void vi_store_i8(signed char* p, vi v) { *(v_i8_memory*)p = v_saturated_i8(v); }
V_INLINE void vi_store_u8(unsigned char* p, vi v) { *(v_u8_memory*)p = v_saturated_u8(v); }
V_INLINE void vi_store_i16(short* p, vi v) { *(v_i16_memory*)p = v_saturated_i16(v); }

/* The first n = 0..LANES lanes of it. */
V_INLINE void v_u8_store_n(unsigned char* p, v_u8 v, int n) {
  if (n >= LANES) *(v_u8_memory*)p = v;
#if LANES == 16
  else
    __builtin_ia32_storedquqi128_mask((v_char*)p, (v_char)v, (unsigned short)((1u << n) - 1));
#elif LANES == 8
  else
    v_bytes_store(p, (unsigned long long)v, n);
#else
  else
    v_bytes_store(p, (unsigned)v, n);
#endif
}
V_INLINE void vi_store_i8_n(signed char* p, vi v, int n) {
  v_u8_store_n((unsigned char*)p, (v_u8)v_saturated_i8(v), n);
}
V_INLINE void vi_store_u8_n(unsigned char* p, vi v, int n) {
  v_u8_store_n(p, v_saturated_u8(v), n);
}
V_INLINE void vi_store_i16_n(short* p, vi v, int n) {
  const v_i16 narrow = v_saturated_i16(v);
  if (n >= LANES)
    *(v_i16_memory*)p = narrow;
  else
    V_UNROLL for (int i = 0; i < LANES; ++i) if (i < n) p[i] = narrow[i];
}

#if LANES >= 8 && defined(__AVX2__)
/* As many bytes as the lanes of four vectors. Packs and unpacks work on each 16 bytes by
 * themselves: what they leave apart one permutation of words of 32 bits puts in order, and what
 * they are to find apart another one. */
typedef unsigned char v_row __attribute__((vector_size(LANES * 4)));
typedef short v_row_shorts __attribute__((vector_size(LANES * 4)));
typedef char v_row_chars __attribute__((vector_size(LANES * 4)));
typedef v_row v_row_memory __attribute__((aligned(1), may_alias));
typedef unsigned char v_half_row __attribute__((vector_size(LANES * 2)));
typedef v_half_row v_half_row_memory __attribute__((aligned(1), may_alias));
#if LANES == 16
#define V_PACK(name) __builtin_ia32_##name##512
#define V_IN_ORDER 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15
#define V_APART_LANES V_IN_ORDER
#define V_EACH_LANE(m, at, n) m(at, n), m(at + n / 4, n), m(at + n / 2, n), m(at + 3 * n / 4, n)
#define V_HALF(v)                                                                                 \
  __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, \
                          19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31)
#define V_THIRD_QUARTER(v) \
  __builtin_shufflevector(v, v, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47)
#else
#define V_PACK(name) __builtin_ia32_##name##256
#define V_IN_ORDER 0, 4, 1, 5, 2, 6, 3, 7
#define V_APART_LANES 0, 2, 4, 6, 1, 3, 5, 7
#define V_EACH_LANE(m, at, n) m(at, n), m(at + n / 2, n)
#define V_HALF(v) \
  __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define V_THIRD_QUARTER(v) __builtin_shufflevector(v, v, 16, 17, 18, 19, 20, 21, 22, 23)
#endif

/* Narrows a to d with saturation, one behind the other. */
V_INLINE v_row v_saturated_row(vi a, vi b, vi c, vi d, int is_signed) {
  const v_row_shorts low = (v_row_shorts)V_PACK(packssdw)(a, b);
  const v_row_shorts high = (v_row_shorts)V_PACK(packssdw)(c, d);
  const vi bytes = is_signed ? (vi)V_PACK(packsswb)(low, high) : (vi)V_PACK(packuswb)(low, high);
  return (v_row)__builtin_shufflevector(bytes, bytes, V_IN_ORDER);
}

V_INLINE v_u8 v_saturated_bytes(vi v, int is_signed) {
  return is_signed ? (v_u8)v_saturated_i8(v) : v_saturated_u8(v);
}

/* Stores the first n = 1..4 * LANES lanes of the vectors at v, narrowed with saturation: two and
 * more whole ones together. */
V_INLINE void v_store_row(unsigned char* p, const vi* v, int n, int is_signed) {
  const int whole = n / LANES;
  if (whole == 4) {
    *(v_row_memory*)p = v_saturated_row(v[0], v[1], v[2], v[3], is_signed);
  } else if (whole == 3) {
    const v_row row = v_saturated_row(v[0], v[1], v[2], v[2], is_signed);
    *(v_half_row_memory*)p = V_HALF(row);
    *(v_u8_memory*)(p + 2 * LANES) = V_THIRD_QUARTER(row);
  } else if (whole == 2) {
    *(v_half_row_memory*)p = V_HALF(v_saturated_row(v[0], v[1], v[0], v[1], is_signed));
  }
  V_UNROLL for (int k = whole > 1 ? whole : 0; k * LANES < n; ++k)
      v_u8_store_n(p + k * LANES, v_saturated_bytes(v[k], is_signed), n - k * LANES);
}
V_INLINE void vi_store_row_u8(unsigned char* p, const vi* v, int n) { v_store_row(p, v, n, 0); }
V_INLINE void vi_store_row_i8(signed char* p, const vi* v, int n) {
  v_store_row((unsigned char*)p, v, n, 1);
}
#endif

/* Reals of 16 bits, widened to f32; f16 are finite. */
#define vf_load_f32 vf_load
#define vf_load_f32_n vf_load_n
V_INLINE vf vf_of_bf16(vi v) { return (vf)(v << 16); }
V_INLINE vf vf_load_bf16(const bf16* p) { return vf_of_bf16(vi_load_i16((const short*)p)); }
V_INLINE vf vf_load_bf16_n(const bf16* p, int n) {
  return vf_of_bf16(vi_load_i16_n((const short*)p, n));
}
#if defined(__F16C__) || defined(__aarch64__)
typedef _Float16 v_half __attribute__((vector_size(LANES * 2)));
V_INLINE vf vf_of_f16(v_i16 v) { return __builtin_convertvector((v_half)v, vf); }
#elif LANES == 4 && defined(__ARM_NEON)
typedef signed char v_bytes8 __attribute__((vector_size(8)));
V_INLINE vf vf_of_f16(v_i16 v) {
  enum { float16 = 8 };
  return (vf)__builtin_neon_vcvt_f32_f16((v_bytes8)v, float16);
}
#else
/* A product moves the exponent to where that of a float is, and is exact. */
V_INLINE vf vf_of_f16(v_i16 v) {
  const vi wide = __builtin_convertvector(v, vi);
  return vf_signed((vf)((wide & 0x7fff) << 13) * 0x1p112f, (vf)(wide << 16));
}
#endif
V_INLINE vf vf_load_f16(const f16* p) { return vf_of_f16(*(const v_i16_memory*)p); }
V_INLINE vf vf_load_f16_n(const f16* p, int n) {
  if (n >= LANES) return vf_load_f16(p);
  return vf_of_f16(__builtin_convertvector(vi_load_i16_n((const short*)p, n), v_i16));
}

/* The nearest bf16, halves to even, as f32; a NaN stays one. */
V_INLINE vf vf_rounded_bf16(vf v) {
  const vu bits = (vu)v, rounded = bits + 0x7fff + (bits >> 16 & 1);
  return (vf)((vu)v_select(v == v, (vf)rounded, (vf)(bits | 0x400000)) & 0xffff0000);
}

/* Stores vectors that hold what bf16 can. */
#define vf_store_f32 vf_store
#define vf_store_f32_n vf_store_n
V_INLINE void vf_store_bf16(bf16* p, vf v) {
  *(v_i16_memory*)p = __builtin_convertvector((vi)v >> 16, v_i16);
}
V_INLINE void vf_store_bf16_n(bf16* p, vf v, int n) {
  if (n >= LANES) {
    vf_store_bf16(p, v);
    return;
  }
  const v_i16 narrow = __builtin_convertvector((vi)v >> 16, v_i16);
#if LANES == 16
  __builtin_ia32_storedquhi256_mask((v_i16*)p, narrow, (unsigned short)((1u << n) - 1));
#else
  V_UNROLL for (int i = 0; i < LANES; ++i) if (i < n) p[i] = (bf16)narrow[i];
#endif
}

/* One element, and a vector filled with it. */
V_INLINE float f32_of_bf16(bf16 x) {
  const unsigned bits = (unsigned)x << 16;
  float value;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}
V_INLINE float f32_of_f16(f16 x) { return vf_of_f16((v_i16){(short)x})[0]; }
#define f32_of_f32(x) (x)
V_INLINE bf16 bf16_of_f32(float x) {
  unsigned bits;
  __builtin_memcpy(&bits, &x, 4);
  return (bf16)((x == x ? bits + 0x7fff + (bits >> 16 & 1) : bits | 0x400000) >> 16);
}
#define vf_set_f32 vf_set
V_INLINE vf vf_set_bf16(bf16 x) {
  typedef unsigned short pairs __attribute__((vector_size(LANES * 4)));
  return vf_of_bf16((vi)(x - (pairs){}));
}
