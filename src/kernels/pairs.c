/* Vectors of pairs of 16-bit and of quads of 8-bit integers. Paste once, after vector.c, before
 * gemm/pairs, gemm/vnni, gemm/bytes, gemm/picked, gemm/lanes, gemm/mull, gemm/dot, gemm/mmla,
 * depthwise/shorts, depthwise/pairs and depthwise/quads. */
typedef short v_pairs __attribute__((vector_size(LANES * 4)));
typedef signed char v_bytes __attribute__((vector_size(LANES * 2)));
typedef unsigned char v_ubytes __attribute__((vector_size(LANES * 2)));
typedef v_pairs v_pairs_memory __attribute__((aligned(2), may_alias));
typedef v_bytes v_bytes_memory __attribute__((aligned(1), may_alias));
typedef int v_word_memory __attribute__((aligned(1), may_alias));

typedef vi v_any_memory __attribute__((aligned(1), may_alias));

/* Four bytes at any address. */
V_INLINE int v_word(const void* p) { return *(const v_word_memory*)p; }

V_INLINE v_pairs v_pairs_i16(const short* p) { return *(const v_pairs_memory*)p; }
V_INLINE v_pairs v_pairs_i8(const signed char* p) {
  return __builtin_convertvector(*(const v_bytes_memory*)p, v_pairs);
}

/* The first n elements of a and b, in turn. */
V_INLINE v_bytes v_in_turn(v_u8 a, v_u8 b) {
#if LANES == 16
  return (v_bytes)__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7,
                                          23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
                                          15, 31);
#elif LANES == 8
  return (v_bytes)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7,
                                          15);
#else
  return (v_bytes)__builtin_shufflevector(a, b, 0, 4, 1, 5, 2, 6, 3, 7);
#endif
}
V_INLINE v_pairs v_pairs_of_i8(const signed char* a, const signed char* b, int n) {
  return __builtin_convertvector(
      v_in_turn(v_u8_load_n((const unsigned char*)a, n), v_u8_load_n((const unsigned char*)b, n)),
      v_pairs);
}
V_INLINE v_pairs v_pairs_of_u8(const unsigned char* a, const unsigned char* b, int n) {
  return __builtin_convertvector((v_ubytes)v_in_turn(v_u8_load_n(a, n), v_u8_load_n(b, n)),
                                 v_pairs);
}

/* sum + a[0] * b[0] + a[1] * b[1] in each lane. */
V_INLINE vi v_add_pairs(vi sum, v_pairs a, v_pairs b) {
#if LANES == 16 && defined(__AVX512VNNI__)
  return __builtin_ia32_vpdpwssd512(sum, (vi)a, (vi)b);
#elif LANES == 8 && defined(__AVXVNNI__)
  return __builtin_ia32_vpdpwssd256(sum, (vi)a, (vi)b);
#elif LANES == 16
  return sum + (vi)__builtin_ia32_pmaddwd512(a, b);
#elif LANES == 8 && defined(__AVX2__)
  /* The sum stays in its register: left to itself the compiler moves it to that of the products,
   * and a tile that fills the registers is stored and loaded again. */
  const vi products = (vi)__builtin_ia32_pmaddwd256(a, b);
  __asm__("vpaddd %1, %0, %0" : "+x"(sum) : "x"(products));
  return sum;
#elif LANES == 4 && defined(__SSE2__)
  return sum + (vi)__builtin_ia32_pmaddwd128(a, b);
#else
  return sum + ((vi)a << 16 >> 16) * ((vi)b << 16 >> 16) + ((vi)a >> 16) * ((vi)b >> 16);
#endif
}

/* The four bytes at p in each lane; signed ones moved up by 128. */
V_INLINE vi v_quads_of(const void* p, int is_signed) {
  return vi_set(v_word(p)) ^ vi_set(is_signed ? (int)0x80808080 : 0);
}

/* sum + a[0] * b[0] + .. + a[3] * b[3] in each lane, with bytes of a unsigned and of b signed. */
V_INLINE vi v_add_quads(vi sum, vi a, vi b) {
#if LANES == 16 && defined(__AVX512VNNI__)
  return __builtin_ia32_vpdpbusd512(sum, a, b);
#elif LANES == 8 && defined(__AVXVNNI__)
  return __builtin_ia32_vpdpbusd256(sum, a, b);
#else
  return sum + (a & 255) * (b << 24 >> 24) + (a >> 8 & 255) * (b << 16 >> 24) +
         (a >> 16 & 255) * (b << 8 >> 24) + (a >> 24 & 255) * (b >> 24);
#endif
}

