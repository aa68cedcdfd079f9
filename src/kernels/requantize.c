/* The fixed-point arithmetic of TFLite's quantised models, bit for bit: most of its operators round
 * twice, fully connected layers once. Paste once, after vector.c. */

/* The upper half of 2 * a * b, rounded to nearest, halves up. Not for a = b = -2^31. */
V_INLINE vi v_high_product_unsaturated(vi a, vi b) {
#if LANES == 4 && defined(__ARM_NEON)
  enum { s32 = 34 };
  return (vi)__builtin_neon_vqrdmulhq_v((v_bytes16)a, (v_bytes16)b, s32);
#else
  typedef long long wide __attribute__((vector_size(LANES * 4)));
  const wide even = ((wide)a << 32 >> 32) * ((wide)b << 32 >> 32) + (1ll << 30);
  const wide odd = ((wide)a >> 32) * ((wide)b >> 32) + (1ll << 30);
  return (vi)((even >> 31 & 0xffffffffll) | (odd << 1 & ~0xffffffffll));
#endif
}

/* The same for all numbers: -2^31 times itself gives 2^31 - 1. */
V_INLINE vi v_high_product(vi a, vi b) {
  const vi high = v_high_product_unsaturated(a, b), least = vi_set((int)0x80000000);
  return vi_select((a == least) & (b == least), vi_set(0x7fffffff), high);
}

/* v / 2^right, rounded to nearest, halves away from zero. right is 0..31. */
V_INLINE vi v_shift_rounding(vi v, vi right) {
#if LANES == 4 && defined(__ARM_NEON)
  /* The instruction rounds halves up: what is negative is a little less before. */
  enum { s32 = 34 };
  const vi less = __builtin_elementwise_add_sat(v, (v & -right) >> 31);
  return (vi)__builtin_neon_vrshlq_v((v_bytes16)less, (v_bytes16)-right, s32);
#else
  const vi mask = ~(vi_set(-1) << right);
  const vi threshold = (vi)((vu)mask >> 1) - (v < 0);
  return (v >> right) - ((v & mask) > threshold);
#endif
}

/* sum * multiplier * 2^(shift - 31) with TFLite's two roundings. multiplier is 0..2^31 - 1, shift
 * -31..30; what a positive shift pushes out of 32 bits is lost. */
V_INLINE vi v_requantize(vi sum, vi multiplier, vi shift) {
  const vi left = vi_max(shift, vi_set(0)), right = vi_max(-shift, vi_set(0));
  return v_shift_rounding(v_high_product_unsaturated(sum << left, multiplier), right);
}

/* sum * multiplier * 2^(shift - 31) with one rounding: to nearest, halves up. multiplier is
 * 0..2^31 - 1, shift -31..30; what does not fit 32 bits is lost. */
V_INLINE vi v_requantize_once(vi sum, vi multiplier, vi shift) {
  typedef long long wide __attribute__((vector_size(LANES * 4)));
  const vi right = 31 - shift;
  const wide right_even = (wide)right << 32 >> 32, right_odd = (wide)right >> 32;
  const wide one = (wide){0} + 1;
  const wide even = ((wide)sum << 32 >> 32) * ((wide)multiplier << 32 >> 32);
  const wide odd = ((wide)sum >> 32) * ((wide)multiplier >> 32);
  const wide low = (even + (one << (right_even - 1))) >> right_even;
  const wide high = (odd + (one << (right_odd - 1))) >> right_odd;
  return (vi)((low & 0xffffffffll) | (high << 32));
}

/* v_requantize for channels that all shift to the right, by right = 0..31. */
V_INLINE vi v_requantize_right(vi sum, vi multiplier, vi right) {
  return v_shift_rounding(v_high_product_unsaturated(sum, multiplier), right);
}

#if LANES >= 8
/* (sum * multiplier + added) >> (32 + shift), with 2^31 less added where by_sign and the sum is
 * negative: both roundings, and what else is added, stand in `added`. Of LANES channels, and of one
 * multiplier more, which counts for nothing; in `added` even places come before odd ones. */
V_INLINE vi v_requantize_folded(vi sum, const int* multiplier, const long long* added,
                                const int* shift, int by_sign) {
  typedef long long wide __attribute__((vector_size(LANES * 4)));
  typedef wide wide_memory __attribute__((aligned(4), may_alias));
  const wide evens = (wide)sum, odds = evens >> 32 & 0xffffffffll;
  wide even = (evens << 32 >> 32) * ((wide)vi_load(multiplier) << 32 >> 32);
  wide odd = (odds << 32 >> 32) * ((wide)vi_load(multiplier + 1) << 32 >> 32);
  even += *(const wide_memory*)added;
  odd += *(const wide_memory*)(added + LANES / 2);
  if (by_sign) {
    even -= evens & 0x80000000ll;
    odd -= odds & 0x80000000ll;
  }
#if LANES == 16
  const vi high = __builtin_shufflevector((vi)even, (vi)odd, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11,
                                          27, 13, 29, 15, 31);
#else
  const vi high = __builtin_shufflevector((vi)even, (vi)odd, 1, 9, 3, 11, 5, 13, 7, 15);
#endif
  return high >> vi_load(shift);
}
#endif
