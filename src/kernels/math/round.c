/* v_floor, v_ceil, v_trunc and v_round (half to even), all exact. Infinities, NaN and the sign of
 * zero stay. Paste once. */
#if defined(__SSE4_1__) || defined(__aarch64__)
V_INLINE vf v_floor(vf x) { return __builtin_elementwise_floor(x); }
V_INLINE vf v_ceil(vf x) { return __builtin_elementwise_ceil(x); }
V_INLINE vf v_trunc(vf x) { return __builtin_elementwise_trunc(x); }
V_INLINE vf v_round(vf x) { return __builtin_elementwise_roundeven(x); }
#else
/* Without an instruction: adding 2^23 leaves no room for a fraction. */
V_INLINE vf v_round(vf x) {
  const float shift = 8388608.0f;
  const vf a = vf_abs(x);
  return v_select(a < vf_set(shift), vf_signed((a + shift) - shift, x), x);
}
V_INLINE vf v_floor(vf x) {
  const vf r = v_round(x);
  return v_select(r > x, r - 1.0f, r);
}
V_INLINE vf v_ceil(vf x) { return -v_floor(-x); }
V_INLINE vf v_trunc(vf x) { return vf_signed(v_floor(vf_abs(x)), x); }
#endif