#if LANES >= 8 && defined(__AVX2__)
/* The first n = 1..4 * LANES bytes, zero behind. */
V_INLINE v_row v_row_load_n(const unsigned char* p, int n) {
  if (n == 4 * LANES) return *(const v_row_memory*)p;
#if LANES == 16
  return (v_row)__builtin_ia32_loaddquqi512_mask((const v_row_chars*)p, (v_row_chars){},
                                                 (1ull << n) - 1);
#else
  typedef long long v_row_words __attribute__((vector_size(LANES * 4)));
  v_row_words words = {};
  V_UNROLL for (int k = 0; k < 4; ++k) if (n > 8 * k) words[k] =
      (long long)v_bytes_load(p + 8 * k, n - 8 * k > 8 ? 8 : n - 8 * k);
  return (v_row)words;
#endif
}

/* Of each of the first n = 1..4 * LANES channels the bytes of four rows, the first in the lowest
 * bits; 0 where there are fewer rows. LANES channels in each vector. */
V_INLINE void v_quads_of_rows(const unsigned char* const* rows, int count, int n, vi* quads) {
#define V_ZIP_BYTES(at, n)                                                                    \
  at, at + n, at + 1, at + n + 1, at + 2, at + n + 2, at + 3, at + n + 3, at + 4, at + n + 4, \
      at + 5, at + n + 5, at + 6, at + n + 6, at + 7, at + n + 7
#define V_ZIP_SHORTS(at, n) at, at + n, at + 1, at + n + 1, at + 2, at + n + 2, at + 3, at + n + 3
  v_row row[4];
  V_UNROLL for (int r = 0; r < 4; ++r) {
    const vi words = r < count ? (vi)v_row_load_n(rows[r], n) : (vi){};
    row[r] = (v_row)__builtin_shufflevector(words, words, V_APART_LANES);
  }
  const v_row upper[] = {
      __builtin_shufflevector(row[0], row[1], V_EACH_LANE(V_ZIP_BYTES, 0, (LANES * 4))),
      __builtin_shufflevector(row[0], row[1], V_EACH_LANE(V_ZIP_BYTES, 8, (LANES * 4)))};
  const v_row lower[] = {
      __builtin_shufflevector(row[2], row[3], V_EACH_LANE(V_ZIP_BYTES, 0, (LANES * 4))),
      __builtin_shufflevector(row[2], row[3], V_EACH_LANE(V_ZIP_BYTES, 8, (LANES * 4)))};
  V_UNROLL for (int half = 0; half < 2; ++half) {
    const v_row_shorts a = (v_row_shorts)upper[half], b = (v_row_shorts)lower[half];
    if (n > 2 * half * LANES)
      quads[2 * half] =
          (vi)__builtin_shufflevector(a, b, V_EACH_LANE(V_ZIP_SHORTS, 0, (LANES * 2)));
    if (n > (2 * half + 1) * LANES)
      quads[2 * half + 1] =
          (vi)__builtin_shufflevector(a, b, V_EACH_LANE(V_ZIP_SHORTS, 4, (LANES * 2)));
  }
#undef V_ZIP_BYTES
#undef V_ZIP_SHORTS
}
#endif

#if LANES == 8 && defined(__AVX2__)
/* v_add_quads, where the sums of the products of two neighbours have 16 bits. */
V_INLINE vi v_add_small_quads(vi sum, vi a, vi b) {
  typedef char v_quads __attribute__((vector_size(LANES * 4)));
  const v_pairs ones = (v_pairs)vi_set(0x10001);
  const v_pairs pairs = (v_pairs)__builtin_ia32_pmaddubsw256((v_quads)a, (v_quads)b);
  return v_add_pairs(sum, pairs, ones);
}

/* The same of a and b and of c and d, whose products fit 16 bits together. */
V_INLINE vi v_add_two_small_quads(vi sum, vi a, vi b, vi c, vi d) {
  typedef char v_quads __attribute__((vector_size(LANES * 4)));
  const v_pairs ones = (v_pairs)vi_set(0x10001);
  const v_pairs pairs = (v_pairs)__builtin_ia32_pmaddubsw256((v_quads)a, (v_quads)b) +
                        (v_pairs)__builtin_ia32_pmaddubsw256((v_quads)c, (v_quads)d);
  return v_add_pairs(sum, pairs, ones);
}

/* Sixteen bytes at any address, for each half; those with a sign moved up by 128. */
V_INLINE v_row v_sixteen(const void* p, int is_signed) {
  typedef unsigned char v_block __attribute__((vector_size(16)));
  typedef v_block v_block_memory __attribute__((aligned(1), may_alias));
  const v_block block = *(const v_block_memory*)p;
  const v_row both =
      __builtin_shufflevector(block, block, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0,
                              1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return (v_row)((vi)both ^ vi_set(is_signed ? (int)0x80808080 : 0));
}

/* For v_pick: the places 0..15 of four bytes; bits 4 to 6 mean nothing to it. */
V_INLINE v_row v_picks(const unsigned char* p) { return (v_row)vi_set(v_word(p)); }
/* What these bits say, of an extra step: where its inputs begin. */
V_INLINE long v_picked_from(const unsigned char* p) {
  const int word = v_word(p);
  return 4l * ((word >> 4 & 7) | (word >> 9 & 0x38) | (word >> 14 & 0x1c0) | (word >> 19 & 0xe00));
}
V_INLINE vi v_pick(v_row sixteen, v_row picks) {
  typedef char v_quads __attribute__((vector_size(LANES * 4)));
  return (vi)__builtin_ia32_pshufb256((v_quads)sixteen, (v_quads)picks);
}
#endif

/* LANES integers of 16 bits, and sum + a * b of them. */
V_INLINE v_i16 v_shorts_i16(const short* p) { return *(const v_i16_memory*)p; }
V_INLINE v_i16 v_shorts_i8(const signed char* p) {
#if V_FEW_REGISTERS
  /* By a word that is spread: clang takes four bytes through the stack. */
  typedef signed char eight __attribute__((vector_size(8)));
  typedef short eight_shorts __attribute__((vector_size(16)));
  typedef int two __attribute__((vector_size(8)));
  const int word = v_word(p);
  const eight_shorts wide = __builtin_convertvector((eight)(two){word, word}, eight_shorts);
  return __builtin_shufflevector(wide, wide, 0, 1, 2, 3);
#else
  return __builtin_convertvector(*(const v_i8_memory*)p, v_i16);
#endif
}
V_INLINE vi v_add_shorts(vi sum, v_i16 a, v_i16 b) {
  return sum + __builtin_convertvector(a, vi) * __builtin_convertvector(b, vi);
}

#if LANES == 4
/* Eight bytes at any address; of those without a sign 128 is taken off, here and of the next eight.
 */
typedef signed char v_eight __attribute__((vector_size(8)));
typedef short v_eight_shorts __attribute__((vector_size(16)));
typedef v_eight v_eight_memory __attribute__((aligned(1), may_alias));
struct v_two_eight {
  v_eight low, high;
};
V_INLINE v_eight v_eight_bytes(const void* p) { return *(const v_eight_memory*)p; }
V_INLINE v_eight v_centred_bytes(const void* p, int is_signed) {
  return is_signed ? v_eight_bytes(p) : v_eight_bytes(p) ^ -128;
}
V_INLINE struct v_two_eight v_two_centred(const void* p, int is_signed) {
  return (struct v_two_eight){v_centred_bytes(p, is_signed),
                              v_centred_bytes((const char*)p + 8, is_signed)};
}
V_INLINE v_eight_shorts v_products(v_eight a, v_eight b) {
  return __builtin_convertvector(a, v_eight_shorts) * __builtin_convertvector(b, v_eight_shorts);
}

/* The first n = 1..8 elements, as integers of 16 bits; the others are zero. On 32-bit ARM clang
 * takes what it loads and widens through the stack, and forgets that what has no sign fits. */
#if V_FEW_REGISTERS
#define V_APART(v) __asm__("" : "+w"(v))
#else
#define V_APART(v) ((void)0)
#endif
V_INLINE v_eight v_eight_bytes_n(const void* p, int n) {
  v_eight v = n == 8 ? v_eight_bytes(p) : (v_eight)v_bytes_load((const unsigned char*)p, n);
  V_APART(v);
  return v;
}
V_INLINE v_eight_shorts v_eight_of_i8(const signed char* p, int n) {
  return __builtin_convertvector(v_eight_bytes_n(p, n), v_eight_shorts);
}
V_INLINE v_eight_shorts v_eight_of_u8(const unsigned char* p, int n) {
  typedef unsigned char v_eight_unsigned __attribute__((vector_size(8)));
  v_eight_shorts v =
      __builtin_convertvector((v_eight_unsigned)v_eight_bytes_n(p, n), v_eight_shorts);
  V_APART(v);
  return v;
}
V_INLINE v_eight_shorts v_eight_of_i16(const short* p, int n) {
  typedef v_eight_shorts v_eight_shorts_memory __attribute__((aligned(2), may_alias));
  if (n == 8) return *(const v_eight_shorts_memory*)p;
  v_eight_shorts v = {};
  V_UNROLL for (int i = 0; i < 8; ++i) if (i < n) v[i] = p[i];
  return v;
}

/* Sums of eight channels. */
struct v_two {
  vi low, high;
};
V_INLINE struct v_two v_two_load_n(const int* p, int n) {
  return (struct v_two){vi_load_n(p, n > 4 ? 4 : n), n > 4 ? vi_load_n(p + 4, n - 4) : (vi){}};
}
V_INLINE struct v_two v_add_eight_products(struct v_two sum, v_eight_shorts a, v_eight_shorts b) {
  return (struct v_two){v_add_shorts(sum.low, __builtin_shufflevector(a, a, 0, 1, 2, 3),
                                     __builtin_shufflevector(b, b, 0, 1, 2, 3)),
                        v_add_shorts(sum.high, __builtin_shufflevector(a, a, 4, 5, 6, 7),
                                     __builtin_shufflevector(b, b, 4, 5, 6, 7))};
}

/* sum + a[0] + a[1] in each lane. */
V_INLINE vi v_add_neighbours(vi sum, v_eight_shorts a) {
#if defined(__ARM_NEON)
  enum { s32 = 34 };
  return (vi)__builtin_neon_vpadalq_v((v_bytes16)sum, (v_bytes16)a, s32);
#else
  return sum + ((vi)a << 16 >> 16) + ((vi)a >> 16);
#endif
}

/* The sums of all lanes of four vectors. */
V_INLINE vi v_sums_of_four(const vi* of) {
  const vi a = __builtin_shufflevector(of[0], of[1], 0, 2, 4, 6) +
               __builtin_shufflevector(of[0], of[1], 1, 3, 5, 7);
  const vi b = __builtin_shufflevector(of[2], of[3], 0, 2, 4, 6) +
               __builtin_shufflevector(of[2], of[3], 1, 3, 5, 7);
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}
#endif

#if LANES == 4 && defined(__aarch64__)
/* Sixteen bytes at any address. */
V_INLINE vi v_sixteen(const void* p) { return *(const v_any_memory*)p; }
#endif

#if LANES == 4 && defined(__ARM_FEATURE_DOTPROD)
/* sum + a[0] * b[0] + .. + a[3] * b[3] in each lane, of signed bytes. */
V_INLINE vi v_add_dot(vi sum, vi a, vi b) {
  enum { s32 = 34 };
  return (vi)__builtin_neon_vdotq_s32((v_bytes16)sum, (v_bytes16)a, (v_bytes16)b, s32);
}
#endif

#if LANES == 4 && defined(__ARM_FEATURE_MATMUL_INT8)
/* Eight bytes of a and of b, and the next eight of both. */
struct v_eights_of_two {
  vi first, second;
};
V_INLINE vi v_eights(const void* a, const void* b) {
  typedef long long eight __attribute__((aligned(1), may_alias));
  typedef long long two __attribute__((vector_size(16)));
  return (vi)(two){*(const eight*)a, *(const eight*)b};
}
V_INLINE struct v_eights_of_two v_eights_of_two(const void* a, const void* b) {
  const vi x = v_sixteen(a), y = v_sixteen(b);
  /* Left to itself clang copies x and moves half of y into the copy. */
  vi first;
  __asm__("zip1 %0.2d, %1.2d, %2.2d" : "=w"(first) : "w"(x), "w"(y));
  return (struct v_eights_of_two){first, __builtin_shufflevector(x, y, 2, 3, 6, 7)};
}

/* sum[2 * i + j] + the products of the eight bytes i of a, with a sign or without, with the eight
 * bytes j of b, which have one. */
V_INLINE vi v_add_eights(vi sum, vi a, vi b, int is_signed) {
  enum { s32 = 34 };
  const v_bytes16 to = (v_bytes16)sum, x = (v_bytes16)a, y = (v_bytes16)b;
  return (vi)(is_signed ? __builtin_neon_vmmlaq_s32(to, x, y, s32)
                        : __builtin_neon_vusmmlaq_s32(to, x, y, s32));
}

/* Two elements, and again; the sums of pixel 0 or 1 in two such vectors, four channels. */
V_INLINE vi v_two_twice(const int* p) { return (vi){p[0], p[1], p[0], p[1]}; }
V_INLINE vi v_of_pixel(vi a, vi b, int pixel) {
  return pixel ? __builtin_shufflevector(a, b, 2, 3, 6, 7)
               : __builtin_shufflevector(a, b, 0, 1, 4, 5);
}
#endif
